import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { Commit } from './commit-memory.ts';
import { TABLES } from './tables.ts';
import { inTransaction } from './transaction.ts';

/**
 * Writes a small table anew, so that no removed row stays in its blocks. Deleted rows would stay there as long as others
 * of their row group are left. No other connection may write the table meanwhile.
 * @param rows the SELECT of its new rows
 */
export function rebuildTable(
  connection: DuckDBConnection,
  table: 'properties' | 'refused' | 'repeats',
  rows: string,
  values: DuckDBValue[] = [],
  commit?: Commit,
): Promise<void> {
  return inTransaction(
    connection,
    async () => {
      await connection.run(`CREATE TEMP TABLE kept AS ${rows}`, values);
      await connection.run(`DROP TABLE ${table}`);
      await connection.run(TABLES);
      await connection.run(`INSERT INTO ${table} FROM kept`);
      await connection.run('DROP TABLE kept');
    },
    commit,
  );
}
