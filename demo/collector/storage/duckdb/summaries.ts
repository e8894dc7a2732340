import type { DuckDBConnection } from '@duckdb/node-api';
import type { Bucket, CollectionSummary, LatestEvent } from '../../model/overview.ts';
import { fromTimestamp, toTimestamp } from './time.ts';

export async function readCollections(connection: DuckDBConnection): Promise<CollectionSummary[]> {
  const rows = await connection.runAndReadAll(`
    SELECT coalesce(e.collection, r.collection) AS name, coalesce(e.events, 0), coalesce(r.dropped, 0), e.latest
    FROM (SELECT collection, count(*) AS events, max(created_at) AS latest FROM events GROUP BY collection) e
    FULL JOIN (SELECT collection, sum(dropped) AS dropped FROM repeats GROUP BY collection) r ON e.collection = r.collection
    ORDER BY 2 DESC, name`);
  return rows.getRows().map(([name, events, repeats, latest]) => ({
    name: name as string,
    events: Number(events),
    repeats: Number(repeats),
    latest: latest === null ? 0 : fromTimestamp(latest),
  }));
}

export async function readArrivals(connection: DuckDBConnection, since: number, width: number): Promise<Bucket[]> {
  const rows = await connection.runAndReadAll(
    `SELECT epoch_ms(created_at) // $2 * $2, collection, count(*)
     FROM events WHERE created_at >= $1 GROUP BY 1, 2 ORDER BY 1, 2`,
    [toTimestamp(since), BigInt(width)],
  );
  return rows
    .getRows()
    .map(([at, collection, events]) => ({ at: Number(at), collection: collection as string, events: Number(events) }));
}

export async function readLatestEvents(connection: DuckDBConnection, limit: number): Promise<LatestEvent[]> {
  const rows = await connection.runAndReadAll(
    'SELECT id, collection, event FROM events ORDER BY created_at DESC, rowid DESC LIMIT $1',
    [limit],
  );
  return rows.getRows().map(([id, collection, event]) => ({
    id: id as string,
    collection: collection as string,
    event: event as string,
  }));
}
