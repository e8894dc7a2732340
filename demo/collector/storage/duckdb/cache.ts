import type { DuckDBConnection } from '@duckdb/node-api';
import { isOutOfMemory } from './reader.ts';

/** Megabytes of the file's most recently used blocks that stay in memory. */
const CACHE_MB = 16;

/**
 * Frees DuckDB's cache of the file's blocks. DuckDB frees nothing below its memory limit, which has to be high enough
 * for queries, and recording does not need these blocks again. A lower limit for some milliseconds makes it free them.
 * No other statement may need memory meanwhile.
 *
 * @param memoryMB the memory limit, in megabytes, that is set again afterwards
 */
export async function dropCache(connection: DuckDBConnection, memoryMB: number): Promise<void> {
  const setLimit = (megabytes: number) => connection.run(`SET memory_limit = '${megabytes}MB'`);
  try {
    await setLimit(CACHE_MB);
  } catch (error) {
    // The cache is gone by now; the rest of the memory is in use.
    if (!isOutOfMemory(error)) throw error;
  } finally {
    await setLimit(memoryMB);
  }
}
