/** A value that a query of ClickHouse takes as a parameter. */
export type Value = string | number | boolean | number[] | string[];

/** Binds a value of a type of ClickHouse, and returns its placeholder in the SQL: `{p0:String}`, `{p1:Int64}`, … */
export type Bind = (value: Value, type: Type) => string;

export type Type = 'String' | 'Int64' | 'UInt64' | 'UInt16' | 'UInt32' | 'Float64' | 'Array(String)' | 'Array(Int64)';

/** SQL, and the values of its placeholders. */
export interface Statement {
  sql: string;
  values: Record<string, Value>;
}

/** Builds a statement. Names and values of a query enter the SQL only through `bind`. */
export function statement(write: (bind: Bind) => string): Statement {
  const values: Record<string, Value> = {};
  let count = 0;
  const sql = write((value, type) => {
    const name = `p${count++}`;
    values[name] = value;
    return `{${name}:${type}}`;
  });
  return { sql, values };
}
