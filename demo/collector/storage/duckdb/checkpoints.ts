import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes of the log from which on it is moved. Shorter ones cost more in all, because what was packed last is packed anew; longer ones take longer to start with. */
const LOG_BYTES = 64_000_000;
/** Bytes of the log from which on DuckDB does it by itself. */
export const LAST_RESORT = '2GB';
/** Milliseconds until a checkpoint that failed is tried again. */
const AGAIN_AFTER = 1_000;

export interface Checkpoints {
  /** To be called after each commit: begins a checkpoint where it is time for one. */
  consider(): void;
  /** A last one; resolves when it is done. */
  finish(): Promise<void>;
}

/**
 * Moves DuckDB's log into its file, between two transactions. DuckDB would do so in the middle of a commit, whether the disk has
 * room for it or not, and one that finds the disk full makes the database unusable, where a commit only fails. Whoever sends
 * events meanwhile waits for it, a few tenths of a second.
 *
 * @param run runs the checkpoint, while no transaction does
 * @param failed is told why one failed
 * @param from bytes of the log
 * @param free bytes that are free in a folder
 */
export function checkpoints(
  run: () => Promise<unknown>,
  file: string,
  failed: (error: Error) => void,
  { from = LOG_BYTES, free = freeBytes } = {},
): Checkpoints {
  let running: Promise<void> | undefined;
  let notBefore = 0;

  const logBytes = () => statSync(`${file}.wal`, { throwIfNoEntry: false })?.size ?? 0;

  // The last room is left to commits.
  const hasRoom = () => free(dirname(file)) > 2 * logBytes();

  async function checkpoint(): Promise<void> {
    try {
      await run();
    } catch (error) {
      notBefore = performance.now() + AGAIN_AFTER;
      // While rows are removed, or a query reads on from before one was changed, it cannot begin.
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
