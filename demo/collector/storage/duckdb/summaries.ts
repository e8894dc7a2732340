import { BIGINT, type DuckDBConnection, LIST, listValue, TIMESTAMP, VARCHAR } from '@duckdb/node-api';
import type { Bucket, LatestEvent } from '../../model/overview.ts';
import { toTimestamp } from './time.ts';

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
