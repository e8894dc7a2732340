import type { DuckDBConnection } from '@duckdb/node-api';
import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes of the write-ahead log from which on a checkpoint moves it into the database file. A longer one packs events better, but takes longer to start with. */
const LOG_BYTES = 64_000_000;
/** DuckDB's own checkpoint, in the middle of a commit, comes only where ours could not keep up. */
export const LAST_RESORT = '2GB';
/** Milliseconds until a checkpoint that failed is tried again. */
const AGAIN_AFTER = 1_000;

export interface Checkpoints {
  /** To be called after each commit: begins a checkpoint where it is time for one. Nobody waits for it. */
  consider(): void;
  /** A last one; resolves when it is done. */
  finish(): Promise<void>;
}

/**
 * Checkpoints on a connection of their own: new events are committed while one runs, where DuckDB's own would make the sender
 * of the last event wait for it, often for more than a second.
 *
 * @param failed is told why one failed
 * @param from bytes of the log
 * @param free bytes that are free in a folder
 */
export function checkpoints(
  connection: DuckDBConnection,
  file: string,
  failed: (error: Error) => void,
  { from = LOG_BYTES, free = freeBytes } = {},
): Checkpoints {
  let running: Promise<void> | undefined;
  let notBefore = 0;

  const logBytes = () => statSync(`${file}.wal`, { throwIfNoEntry: false })?.size ?? 0;

  /** A checkpoint that finds the disk full makes the database unusable, where a commit only fails. So the last room is left to commits. */
  const hasRoom = () => free(dirname(file)) > 2 * logBytes();

  async function checkpoint(): Promise<void> {
    try {
      await connection.run('CHECKPOINT');
    } catch (error) {
      notBefore = performance.now() + AGAIN_AFTER;
      // Where a row is being changed, and not added, none can begin.
      if (!/write transactions active/.test((error as Error).message)) failed(error as Error);
    } finally {
      running = undefined;
    }
  }

  return {
    consider() {
      if (running || performance.now() < notBefore || logBytes() < from) return;
      if (hasRoom()) running = checkpoint();
    },
    async finish() {
      await running;
      // Without it the next start has more to do, and nothing is lost.
      if (logBytes() && hasRoom()) await checkpoint();
    },
  };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
