import type { DuckDBConnection } from '@duckdb/node-api';
import { DONE } from './page-counts.ts';
import { DAY, toDatabase } from './time.ts';
import { inTransaction } from './transaction.ts';

export interface Tidying {
  /** To be called after each commit: begins once a day. Nobody waits for it. */
  consider(): void;
  /** Resolves when what was begun is done. */
  finish(): Promise<void>;
}

/**
 * Makes one row of all that the days before today have noted of a page, and forgets the pages that are done: a page as a whole, for
 * half of it would look like a gap. On a connection of its own, because it takes seconds where there are millions of pages; what is recorded
 * meanwhile is of today, and nothing else ever changes these rows.
 *
 * @param inTurn runs what takes long when it has a place among what else does
 * @param failed is told why one failed; the next day has its next
 */
export function tidyPages(
  connection: DuckDBConnection,
  inTurn: (task: () => Promise<void>) => Promise<void>,
  now: () => number,
  failed: (error: Error) => void,
): Tidying {
  let running: Promise<void> | undefined;
  let tidied = 0;

  async function tidy(): Promise<void> {
    try {
      await inTurn(() => inTransaction(connection, () => sumUp(connection, now())));
    } catch (error) {
      failed(error as Error);
    } finally {
      running = undefined;
    }
  }

  return {
    consider() {
      const today = Math.floor(now() / DAY);
      if (running || today === tidied) return;
      tidied = today;
      running = tidy();
    },
    async finish() {
      await running;
    },
  };
}

async function sumUp(connection: DuckDBConnection, now: number): Promise<void> {
  await connection.run(
    `CREATE TEMP TABLE summed_up AS
     SELECT page, min(day), max(last_day), sum(received)::UINTEGER, sum(repeats)::UINTEGER, max(highest)
     FROM page_counts WHERE last_day < $1::TIMESTAMP::DATE GROUP BY page`,
    [toDatabase(now)],
  );
  await connection.run('DELETE FROM page_counts WHERE last_day < $1::TIMESTAMP::DATE', [toDatabase(now)]);
  await connection.run(`INSERT INTO page_counts FROM summed_up`);
  await connection.run('DROP TABLE summed_up');
  await connection.run(
    `DELETE FROM page_counts WHERE page IN (SELECT page FROM page_counts GROUP BY page HAVING max(last_day) < $1::TIMESTAMP::DATE)`,
    [toDatabase(now - DONE)],
  );
}
