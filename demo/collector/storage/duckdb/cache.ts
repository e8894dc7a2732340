import type { DuckDBConnection } from '@duckdb/node-api';
import { isOutOfMemory } from './reader.ts';

/** Megabytes of the file that stay in memory: what was used last. */
const KEPT = 16;

/**
 * Gives back the memory in which DuckDB keeps what it has written or read of its file. By itself it gives back nothing below its limit,
 * which is there for queries, and recording needs none of it again. A limit that is lower for some milliseconds makes it do so; nothing
 * else may need memory meanwhile.
 *
 * @param megabytes the limit as it is, and will be
 */
export async function dropCache(connection: DuckDBConnection, megabytes: number): Promise<void> {
  const limitTo = (limit: number) => connection.run(`SET memory_limit = '${limit}MB'`);
  try {
    await limitTo(KEPT);
  } catch (error) {
    // All that could go has gone; the rest is no cache.
    if (!isOutOfMemory(error)) throw error;
  } finally {
    await limitTo(megabytes);
  }
}
