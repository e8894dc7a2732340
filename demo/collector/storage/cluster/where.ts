import type { Circle, Filter, Primitive } from '../../model/filter.ts';
import { toJson } from '../../model/json.ts';
import type { Selection } from '../../model/query.ts';
import { parseTimestamp } from '../../model/timestamp.ts';
import type { Bind } from './binding.ts';

/** Properties with a column of their own, which is compared as a time. */
export const TIME_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['keen.timestamp', 'timestamp'],
  ['keen.created_at', 'created_at'],
]);
const COMPARISONS = { eq: '=', ne: '<>', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const EARTH_RADIUS_MILES = 3958.8;

/** The condition that selects a query's events. */
export function where({ collection, filters, timeframe }: Selection, bind: Bind): string {
  const selected = [`collection = ${bind(collection, 'String')}`];
  if (timeframe) {
    selected.push(`timestamp >= ${bind(timeframe.start, 'Int64')}`, `timestamp < ${bind(timeframe.end, 'Int64')}`);
  }
  return [...selected, ...conditions(filters, bind)].join(' AND ');
}

/** One SQL condition per filter: true for events that pass it, and false, never NULL, for the others. */
export const conditions = (filters: Filter[], bind: Bind): string[] =>
  filters.map((filter) => `(${condition(filter, bind)})`);

/** The arguments of a JSON function for a dotted path. */
const inEvent = (path: string, bind: Bind): string =>
  `event, ${path
    .split('.')
    .map((name) => bind(name, 'String'))
    .join(', ')}`;

/**
 * SQL for the JSON text of a property; an empty one if it is missing. ClickHouse writes it anew, so equal values have equal
 * texts, and the first character tells the type.
 */
export const rawJson = (path: string, bind: Bind): string => `JSONExtractRaw(${inEvent(path, bind)})`;

/** SQL for the number in a JSON text, or NULL. The text of a string never is a number, because of its quotes. */
export const numberIn = (raw: string): string => `toFloat64OrNull(${raw})`;

export const isMissing = (raw: string): string => `${raw} IN ('', 'null')`;

function condition(filter: Filter, bind: Bind): string {
  if (filter.operator === 'or') return conditions(filter.operands, bind).join(' OR ');
  const { operator, operand } = filter;
  const column = TIME_COLUMNS.get(filter.property);
  if (column && operator in COMPARISONS) {
    const time = parseTimestamp(operand);
    if (time !== undefined)
      return `${column} ${COMPARISONS[operator as keyof typeof COMPARISONS]} ${bind(time, 'Int64')}`;
  }
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
      return operand ? not(isMissing(value.raw)) : isMissing(value.raw);
    case 'in':
      return isOneOf(value, operand, bind);
    case 'contains':
      return contains(value, operand, bind);
    case 'not_contains':
      return not(contains(value, operand, bind));
    case 'regex':
      // Without the flag, a dot would match a line break here.
      return `${value.isString} AND match(${value.text}, ${bind(`(?-s)${operand}`, 'String')})`;
    case 'within':
      return within(value, operand, bind);
  }
}

/** SQL expressions about a property of an event. */
interface Property {
  raw: string;
  /** The text of a string. */
  text: string;
  /** The JSON texts of a list's members; none of another value. */
  members: string;
  isString: string;
}

function property(path: string, bind: Bind): Property {
  const at = inEvent(path, bind);
  const raw = `JSONExtractRaw(${at})`;
  return {
    raw,
    text: `JSONExtractString(${at})`,
    members: `JSONExtractArrayRaw(${at})`,
    isString: `startsWith(${raw}, '"')`,
  };
}

const not = (sql: string) => `NOT (${sql})`;

/** A value's JSON text, as ClickHouse itself would write it. */
const jsonOf = (value: Primitive | Primitive[], bind: Bind) => `JSONExtractRaw(${bind(toJson([value]), 'String')}, 1)`;

/**
 * Same type and same value. A list equals each single value that it holds [U], and a list with the same members in
 * order.
 */
function equals(value: Property, operand: Primitive | Primitive[], bind: Bind): string {
  if (operand === null) return isMissing(value.raw);
  const json = jsonOf(operand, bind);
  return Array.isArray(operand)
    ? `${value.raw} = ${json}`
    : `(${value.raw} = ${json} OR has(${value.members}, ${json}))`;
}

/** Equal to one of the operands. Its time hardly depends on their number. */
function isOneOf(value: Property, operands: Primitive[], bind: Bind): string {
  const present = operands.filter((operand) => operand !== null);
  const alternatives = present.length < operands.length ? [isMissing(value.raw)] : [];
  if (present.length) {
    const list = `(SELECT arrayJoin(JSONExtractArrayRaw(${bind(toJson(present), 'String')})))`;
    alternatives.push(`${value.raw} IN ${list}`, `arrayExists(member -> member IN ${list}, ${value.members})`);
  }
  return alternatives.join(' OR ') || 'false';
}

function compare(value: Property, sign: string, operand: string | number, bind: Bind): string {
  if (typeof operand === 'number') return `ifNull(${numberIn(value.raw)} ${sign} ${bind(operand, 'Float64')}, false)`;
  return `(${value.isString} AND ${value.text} ${sign} ${bind(operand, 'String')})`;
}

/** A substring of a string, or a member of a list. */
function contains(value: Property, operand: Primitive, bind: Bind): string {
  const part =
    typeof operand === 'string'
      ? `(${value.isString} AND position(${value.text}, ${bind(operand, 'String')}) > 0) OR `
      : '';
  return `(${part}has(${value.members}, ${jsonOf(operand, bind)}))`;
}

/** Whether a `[longitude, latitude]` property lies in the circle, by the haversine formula on a sphere. */
function within(value: Property, { longitude, latitude, miles }: Circle, bind: Bind): string {
  const degrees = (axis: number, most: number) => {
    const number = numberIn(`${value.members}[${axis}]`);
    return `if(abs(${number}) <= ${most}, ${number}, NULL)`;
  };
  const [lon, lat] = [degrees(1, 180), degrees(2, 90)];
  const [lon0, lat0] = [longitude, latitude].map((number) => bind(number, 'Float64'));
  const haversine = (a: string, b: string) => `pow(sin(radians(${a} - ${b}) / 2), 2)`;
  const chord = `${haversine(lat, lat0!)} + cos(radians(${lat0})) * cos(radians(${lat})) * ${haversine(lon, lon0!)}`;
  return `ifNull(2 * ${EARTH_RADIUS_MILES} * asin(sqrt(least(1, ${chord}))) <= ${bind(miles, 'Float64')}, false)`;
}
