import type { DuckDBConnection } from '@duckdb/node-api';
import { createSemaphore } from '../semaphore.ts';
import { isOutOfMemory } from './reader.ts';

/** Runs a COMMIT or a CHECKPOINT. */
export type Commit = (run: () => Promise<unknown>) => Promise<void>;

/** Memory that queries cannot use up. */
export interface CommitMemory {
  /** Runs a COMMIT or a CHECKPOINT with this memory, if anything else uses memory now. */
  commit: Commit;
  /** Runs all statements of a transaction with this memory, whatever else begins meanwhile. */
  withReserve: Commit;
}

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
export function createCommitMemory(options: CommitMemoryOptions): CommitMemory {
  const { connection, memoryMB, reservedMB, isShared, stopQueries } = options;
  // One statement at a time: what sets the limit decides with the latest number of users.
  const lock = createSemaphore(1);
  let users = 0;
  let isRaised = false;

  const setLimit = (megabytes: number) => connection.run(`SET memory_limit = '${megabytes}MB'`);

  const raise = () =>
    lock.run(async () => {
      // Also if it is raised already: whoever frees the cache sets the limit too.
      await setLimit(memoryMB + reservedMB);
      isRaised = true;
    });

  /** Lowers the limit, if nobody needs the reserve and what is in use allows it; whether nothing is left to do. */
  const lower = () =>
    lock.run(async () => {
      if (users) return true;
      try {
        await setLimit(memoryMB);
        isRaised = false;
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
      }
      return !isRaised;
    });

  const isReserveInUse = () =>
    lock.run(async () => {
      try {
        const used = 'SELECT sum(memory_usage_bytes)::DOUBLE FROM duckdb_memory()';
        const [[bytes]] = (await connection.runAndReadAll(used)).getRows() as [[number]];
        return bytes > memoryMB * 1_000_000;
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        return true;
      }
    });

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

  async function withReserve(run: () => Promise<unknown>): Promise<void> {
    users++;
    try {
      await raise();
      await runWithoutQueriesAbove(run);
    } finally {
      users--;
      // If the limit cannot be lowered, the next commit does it: an error here would make a commit that has succeeded
      // look like a failed one.
      if (!(await lower())) {
        await stopQueries();
        await lower();
      }
    }
  }

  return {
    withReserve,
    async commit(run) {
      if (isShared() || isRaised) await withReserve(run);
      else await run();
    },
  };
}

/** Whether a COMMIT has found no memory. The file has to be opened again then. */
export const isCommitWithoutMemory = (error: unknown): boolean =>
  isOutOfMemory(error) && /Failed to commit/.test((error as Error).message);
