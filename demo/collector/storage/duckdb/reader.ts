import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { badParameter, DomainError, queryTimeout, queryTooLarge, unavailable } from '../../model/errors.ts';
import type { Semaphore } from '../semaphore.ts';
import type { Statement } from './binding.ts';
import { createPermits } from './permits.ts';

/** Limits of queries. */
export interface QueryLimits {
  /** Timeout of one query, from its arrival to its last row. */
  seconds: number;
  /** Memory of all queries together. */
  megabytes: number;
}

/** Queries that may wait for a permit. */
const MAX_WAITING_QUERIES = 100;
/** An interrupt between two statements has no effect, so a stopped query is interrupted repeatedly. */
const INTERRUPT_INTERVAL_MS = 50;

/** Runs a statement and yields its rows in chunks. */
export type Read = (statement: Statement) => AsyncGenerator<unknown[][]>;

export interface Reader {
  /**
   * Runs one query, which may read several statements, on a connection of its own.
   * @param signal aborts the query
   * @throws DomainError as `Storage.query` does
   */
  run<Row>(query: (read: Read) => AsyncGenerator<Row>, signal?: AbortSignal): AsyncGenerator<Row>;
  /** Stops all running queries with this error; resolves when their connections and memory are free. */
  stop(reason: DomainError): Promise<void>;
  /** Stops all queries, the waiting ones too, and refuses later ones with this error. */
  close(reason: DomainError): Promise<void>;
}

/** @param slowTasks limits how many queries run at once */
export function createReader(
  database: DuckDBInstance,
  slowTasks: Semaphore,
  { seconds, megabytes }: QueryLimits,
): Reader {
  const running = new Set<(reason: DomainError) => Promise<void>>();
  const connecting = new Set<Promise<unknown>>();
  const permits = createPermits(slowTasks);
  let closed: DomainError | undefined;

  async function connect(): Promise<DuckDBConnection> {
    if (closed) throw closed;
    const connected = database.connect();
    connecting.add(connected);
    try {
      return await connected;
    } finally {
      connecting.delete(connected);
    }
  }

  async function* run<Row>(query: (read: Read) => AsyncGenerator<Row>, signal?: AbortSignal): AsyncGenerator<Row> {
    const deadline = performance.now() + seconds * 1000;
    if (slowTasks.waiting() >= MAX_WAITING_QUERIES) throw busy();
    const permit = await permits.acquire(seconds * 1000, () => void stop(unread()));
    if (!permit) throw busy();
    // One connection per query, because a connection has at most one open result.
    const connection = await connect().catch((error: Error) => {
      permit.release();
      throw error;
    });
    let pending: Promise<unknown> | undefined; // the database's current work for this query
    let stopped: DomainError | undefined;
    let finished = false;
    const timers = [setTimeout(() => void stop(queryTimeout(seconds)), deadline - performance.now())];
    running.add(stop);
    const abort = () => void stop(aborted());
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort(); // while it waited for its permit
    if (closed) void stop(closed);

    function finish(): void {
      if (finished) return;
      finished = true;
      for (const timer of timers) clearTimeout(timer);
      running.delete(stop);
      signal?.removeEventListener('abort', abort);
      connection.closeSync();
      permit!.release();
    }

    async function stop(reason: DomainError): Promise<void> {
      const isFirst = !stopped;
      stopped ??= reason;
      // The caller can read slowly or never again, but others need the permit and the connection now.
      if (!pending) return finish();
      connection.interrupt();
      if (isFirst) timers.push(setInterval(() => connection.interrupt(), INTERRUPT_INTERVAL_MS));
      await pending;
      finish();
    }

    async function track<T>(work: () => Promise<T>): Promise<T> {
      if (stopped) throw stopped;
      const result = work();
      pending = result.catch(() => undefined);
      try {
        return await result;
      } finally {
        pending = undefined;
      }
    }

    async function* read({ sql, values }: Statement): AsyncGenerator<unknown[][]> {
      const chunks = (await track(() => connection.stream(sql, values))).yieldRows();
      for (let chunk = await track(() => chunks.next()); !chunk.done; chunk = await track(() => chunks.next())) {
        permit!.pause();
        yield chunk.value;
        if (!(await permit!.resume(Math.max(0, deadline - performance.now())))) throw stopped ?? queryTimeout(seconds);
      }
    }

    try {
      yield* query(read);
    } catch (error) {
      throw stopped ?? explain(error as Error, megabytes);
    } finally {
      finish();
    }
  }

  async function stop(reason: DomainError): Promise<void> {
    await Promise.all([...running].map((stopOne) => stopOne(reason)));
  }

  async function close(reason: DomainError): Promise<void> {
    closed = reason;
    await stop(reason);
    // A query that was about to connect finds `closed` set, and gives its connection back.
    await Promise.allSettled(connecting);
    await stop(reason);
  }

  return { run, stop, close };
}

const unread = () => unavailable('The answer was not read, and other queries wait.');
const aborted = () => unavailable('Nobody waits for the answer any more.');
const busy = () => unavailable('The collector is answering other queries; ask again.');

const tooLarge = (megabytes: number) =>
  queryTooLarge(`The query needs more than the ${megabytes} MB of memory that queries have.`);

/** A commit without enough memory has another message than a query, but also ends in `(259.4 MiB/259.3 MiB used)`. */
export const isOutOfMemory = (error: unknown): boolean =>
  /^Out of Memory Error|\([\d.]+ \w+\/[\d.]+ \w+ used\)/.test((error as Error).message);

/** Turns an error of the database into a domain error, if the query caused it. */
export function explain(error: Error, megabytes: number): Error {
  if (error instanceof DomainError) return error;
  if (isOutOfMemory(error)) return tooLarge(megabytes);
  // Regular expressions are compiled by the database, so only it can find an invalid one.
  return /^Invalid Input Error: (missing|invalid|bad|no argument|unexpected|trailing|pattern too large)/.test(
    error.message,
  )
    ? badParameter('The regular expression of a filter cannot be read (RE2 syntax is taken).')
    : error;
}
