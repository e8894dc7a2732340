import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import { makeEntry } from '../keys/entry.ts';
import type { KeyClass } from '../keys/keys.ts';
import { writeKeys } from './keys.ts';
import { inTransaction } from './transaction.ts';

/** Brings a database of 0.1.0 up to date: it had one key of each class, in a table of its own. */
export async function migrate(connection: DuckDBConnection, now: number): Promise<void> {
  const old = await connection.runAndReadAll(`SELECT 1 FROM duckdb_tables() WHERE table_name = 'keys'`);
  if (!old.getRows().length) return;
  const rows = (await connection.runAndReadAll('SELECT class, sha256 FROM keys')).getRows();
  const put = rows.map(([of, sha256]) => makeEntry(Buffer.from((sha256 as DuckDBBlobValue).bytes), of as KeyClass, now));
  await inTransaction(connection, async () => {
    await writeKeys(connection, { put });
    await connection.run('DROP TABLE keys');
  });
}
