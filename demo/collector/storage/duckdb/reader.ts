import type { DuckDBInstance } from '@duckdb/node-api';
import { badParameter, DomainError, queryTimeout, queryTooLarge, unavailable } from '../../model/errors.ts';
import type { Limit } from '../semaphore.ts';
import type { Statement } from './binding.ts';

/** What one query may use. */
export interface QueryLimits {
  /** From the moment it arrives to its last row. */
  seconds: number;
  /** All queries together. */
  megabytes: number;
}

/** Queries that may wait for their turn. */
const MAX_WAITING = 100;
/** Interrupting a connection that has not begun its next statement yet does nothing, so it is done again, every so many milliseconds. */
const AGAIN = 50;

/** Yields the rows of a statement, a few at a time. */
export type Read = (statement: Statement) => AsyncGenerator<unknown[][]>;

export interface Reader {
  /**
   * Answers one query, with as many statements as it takes, on a connection of its own.
   * @throws DomainError as `Storage.query` does
   */
  answer<Row>(work: (read: Read) => AsyncGenerator<Row>, signal?: AbortSignal): AsyncGenerator<Row>;
  /** Gives up all queries that run, each with this error, and resolves when what they held is free. */
  stop(reason: DomainError): Promise<void>;
}

/** @param turn who may make the database work for long */
export function openReader(database: DuckDBInstance, turn: Limit, { seconds, megabytes }: QueryLimits): Reader {
  const running = new Set<(reason: DomainError) => Promise<void>>();

  async function* answer<Row>(work: (read: Read) => AsyncGenerator<Row>, signal?: AbortSignal): AsyncGenerator<Row> {
    const deadline = performance.now() + seconds * 1000;
    if (turn.waiting() >= MAX_WAITING) throw busy();
    const leave = await turn.enter(seconds * 1000);
    if (!leave) throw busy();
    // A connection has one open result at a time.
    const connection = await database.connect();
    let working: Promise<unknown> | undefined; // what the database does for this query now
    let stopped: DomainError | undefined;
    let finished = false;
    const timers = [setTimeout(() => void stop(queryTimeout(seconds)), deadline - performance.now())];
    running.add(stop);
    const abort = () => void stop(unwanted());
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort(); // while it waited for its turn

    function finish(): void {
      if (finished) return;
      finished = true;
      for (const timer of timers) clearTimeout(timer);
      running.delete(stop);
      signal?.removeEventListener('abort', abort);
      connection.closeSync();
      leave!();
    }

    async function stop(reason: DomainError): Promise<void> {
      const isFirst = !stopped;
      stopped ??= reason;
      // Whoever reads the answer may be slow, or never come back; the place and the connection are needed now.
      if (!working) return finish();
      connection.interrupt();
      if (isFirst) timers.push(setInterval(() => connection.interrupt(), AGAIN));
      await working;
    }

    async function during<T>(step: () => Promise<T>): Promise<T> {
      if (stopped) throw stopped;
      const result = step();
      working = result.catch(() => undefined);
      try {
        return await result;
      } finally {
        working = undefined;
      }
    }

    async function* read({ sql, values }: Statement): AsyncGenerator<unknown[][]> {
      const chunks = (await during(() => connection.stream(sql, values))).yieldRows();
      for (let chunk = await during(() => chunks.next()); !chunk.done; chunk = await during(() => chunks.next()))
        yield chunk.value;
    }

    try {
      yield* work(read);
    } catch (error) {
      throw stopped ?? explain(error as Error, megabytes);
    } finally {
      finish();
    }
  }

  async function stop(reason: DomainError): Promise<void> {
    await Promise.all([...running].map((stopOne) => stopOne(reason)));
  }

  return { answer, stop };
}

const unwanted = () => unavailable('Nobody waits for the answer any more.');
const busy = () => unavailable('The collector is answering other queries; ask again.');

const tooLarge = (megabytes: number) =>
  queryTooLarge(`The query needs more than the ${megabytes} MB of memory that queries have.`);

/** A commit that finds no memory says so in other words than a query, but ends in `(259.4 MiB/259.3 MiB used)` too. */
export const isOutOfMemory = (error: unknown): boolean =>
  /^Out of Memory Error|\([\d.]+ \w+\/[\d.]+ \w+ used\)/.test((error as Error).message);

/** What a failure of the database says about the query, where it does. */
export function explain(error: Error, megabytes: number): Error {
  if (error instanceof DomainError) return error;
  if (isOutOfMemory(error)) return tooLarge(megabytes);
  // The database compiles regular expressions; only it can say that one is wrong.
  return /^Invalid Input Error: (missing|invalid|bad|no argument|unexpected|trailing|pattern too large)/.test(
    error.message,
  )
    ? badParameter('The regular expression of a filter cannot be read (RE2 syntax is taken).')
    : error;
}
