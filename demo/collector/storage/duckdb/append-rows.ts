import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';

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
    for (const row of rows) {
      appendColumns(appender, row);
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
}
