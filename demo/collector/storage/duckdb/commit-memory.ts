import type { DuckDBConnection } from '@duckdb/node-api';
import { isOutOfMemory } from './reader.ts';

/** Runs a COMMIT or a CHECKPOINT. */
export type Commit = (run: () => Promise<unknown>) => Promise<void>;

interface CommitMemoryOptions {
  /** A connection of its own. */
  connection: DuckDBConnection;
  /** The memory limit of everything but commits, in megabytes. */
  memoryMB: number;
  /** The memory that only commits have, in megabytes. */
  reservedMB: number;
  /** Whether anything else uses memory now. */
  isShared(): boolean;
  /** Aborts all running queries and resolves once their memory is free. */
  stopQueries(): Promise<void>;
}

/** Milliseconds between two looks at the memory during a commit. Most commits end before the first one. */
const LOOK_INTERVAL_MS = 20;

/**
 * Gives commits memory that queries have not used up. A statement that runs out of memory takes no effect. But a COMMIT
 * that does so leaves a part of its rows in DuckDB's table: its repetition counts them twice, and the next checkpoint
 * makes the database unusable ("Corrupted in-memory column"). So does a CHECKPOINT.
 */
export function createCommitMemory(options: CommitMemoryOptions): Commit {
  const { connection, memoryMB, reservedMB, isShared, stopQueries } = options;
  let isRaised = false;

  const setLimit = (megabytes: number) => connection.run(`SET memory_limit = '${megabytes}MB'`);

  /** Lowers the limit, if what is in use allows it; whether it does. */
  async function lower(): Promise<boolean> {
    try {
      await setLimit(memoryMB);
      isRaised = false;
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
    }
    return !isRaised;
  }

  async function isReserveInUse(): Promise<boolean> {
    try {
      const used = 'SELECT sum(memory_usage_bytes)::DOUBLE FROM duckdb_memory()';
      const [[bytes]] = (await connection.runAndReadAll(used)).getRows() as [[number]];
      return bytes > memoryMB * 1_000_000;
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      return true;
    }
  }

  /** DuckDB has one limit for all. So queries that use the reserve meanwhile are aborted. */
  async function runWithoutQueriesAbove(run: () => Promise<unknown>): Promise<void> {
    let running = true;
    let look: Promise<void> | undefined;
    const timer = setInterval(() => {
      look ??= isReserveInUse()
        .then((isInUse) => (running && isInUse ? stopQueries() : undefined))
        .finally(() => (look = undefined));
    }, LOOK_INTERVAL_MS);
    try {
      await run();
    } finally {
      running = false;
      clearInterval(timer);
      await look;
    }
  }

  return async (run) => {
    if (isShared()) {
      await setLimit(memoryMB + reservedMB);
      isRaised = true;
    }
    if (!isRaised) return void (await run());
    try {
      await runWithoutQueriesAbove(run);
    } finally {
      // If the limit cannot be lowered, the next commit does it: an error here would make a commit that has succeeded
      // look like a failed one.
      if (!(await lower())) {
        await stopQueries();
        await lower();
      }
    }
  };
}

/** Whether a COMMIT has found no memory. The file has to be opened again then. */
export const isCommitWithoutMemory = (error: unknown): boolean =>
  isOutOfMemory(error) && /Failed to commit/.test((error as Error).message);
