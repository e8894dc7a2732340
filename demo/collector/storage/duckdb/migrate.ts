import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import type { KeyClass } from '../../model/key.ts';
import { makeEntry } from '../../model/key-entry.ts';
import { SettingsError } from '../../model/settings-error.ts';
import { makeSecret } from './erased-tokens.ts';
import { writeKeys } from './keys.ts';
import { backfillPageCounts } from './page-counts.ts';
import { SCHEMA_VERSION, TABLES } from './tables.ts';
import { inTransaction } from './transaction.ts';

/**
 * Creates missing tables and migrates a database of 0.1.0, in one transaction: moves its keys and refusals into the
 * tables that replace theirs, and fills the page counts from its events.
 * @throws SettingsError if a newer collector wrote the file
 */
export function migrate(connection: DuckDBConnection, now: number): Promise<void> {
  return inTransaction(connection, async () => {
    const before = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()');
    const oldTables = new Set(before.getRows().map(([name]) => name));
    const version = oldTables.has('schema_version') ? await checkVersion(connection) : 0;
    await connection.run(TABLES);
    if (version < SCHEMA_VERSION) await connection.run('INSERT INTO schema_version VALUES ($1)', [SCHEMA_VERSION]);
    await makeSecret(connection);
    if (oldTables.has('keys')) await migrateKeys(connection, now);
    if (oldTables.has('refusals')) await migrateRefusals(connection);
    if (oldTables.has('events') && !oldTables.has('page_counts')) await backfillPageCounts(connection, now);
  });
}

/**
 * An older collector must not write a newer file: it would not keep rules that it does not know.
 * @returns the version of the tables
 * @throws SettingsError
 */
export async function checkVersion(connection: DuckDBConnection): Promise<number> {
  const rows = (await connection.runAndReadAll('SELECT coalesce(max(version), 0) FROM schema_version')).getRows();
  const version = rows[0]![0] as number;
  if (version > SCHEMA_VERSION)
    throw new SettingsError(
      `A newer collector wrote this database (its schema is ${version}, and this one knows ${SCHEMA_VERSION}). Start the newer one.`,
    );
  return version;
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
