import type { DuckDBConnection } from '@duckdb/node-api';
import type { Refusal, Refusals } from './storage.ts';
import { fromDatabase, toDatabase } from './time.ts';

/** Refused requests that are kept; older ones go. */
const KEPT = 10_000;
/** Refusals that may wait to be written; in a flood, those over it are only counted in the log. */
const WAITING = 1_000;
const DELAY = 200;

export interface RefusalWriter {
  add: Refusals['add'];
  /** Writes what waits. */
  flush(): Promise<void>;
}

/**
 * Notes refused requests from the side: nobody waits for them, and a flood of them costs five small transactions a second
 * and not one each.
 *
 * @param exclusively runs a task while no other one uses the connection
 */
export function openRefusals(connection: DuckDBConnection, exclusively: (task: () => Promise<void>) => Promise<void>): RefusalWriter {
  let waiting: Refusal[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function write(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (!batch.length) return;
    await connection.run('BEGIN TRANSACTION');
    try {
      const appender = await connection.createAppender('refusals');
      for (const { at, method, route, status, key, origin, reason } of batch) {
        appender.appendTimestamp(toDatabase(at));
        appender.appendVarchar(method);
        appender.appendVarchar(route);
        appender.appendUSmallInt(status);
        for (const text of [key, origin, reason]) appender.appendVarchar(text);
        appender.endRow();
      }
      appender.closeSync();
      await connection.run(
        `DELETE FROM refusals WHERE rowid NOT IN (SELECT rowid FROM refusals ORDER BY refused_at DESC, rowid DESC LIMIT ${KEPT})`,
      );
      await connection.run('COMMIT');
    } catch (error) {
      await connection.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    await exclusively(write);
  }

  return {
    add(refusal) {
      if (waiting.length < WAITING) waiting.push(refusal);
      timer ??= setTimeout(() => void flush().catch((error: Error) => console.error(JSON.stringify({ error: `refusals not noted: ${error.message}` }))), DELAY);
    },
    flush,
  };
}

/** The newest refusals first, and how many there are. */
export async function readRefusals(connection: DuckDBConnection, limit: number): ReturnType<Refusals['newest']> {
  const total = await connection.runAndReadAll('SELECT count(*) FROM refusals');
  const rows = await connection.runAndReadAll(
    'SELECT refused_at, method, route, status, key, origin, reason FROM refusals ORDER BY refused_at DESC, rowid DESC LIMIT $1',
    [limit],
  );
  return {
    total: Number(total.getRows()[0]![0]),
    newest: rows.getRows().map(([at, method, route, status, key, origin, reason]) =>
      ({ at: fromDatabase(at), method, route, status, key, origin, reason }) as Refusal),
  };
}
