/** A value that a query of ClickHouse takes as a parameter. */
export type Value = string | number | number[] | string[];

export type Type = 'String' | 'Int64' | 'UInt64' | 'UInt16' | 'UInt32' | 'Float64' | 'Array(String)' | 'Array(Int64)';

/** Binds a value of a type of ClickHouse, and returns its placeholder in the SQL: `{p0:String}`, `{p1:Int64}`, … */
export type Bind = (value: Value, type: Type) => string;

/** SQL, and the values of its placeholders. */
export interface Statement {
  sql: string;
  values: Record<string, Value>;
}

/**
 * UTF-16 code units of one parameter. A server takes up to 131,072 bytes. In UTF-8 a code unit has up to three bytes,
 * and a control character is escaped with two.
 */
const MAX_PARAMETER_CHARS = 40_000;

/** Builds a statement. Names and values of a query enter the SQL only through `bind`. */
export function statement(write: (bind: Bind) => string): Statement {
  const values: Record<string, Value> = {};
  let count = 0;
  const bindOne: Bind = (value, type) => {
    const name = `p${count++}`;
    values[name] = value;
    return `{${name}:${type}}`;
  };
  const sql = write((value, type) => {
    const [first, ...more] = partsOf(value);
    if (!more.length) return bindOne(first!, type);
    const join = Array.isArray(value) ? 'arrayConcat' : 'concat';
    return `${join}(${[first!, ...more].map((part) => bindOne(part, type)).join(', ')})`;
  });
  return { sql, values };
}

/** A value in parts that are small enough for a parameter. */
function partsOf(value: Value): Value[] {
  if (typeof value === 'string') return textParts(value);
  if (typeof value === 'number') return [value];
  const parts: (string | number)[][] = [[]];
  let chars = 0;
  for (const member of value) {
    // With its quotes and its comma.
    const length = String(member).length + 3;
    if (chars && chars + length > MAX_PARAMETER_CHARS) {
      parts.push([]);
      chars = 0;
    }
    parts.at(-1)!.push(member);
    chars += length;
  }
  return parts as Value[];
}

function textParts(text: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length || !parts.length; ) {
    let end = start + MAX_PARAMETER_CHARS;
    // The two halves of a surrogate pair stay together.
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
