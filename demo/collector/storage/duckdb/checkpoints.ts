import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Bytes of the write-ahead log from which a checkpoint is due. With fewer, checkpoints cost more in total, because each
 * compresses the last row group again; with more, a restart takes longer.
 */
const MIN_LOG_BYTES = 64_000_000;
/** Size of the write-ahead log from which DuckDB makes a checkpoint of its own. */
export const AUTO_CHECKPOINT_THRESHOLD = '2GB';
const RETRY_DELAY_MS = 1_000;
/** A checkpoint of a small log writes some blocks of the file too. */
const RESERVED_BYTES = 2_000_000;

export interface Checkpoints {
  /** Starts a checkpoint if one is due. Call it after each commit. */
  runIfDue(): void;
  /** Whether the disk has room for a checkpoint, with some to spare for commits. */
  hasSpace(): boolean;
  /** Runs the last checkpoint; resolves when it is done. */
  finish(): Promise<void>;
}

export interface CheckpointOptions {
  /** Bytes of the write-ahead log from which a checkpoint is due. */
  minLogBytes?: number;
  /** Returns the free bytes of a folder's disk. */
  freeBytes?: (folder: string) => number;
}

/**
 * Moves DuckDB's write-ahead log into the database file, between two transactions. DuckDB itself would do so during a
 * commit, even with a full disk, and a checkpoint that fails there makes the database unusable; a failed commit does
 * not. Events that arrive during a checkpoint wait for it, a few tenths of a second.
 *
 * @param checkpoint runs one while no transaction is open
 * @param onError gets the error of each failed checkpoint
 */
export function createCheckpoints(
  checkpoint: () => Promise<unknown>,
  file: string,
  onError: (error: Error) => void,
  { minLogBytes = MIN_LOG_BYTES, freeBytes = freeBytesOf }: CheckpointOptions = {},
): Checkpoints {
  let running: Promise<void> | undefined;
  let earliestRetry = 0;

  const logBytes = () => statSync(`${file}.wal`, { throwIfNoEntry: false })?.size ?? 0;

  // The last free bytes stay reserved for commits.
  const hasSpace = () => freeBytes(dirname(file)) > 2 * logBytes() + RESERVED_BYTES;

  async function run(): Promise<void> {
    try {
      await checkpoint();
    } catch (error) {
      earliestRetry = performance.now() + RETRY_DELAY_MS;
      // Not a failure: a checkpoint cannot start while rows are removed, or while a query reads an older version of a
      // row.
      if (!/write transactions active/.test((error as Error).message)) onError(error as Error);
    } finally {
      running = undefined;
    }
  }

  return {
    hasSpace,
    runIfDue() {
      if (running || performance.now() < earliestRetry || logBytes() < minLogBytes) return;
      if (hasSpace()) running = run();
    },
    async finish() {
      await running;
      // If it fails, the next start replays the log; no event is lost.
      if (logBytes() && hasSpace()) await run();
    },
  };
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
