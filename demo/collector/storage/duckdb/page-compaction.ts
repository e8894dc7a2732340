import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import type { Commit } from './commit-memory.ts';
import { PAGE_RETENTION_MS } from './page-counts.ts';
import { toTimestamp } from './time.ts';
import { inTransaction } from './transaction.ts';

export interface PageCompaction {
  /** Starts the compaction once a day, in the background. Call it after each commit. */
  runIfDue(): void;
  /** Resolves when a running compaction is done. */
  finish(): Promise<void>;
}

/**
 * Merges the rows that earlier days added for a page into one row, and deletes pages past their retention. It deletes
 * only whole pages, because a part of a page would look like a gap. It needs a connection of its own, because it takes
 * seconds with millions of pages. It cannot conflict with recording, which only adds rows of today.
 *
 * @param runSlowTask runs the compaction when the limit of slow tasks allows it
 * @param onError gets the error of a failed compaction; the next attempt is on the next day
 */
export function createPageCompaction(
  connection: DuckDBConnection,
  runSlowTask: (task: () => Promise<void>) => Promise<void>,
  now: () => number,
  onError: (error: Error) => void,
  commit?: Commit,
): PageCompaction {
  let running: Promise<void> | undefined;
  let lastDay = 0;

  async function run(): Promise<void> {
    try {
      await runSlowTask(() => inTransaction(connection, () => compact(connection, now()), commit));
    } catch (error) {
      onError(error as Error);
    } finally {
      running = undefined;
    }
  }

  return {
    runIfDue() {
      const today = Math.floor(now() / DAY_MS);
      if (running || today === lastDay) return;
      lastDay = today;
      running = run();
    },
    async finish() {
      await running;
    },
  };
}

async function compact(connection: DuckDBConnection, now: number): Promise<void> {
  await connection.run(
    `CREATE TEMP TABLE compacted AS
     SELECT page, min(day), max(last_day), sum(received)::UINTEGER, sum(repeats)::UINTEGER, max(highest)
     FROM page_counts WHERE last_day < $1::TIMESTAMP::DATE GROUP BY page`,
    [toTimestamp(now)],
  );
  await connection.run('DELETE FROM page_counts WHERE last_day < $1::TIMESTAMP::DATE', [toTimestamp(now)]);
  await connection.run('INSERT INTO page_counts FROM compacted');
  await connection.run('DROP TABLE compacted');
  await connection.run(
    `DELETE FROM page_counts WHERE page IN (SELECT page FROM page_counts GROUP BY page HAVING max(last_day) < $1::TIMESTAMP::DATE)`,
    [toTimestamp(now - PAGE_RETENTION_MS)],
  );
}
