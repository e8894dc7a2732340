import { BIGINT, type DuckDBConnection, LIST, listValue, TIMESTAMP, VARCHAR } from '@duckdb/node-api';
import type { Bucket, CollectionSummaries, LatestEvent } from '../../model/overview.ts';
import { fromTimestamp, toTimestamp } from './time.ts';

export async function readCollections(connection: DuckDBConnection, limit: number): Promise<CollectionSummaries> {
  // Only the largest leave the database: anyone with a Write key can invent a hundred thousand.
  const rows = await connection.runAndReadAll(
    `WITH summaries AS (
       SELECT coalesce(e.collection, r.collection) AS name, coalesce(e.events, 0) AS events,
         coalesce(r.dropped, 0) AS repeats, e.latest
       FROM (SELECT collection, count(*) AS events, max(created_at) AS latest FROM events WHERE collection <> '' GROUP BY collection) e
       FULL JOIN (SELECT collection, sum(dropped) AS dropped FROM repeats GROUP BY collection) r
         ON e.collection = r.collection
     ),
     ranked AS (SELECT *, row_number() OVER (ORDER BY events DESC, name) AS rank FROM summaries)
     SELECT rank, name, events, repeats, latest, 1 FROM ranked WHERE rank <= $1
     UNION ALL
     SELECT NULL, NULL, coalesce(sum(events), 0), coalesce(sum(repeats), 0), NULL, count(*)
     FROM ranked WHERE rank > $1
     ORDER BY 1 NULLS LAST`,
    [limit],
  );
  const summaries = rows.getRows();
  const [, , events, repeats, , collections] = summaries.pop()!;
  return {
    largest: summaries.map(([, name, events, repeats, latest]) => ({
      name: name as string,
      events: Number(events),
      repeats: Number(repeats),
      latest: latest === null ? 0 : fromTimestamp(latest),
    })),
    others: { collections: Number(collections), events: Number(events), repeats: Number(repeats) },
  };
}

export async function readArrivals(
  connection: DuckDBConnection,
  since: number,
  width: number,
  collections: string[],
): Promise<Bucket[]> {
  const rows = await connection.runAndReadAll(
    `SELECT epoch_ms(created_at) // $2 * $2, CASE WHEN list_contains($3, collection) THEN collection END, count(*)
     FROM events WHERE created_at >= $1 AND collection <> '' GROUP BY 1, 2 ORDER BY 1, 2`,
    [toTimestamp(since), BigInt(width), listValue(collections)],
    [TIMESTAMP, BIGINT, LIST(VARCHAR)],
  );
  return rows.getRows().map(([at, collection, events]) => ({
    at: Number(at),
    collection: collection as string | null,
    events: Number(events),
  }));
}

export async function readLatestEvents(connection: DuckDBConnection, limit: number): Promise<LatestEvent[]> {
  const rows = await connection.runAndReadAll(
    "SELECT id, collection, event FROM events WHERE collection <> '' ORDER BY created_at DESC, rowid DESC LIMIT $1",
    [limit],
  );
  return rows.getRows().map(([id, collection, event]) => ({
    id: id as string,
    collection: collection as string,
    event: event as string,
  }));
}
