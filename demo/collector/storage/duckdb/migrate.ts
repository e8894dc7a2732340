import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import type { KeyClass } from '../../model/key.ts';
import { makeEntry } from '../../model/key-entry.ts';
import { writeKeys } from './keys.ts';
import { catchUpPages } from './page-counts.ts';
import { TABLES } from './tables.ts';
import { inTransaction } from './transaction.ts';

/**
 * Makes every table that there has to be, and brings a database of 0.1.0 up to date: what its tables for keys and refusals hold
 * goes into those that replace them, and what its events say of pages is noted. All of it or nothing.
 */
export function migrate(connection: DuckDBConnection, now: number): Promise<void> {
  return inTransaction(connection, async () => {
    const before = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()');
    const had = new Set(before.getRows().map(([name]) => name));
    await connection.run(TABLES);
    if (had.has('keys')) await moveKeys(connection, now);
    if (had.has('refusals')) await moveRefusals(connection);
    if (had.has('events') && !had.has('page_counts')) await catchUpPages(connection, now);
  });
}

/** There was one key of each class. */
async function moveKeys(connection: DuckDBConnection, now: number): Promise<void> {
  const rows = (await connection.runAndReadAll('SELECT class, sha256 FROM keys')).getRows();
  const put = rows.map(([of, sha256]) =>
    makeEntry(Buffer.from((sha256 as DuckDBBlobValue).bytes), of as KeyClass, now),
  );
  await writeKeys(connection, { put });
  await connection.run('DROP TABLE keys');
}

/** Each refusal had a row, which did not say which key it was. */
async function moveRefusals(connection: DuckDBConnection): Promise<void> {
  await connection.run(`
    INSERT INTO refused
    SELECT row_number() OVER (ORDER BY refused_at, rowid), refused_at, method, route, status, key, '', origin, reason, 1 FROM refusals`);
  await connection.run('DROP TABLE refusals');
}
