import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import type { KeyClass } from '../../model/key.ts';
import { makeEntry } from '../../model/key-entry.ts';
import { writeKeys } from './keys.ts';
import { backfillPageCounts } from './page-counts.ts';
import { TABLES } from './tables.ts';
import { inTransaction } from './transaction.ts';

/**
 * Creates missing tables and migrates a database of 0.1.0, in one transaction: moves its keys and refusals into the
 * tables that replace theirs, and fills the page counts from its events.
 */
export function migrate(connection: DuckDBConnection, now: number): Promise<void> {
  return inTransaction(connection, async () => {
    const before = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()');
    const oldTables = new Set(before.getRows().map(([name]) => name));
    await connection.run(TABLES);
    if (oldTables.has('keys')) await migrateKeys(connection, now);
    if (oldTables.has('refusals')) await migrateRefusals(connection);
    if (oldTables.has('events') && !oldTables.has('page_counts')) await backfillPageCounts(connection, now);
  });
}

/** 0.1.0 had one key of each class. */
async function migrateKeys(connection: DuckDBConnection, now: number): Promise<void> {
  const rows = (await connection.runAndReadAll('SELECT class, sha256 FROM keys')).getRows();
  const put = rows.map(([keyClass, sha256]) =>
    makeEntry(Buffer.from((sha256 as DuckDBBlobValue).bytes), keyClass as KeyClass, now),
  );
  await writeKeys(connection, { put });
  await connection.run('DROP TABLE keys');
}

/** 0.1.0 had one row per refusal, without the key's id. */
async function migrateRefusals(connection: DuckDBConnection): Promise<void> {
  await connection.run(`
    INSERT INTO refused
    SELECT row_number() OVER (ORDER BY refused_at, rowid), refused_at, method, route, status, key, '', origin, reason, 1 FROM refusals`);
  await connection.run('DROP TABLE refusals');
}
