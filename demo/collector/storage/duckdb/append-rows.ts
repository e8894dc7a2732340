import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { mapInTurns } from '../../model/turns.ts';

/**
 * Appends rows to a table through DuckDB's appender.
 * @param appendColumns appends the columns of one row, in the order of the table
 */
export async function appendRows<Row>(
  connection: DuckDBConnection,
  table: string,
  rows: Row[],
  appendColumns: (appender: DuckDBAppender, row: Row) => void,
): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    // In turns, because each value is a call of native code on Node's only thread.
    await mapInTurns(rows, (row) => {
      appendColumns(appender, row);
      appender.endRow();
    });
  } finally {
    appender.closeSync();
  }
}
