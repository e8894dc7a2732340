import type { DuckDBValue } from '@duckdb/node-api';

/**
 * Binds a value and returns its placeholder in the SQL: `$1`, `$2`, … DuckDB rejects a bound value that the SQL does
 * not use.
 */
export type Bind = (value: DuckDBValue) => string;

/** SQL, and the values of its placeholders `$1`, `$2`, … */
export interface Statement {
  sql: string;
  values: DuckDBValue[];
}

/** Builds a statement. Names and values of a query enter the SQL only through `bind`. */
export function statement(write: (bind: Bind) => string): Statement {
  const values: DuckDBValue[] = [];
  return { sql: write((value) => `$${values.push(value)}`), values };
}
