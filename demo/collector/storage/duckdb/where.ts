import type { Circle, Filter } from '../../model/filter.ts';
import { toJson } from '../../model/json.ts';
import type { Selection } from '../../model/query.ts';
import { parseTimestamp } from '../../model/timestamp.ts';
import type { Bind } from './binding.ts';
import { toDatabase } from './time.ts';

/** Columns that hold what the event's JSON says too, compared as times. */
const TIME_COLUMNS = new Map([
  ['keen.timestamp', 'timestamp'],
  ['keen.created_at', 'created_at'],
]);
const COMPARISONS = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const EARTH_RADIUS_MILES = 3958.8;

/** What selects a query's events. */
export function where({ collection, filters, timeframe }: Selection, bind: Bind): string {
  const selected = [`collection = ${bind(collection)}`];
  if (timeframe) {
    selected.push(
      `timestamp >= ${bind(toDatabase(timeframe.start))}`,
      `timestamp < ${bind(toDatabase(timeframe.end))}`,
    );
  }
  return [...selected, ...conditions(filters, bind)].join(' AND ');
}

/** Each filter as SQL that is true for the events that pass it, and false or NULL for the others. */
export const conditions = (filters: Filter[], bind: Bind): string[] =>
  filters.map((filter) => `(${condition(filter, bind)})`);

/** A property's dotted path as a JSON pointer, in which no character of a name is special. */
export const pointer = (path: string): string =>
  path
    .split('.')
    .map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');

type Operand = string | number | boolean | null;

function condition(filter: Filter, bind: Bind): string {
  const { operator, operand } = filter;
  const column = TIME_COLUMNS.get(filter.property);
  if (column && operator in COMPARISONS) {
    const time = parseTimestamp(operand);
    if (time !== undefined)
      return `${column} ${COMPARISONS[operator as keyof typeof COMPARISONS]} ${bind(toDatabase(time))}`;
  }
  // Before its name is bound: a value that the SQL does not use is an error.
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
      return among(value, operand, bind);
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

interface Property {
  text: string;
  json: string;
  number: string;
  missing: string;
  is(...types: string[]): string;
}

/** A property at a dotted path, as SQL. */
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

// A condition on a property that an event lacks is neither true nor false in SQL. Here it is false, so its opposite is true.
const not = (sql: string) => `NOT coalesce(${sql}, false)`;
const NUMBERS = ['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'];

/** Same type and same value. A list equals a single value that it holds [U], and another list with the same members in the same order. */
function equals(value: Property, operand: Operand | Operand[], bind: Bind): string {
  if (operand === null) return value.missing;
  if (Array.isArray(operand)) return `${value.is('ARRAY')} AND ${value.json} = ${bind(toJson(operand))}::JSON`;
  return `(${compare(value, '=', operand, bind)} OR ${holds(value, operand, bind)})`;
}

/** Equal to one of these; the time this takes hardly depends on how many they are. */
function among(value: Property, operands: Operand[], bind: Bind): string {
  const present = operands.filter((operand) => operand !== null);
  const any = present.length < operands.length ? [value.missing] : [];
  if (present.length) {
    const list = `json_extract(${bind(toJson(present))}::JSON, '$[*]')`;
    any.push(
      `list_contains(${list}, ${value.json})`,
      `(${value.is('ARRAY')} AND list_has_any(json_extract(${value.json}, '$[*]'), ${list}))`,
    );
  }
  return any.join(' OR ');
}

function compare(value: Property, sign: string, operand: string | number | boolean, bind: Bind): string {
  if (typeof operand === 'number')
    return `(${value.is(...NUMBERS)} AND ${value.number} ${sign} ${bind(operand)}::DOUBLE)`;
  const type = typeof operand === 'string' ? 'VARCHAR' : 'BOOLEAN';
  return `(${value.is(type)} AND ${value.text} ${sign} ${bind(String(operand))})`;
}

/** A part of a string, or a member of a list. */
function contains(value: Property, operand: Operand, bind: Bind): string {
  const part =
    typeof operand === 'string' ? `(${value.is('VARCHAR')} AND contains(${value.text}, ${bind(operand)})) OR ` : '';
  return `(${part}${holds(value, operand, bind)})`;
}

const holds = (value: Property, operand: Operand, bind: Bind) =>
  `(${value.is('ARRAY')} AND json_contains(${value.json}, ${bind(toJson(operand))}::JSON))`;

/** The distance on a sphere between a `[longitude, latitude]` property and the circle's middle (the haversine formula). */
function within(value: Property, { longitude, latitude, miles }: Circle, bind: Bind): string {
  const [lon, lat] = [0, 1].map((axis) => `TRY_CAST(json_extract_string(${value.json}, '$[${axis}]') AS DOUBLE)`);
  const [lon0, lat0] = [longitude, latitude].map((degrees) => `${bind(degrees)}::DOUBLE`);
  const half = (a: string, b: string) => `pow(sin(radians(${a} - ${b}) / 2), 2)`;
  const chord = `${half(lat!, lat0!)} + cos(radians(${lat0})) * cos(radians(${lat})) * ${half(lon!, lon0!)}`;
  return `${value.is('ARRAY')} AND 2 * ${EARTH_RADIUS_MILES} * asin(sqrt(least(1, ${chord}))) <= ${bind(miles)}::DOUBLE`;
}
