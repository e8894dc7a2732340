import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import { makeEntry } from '../keys/entry.ts';
import type { KeyClass } from '../keys/keys.ts';
import { writeKeys } from './keys.ts';
import { inTransaction } from './transaction.ts';

/** Brings a database of 0.1.0 up to date: what its tables for keys and refusals hold goes into those that replace them. */
export async function migrate(connection: DuckDBConnection, now: number): Promise<void> {
  const old = await connection.runAndReadAll(`SELECT table_name FROM duckdb_tables() WHERE table_name IN ('keys', 'refusals')`);
  const has = new Set(old.getRows().map(([name]) => name));
  if (has.has('keys')) await inTransaction(connection, () => moveKeys(connection, now));
  if (has.has('refusals')) await inTransaction(connection, () => moveRefusals(connection));
}

/** There was one key of each class. */
async function moveKeys(connection: DuckDBConnection, now: number): Promise<void> {
  const rows = (await connection.runAndReadAll('SELECT class, sha256 FROM keys')).getRows();
  const put = rows.map(([of, sha256]) => makeEntry(Buffer.from((sha256 as DuckDBBlobValue).bytes), of as KeyClass, now));
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
