import type { DuckDBValue } from '@duckdb/node-api';

/** Takes a value and returns what stands for it in the SQL: `$1`, `$2`, … A value that the SQL does not use is an error. */
export type Bind = (value: DuckDBValue) => string;

/** SQL and what its `$1`, `$2`, … stand for. */
export interface Statement {
  sql: string;
  values: DuckDBValue[];
}

/** Makes a statement. Whatever a query says, names as well as values, gets into it by `bind` alone. */
export function statement(write: (bind: Bind) => string): Statement {
  const values: DuckDBValue[] = [];
  return { sql: write((value) => `$${values.push(value)}`), values };
}
