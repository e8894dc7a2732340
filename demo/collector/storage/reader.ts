import type { DuckDBInstance } from '@duckdb/node-api';
import { ApiError, badParameter, queryTimeout, queryTooLarge, unavailable } from '../http/errors.ts';
import type { Statement } from './binding.ts';
import { limit } from './limit.ts';

/** What one query may use. */
export interface QueryLimits {
  /** From the moment it arrives to its last row. */
  seconds: number;
  /** All queries together. */
  megabytes: number;
}

/** Megabytes for recording, on top of what queries may use. */
export const RESERVED = 256;
/** Queries that run at once. Each holds one of Node's four worker threads while the database works; recording needs one of them. */
const AT_ONCE = 2;
/** Queries that may wait for their turn. */
const MAX_WAITING = 100;
/** Interrupting a connection that has not begun its next statement yet does nothing, so it is done again, every so many milliseconds. */
const AGAIN = 50;
/** Milliseconds between two looks at the memory of the process. */
const LOOK = 50;

/** Yields the rows of a statement, a few at a time. */
export type Read = (statement: Statement) => AsyncGenerator<unknown[][]>;

export interface Reader {
  /** Answers one query, with as many statements as it takes, on a connection of its own. @throws ApiError 400, 422, 503, 504 */
  answer<Row>(work: (read: Read) => AsyncGenerator<Row>): AsyncGenerator<Row>;
  /** Gives up all queries that run, each with this error, and resolves when what they held is free. */
  stop(reason: ApiError): Promise<void>;
}

export function openReader(database: DuckDBInstance, { seconds, megabytes }: QueryLimits): Reader {
  const turn = limit(AT_ONCE);
  const running = new Map<(reason: ApiError) => void, Promise<void>>();

  async function* answer<Row>(work: (read: Read) => AsyncGenerator<Row>): AsyncGenerator<Row> {
    const deadline = performance.now() + seconds * 1000;
    if (turn.waiting() >= MAX_WAITING) throw busy();
    const leave = await turn.enter(seconds * 1000);
    if (!leave) throw busy();
    // A connection has one open result at a time.
    const connection = await database.connect();
    let stopped: ApiError | undefined;
    let again: NodeJS.Timeout | undefined;
    const stop = (reason: ApiError) => {
      stopped ??= reason;
      connection.interrupt();
      again ??= setInterval(() => connection.interrupt(), AGAIN);
    };
    const timer = setTimeout(() => stop(queryTimeout(seconds)), deadline - performance.now());
    // The database's own limit does not see all: it lets a percentile collect as many values as there are.
    const before = process.memoryUsage.rss();
    const watch = setInterval(() => {
      if (process.memoryUsage.rss() - before > megabytes * 1_000_000) stop(tooLarge(megabytes));
    }, LOOK);
    let ended!: () => void;
    running.set(stop, new Promise((resolve) => (ended = resolve)));

    async function* read({ sql, values }: Statement): AsyncGenerator<unknown[][]> {
      const result = await connection.stream(sql, values);
      for await (const rows of result.yieldRows()) {
        if (stopped) throw stopped;
        yield rows;
      }
    }

    try {
      yield* work(read);
    } catch (error) {
      throw stopped ?? explain(error as Error, megabytes);
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      clearInterval(again);
      connection.closeSync();
      leave();
      running.delete(stop);
      ended();
    }
  }

  async function stop(reason: ApiError): Promise<void> {
    const all = [...running];
    for (const [stopOne] of all) stopOne(reason);
    await Promise.all(all.map(([, end]) => end));
  }

  return { answer, stop };
}

const busy = () => unavailable('The collector is answering other queries; ask again.');

const tooLarge = (megabytes: number) => queryTooLarge(`The query needs more than the ${megabytes} MB of memory that queries have.`);

export const isOutOfMemory = (error: unknown): boolean => /^Out of Memory Error/.test((error as Error).message);

/** What a failure of the database says about the query, where it does. */
function explain(error: Error, megabytes: number): Error {
  if (error instanceof ApiError) return error;
  if (isOutOfMemory(error)) return tooLarge(megabytes);
  // The database compiles regular expressions; only it can say that one is wrong.
  return /^Invalid Input Error: (missing|invalid|bad|no argument|unexpected|trailing|pattern too large)/.test(error.message)
    ? badParameter('The regular expression of a filter cannot be read (RE2 syntax is taken).')
    : error;
}
