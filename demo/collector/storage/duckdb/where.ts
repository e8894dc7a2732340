import type { Circle, Filter } from '../../model/filter.ts';
import { toJson } from '../../model/json.ts';
import type { Selection } from '../../model/query.ts';
import { parseTimestamp } from '../../model/timestamp.ts';
import type { Bind } from './binding.ts';
import { toTimestamp } from './time.ts';

/** Properties with a column of their own, which is compared as a time. */
export const TIME_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['keen.timestamp', 'timestamp'],
  ['keen.created_at', 'created_at'],
]);
const COMPARISONS = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const EARTH_RADIUS_MILES = 3958.8;

/** The condition that selects a query's events. */
export function where({ collection, filters, timeframe }: Selection, bind: Bind): string {
  const selected = [`collection = ${bind(collection)}`];
  if (timeframe) {
    selected.push(
      `timestamp >= ${bind(toTimestamp(timeframe.start))}`,
      `timestamp < ${bind(toTimestamp(timeframe.end))}`,
    );
  }
  return [...selected, ...conditions(filters, bind)].join(' AND ');
}

/** One SQL condition per filter: true for events that pass it, false or NULL for the others. */
export const conditions = (filters: Filter[], bind: Bind): string[] =>
  filters.map((filter) => `(${condition(filter, bind)})`);

/** Converts a dotted path into a JSON pointer, which can express every character of a name. */
export const pointer = (path: string): string =>
  path
    .split('.')
    .map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');

type Operand = string | number | boolean | null;

/** Bound as text, because the database's client takes each whole number for a BIGINT, and throws beyond its range. */
const double = (number: number, bind: Bind): string => `${bind(String(number))}::DOUBLE`;

function condition(filter: Filter, bind: Bind): string {
  if (filter.operator === 'or') return conditions(filter.operands, bind).join(' OR ');
  const { operator, operand } = filter;
  const column = TIME_COLUMNS.get(filter.property);
  if (column && operator in COMPARISONS) {
    const time = parseTimestamp(operand);
    if (time !== undefined)
      return `${column} ${COMPARISONS[operator as keyof typeof COMPARISONS]} ${bind(toTimestamp(time))}`;
  }
  // Before `property` binds the name: DuckDB rejects a bound value that the SQL does not use.
  if (operator === 'in' && !operand.length) return 'false';
  const value = property(filter.property, bind);
  switch (operator) {
    case 'eq':
      return equals(value, operand, bind);
    case 'ne':
      return not(equals(value, operand, bind));
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return compare(value, COMPARISONS[operator], operand, bind);
    case 'exists':
      return operand ? not(value.missing) : value.missing;
    case 'in':
      return isOneOf(value, operand, bind);
    case 'contains':
      return contains(value, operand, bind);
    case 'not_contains':
      return not(contains(value, operand, bind));
    case 'regex':
      return `${value.is('VARCHAR')} AND regexp_matches(${value.text}, ${bind(operand)})`;
    case 'within':
      return within(value, operand, bind);
  }
}

/** SQL expressions about a property of an event. */
interface Property {
  text: string;
  json: string;
  number: string;
  missing: string;
  is(...types: string[]): string;
}

/** Makes the SQL expressions of the property at a dotted path. */
function property(path: string, bind: Bind): Property {
  const at = bind(pointer(path));
  const type = `json_type(event, ${at})`;
  const text = `json_extract_string(event, ${at})`;
  return {
    text,
    json: `json_extract(event, ${at})`,
    number: `TRY_CAST(${text} AS DOUBLE)`,
    missing: `coalesce(${type} = 'NULL', true)`,
    is: (...types) => `${type} IN (${types.map((name) => `'${name}'`).join(', ')})`,
  };
}

// In SQL, a condition on a missing property is NULL, and so is its negation. For a query the negation has to be true.
const not = (sql: string) => `NOT coalesce(${sql}, false)`;
const NUMBERS = ['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'];

/**
 * Same type and same value. A list equals each single value that it holds [U], and a list with the same members in
 * order.
 */
function equals(value: Property, operand: Operand | Operand[], bind: Bind): string {
  if (operand === null) return value.missing;
  if (Array.isArray(operand)) return `${value.is('ARRAY')} AND ${value.json} = ${bind(toJson(operand))}::JSON`;
  return `(${compare(value, '=', operand, bind)} OR ${holds(value, operand, bind)})`;
}

/** Equal to one of the operands. Its time hardly depends on their number. */
function isOneOf(value: Property, operands: Operand[], bind: Bind): string {
  const present = operands.filter((operand) => operand !== null);
  const alternatives = present.length < operands.length ? [value.missing] : [];
  if (present.length) {
    const list = `json_extract(${bind(toJson(present))}::JSON, '$[*]')`;
    alternatives.push(
      `list_contains(${list}, ${value.json})`,
      `(${value.is('ARRAY')} AND list_has_any(json_extract(${value.json}, '$[*]'), ${list}))`,
    );
  }
  return alternatives.join(' OR ');
}

function compare(value: Property, sign: string, operand: string | number | boolean, bind: Bind): string {
  if (typeof operand === 'number')
    return `(${value.is(...NUMBERS)} AND ${value.number} ${sign} ${double(operand, bind)})`;
  const type = typeof operand === 'string' ? 'VARCHAR' : 'BOOLEAN';
  return `(${value.is(type)} AND ${value.text} ${sign} ${bind(String(operand))})`;
}

/** A substring of a string, or a member of a list. */
function contains(value: Property, operand: Operand, bind: Bind): string {
  const part =
    typeof operand === 'string' ? `(${value.is('VARCHAR')} AND contains(${value.text}, ${bind(operand)})) OR ` : '';
  return `(${part}${holds(value, operand, bind)})`;
}

const holds = (value: Property, operand: Operand, bind: Bind) =>
  `(${value.is('ARRAY')} AND json_contains(${value.json}, ${bind(toJson(operand))}::JSON))`;

/**
 * Whether a `[longitude, latitude]` property lies in the circle, by the haversine formula on a sphere. Only numbers in
 * range are compared, because `sin` of an infinite number is an error, and one such event would make each query fail.
 */
function within(value: Property, { longitude, latitude, miles }: Circle, bind: Bind): string {
  const degrees = (axis: number, most: number) => {
    // The JSON text of a number can be cast. That of a string never can, because of its quotes.
    const number = `TRY_CAST(json_extract(${value.json}, '$[${axis}]')::VARCHAR AS DOUBLE)`;
    return `(CASE WHEN abs(${number}) <= ${most} THEN ${number} END)`;
  };
  const [lon, lat] = [degrees(0, 180), degrees(1, 90)];
  const [lon0, lat0] = [longitude, latitude].map((number) => double(number, bind));
  const haversine = (a: string, b: string) => `pow(sin(radians(${a} - ${b}) / 2), 2)`;
  const chord = `${haversine(lat, lat0!)} + cos(radians(${lat0})) * cos(radians(${lat})) * ${haversine(lon, lon0!)}`;
  // Rounding can leave the range of `sqrt` and `asin`, which throw outside of it.
  return `${value.is('ARRAY')} AND 2 * ${EARTH_RADIUS_MILES} * asin(sqrt(greatest(0, least(1, ${chord})))) <= ${double(miles, bind)}`;
}
