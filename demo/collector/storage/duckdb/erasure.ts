import type { DuckDBConnection } from '@duckdb/node-api';
import { BATCH_ROWS } from './removal.ts';

/** Blocks of the file that one step overwrites: 64 MB. */
const STEP_BLOCKS = 256;
/** One block of the file has 262,144 bytes, and the filling's rows 3,000 each. More rows than fit, so that none is left. */
const ROWS_FOR_BLOCK = 90;
const ROW_CHARS = 3_000;
const RETRY_DELAY_MS = 1_000;
/** The next attempt after a failure, for example on a full disk. */
const FAILURE_DELAY_MS = 60_000;
/** A stop waits this long for an erasure. The next start completes it. */
const MAX_STOP_MS = 20_000;

/**
 * Removes erased text from the bytes of the file. DuckDB only marks a removed row, and neither its checkpoint nor its
 * VACUUM overwrites a block that is free. So the values of removed rows are replaced, a checkpoint writes their blocks
 * anew, and a table of filling takes all free blocks once.
 */
export interface Erasure {
  /** Starts an erasure in the background, for removals that are committed. */
  start(): void;
  /** Resolves when no erasure is left, and after 20 seconds at the latest. */
  finish(): Promise<void>;
}

export interface ErasureOptions {
  /** A connection of its own. */
  connection: DuckDBConnection;
  /** Runs a step when the limit of slow tasks allows it. */
  runSlowTask<T>(task: () => Promise<T>): Promise<T>;
  /** Moves the log into the file. */
  checkpoint(): Promise<void>;
  onError(error: Error): void;
}

/** An aborted query keeps its version of the rows for a while, even after its connection is closed. */
const isBlocked = (error: unknown) => /write transactions active/.test((error as Error).message);

/** Records in the caller's transaction that bytes have to be erased, so that a restart completes it. */
export const markErasure = (connection: DuckDBConnection) =>
  connection.run('INSERT INTO pending_erasures SELECT gen_random_uuid()');

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createErasure({ connection, runSlowTask, checkpoint, onError }: ErasureOptions): Erasure {
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let requested = false;
  let deadline = Infinity;
  /** Ends a wait early. */
  let wake = () => {};

  const isOver = () => performance.now() > deadline;

  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const waiting = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(waiting);
        resolve();
      };
    });

  async function readNumber(sql: string): Promise<number> {
    const [[number]] = (await connection.runAndReadAll(sql)).getRows() as [[bigint]];
    return Number(number);
  }

  /** A checkpoint cannot start while a query reads an older version of a row, so it is repeated. */
  async function checkpointInTime(): Promise<void> {
    for (;;) {
      try {
        return await checkpoint();
      } catch (error) {
        // A stop does not wait for it: the next start completes the erasure.
        if (deadline !== Infinity || !isBlocked(error)) throw error;
        await sleep(RETRY_DELAY_MS);
      }
    }
  }

  /** Replaces the values of removed rows, then deletes these rows. */
  async function overwriteRows(): Promise<void> {
    for (let changed = BATCH_ROWS; changed === BATCH_ROWS; ) {
      changed = await runSlowTask(async () => {
        const rows = `SELECT rowid FROM events WHERE collection = '' AND id <> '' LIMIT ${BATCH_ROWS}`;
        const result = await connection.run(
          `UPDATE events SET id = '', token = NULL, event = '{}' WHERE rowid IN (${rows})`,
        );
        return Number(result.rowsChanged);
      });
    }
    await runSlowTask(() => connection.run(`DELETE FROM events WHERE collection = ''`));
  }

  /** Free blocks keep their bytes until they are used again, lowest first. */
  async function overwriteFreeBlocks(): Promise<void> {
    await connection.run('DROP TABLE IF EXISTS filling');
    // The first one frees the old blocks, and the second one makes them usable.
    await checkpointInTime();
    await checkpointInTime();
    let left = await readNumber('SELECT free_blocks FROM pragma_database_size()');
    await connection.run('CREATE TABLE filling (zeros VARCHAR USING COMPRESSION uncompressed)');
    try {
      for (; left > 0; left -= STEP_BLOCKS) {
        if (isOver()) throw new Error('the collector stops; the next start completes it');
        const startedAt = performance.now();
        const rows = Math.min(left, STEP_BLOCKS) * ROWS_FOR_BLOCK;
        await runSlowTask(() =>
          connection.run(`INSERT INTO filling SELECT repeat('0', ${ROW_CHARS}) FROM range(${rows})`),
        );
        await checkpointInTime();
        // Half of the time for recording.
        if (left > STEP_BLOCKS && deadline === Infinity) await sleep(performance.now() - startedAt);
      }
    } finally {
      await connection.run('DROP TABLE filling');
    }
    await checkpointInTime();
  }

  async function eraseAll(): Promise<void> {
    while (requested) {
      requested = false;
      const [[ids]] = (await connection.runAndReadAll('SELECT list(id::VARCHAR) FROM pending_erasures')).getRows() as [
        [{ items: string[] } | null],
      ];
      if (!ids) return;
      await overwriteRows();
      await overwriteFreeBlocks();
      await connection.run('DELETE FROM pending_erasures WHERE list_contains(string_split($1, chr(44)), id::VARCHAR)', [
        ids.items.join(),
      ]);
    }
  }

  async function run(): Promise<void> {
    try {
      await eraseAll();
    } catch (error) {
      if (!isBlocked(error)) onError(error as Error);
      if (deadline === Infinity) timer = setTimeout(start, FAILURE_DELAY_MS).unref();
    } finally {
      running = undefined;
    }
  }

  function start(): void {
    clearTimeout(timer);
    requested = true;
    running ??= run();
  }

  return {
    start,
    async finish() {
      clearTimeout(timer);
      deadline = performance.now() + MAX_STOP_MS;
      wake();
      await running;
    },
  };
}
