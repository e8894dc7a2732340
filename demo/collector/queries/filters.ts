import { badParameter } from '../model/errors.ts';
import type { Circle, Condition, Filter, Primitive } from '../model/filter.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { toIso } from '../model/timestamp.ts';
import { parseInstant } from './instant.ts';
import { path } from './parameters.ts';
import type { Zone } from './zone.ts';

const MAX_FILTERS = 100;
const MAX_DEPTH = 10;
const MAX_OPERANDS = 1000;

/**
 * Parses `[{"property_name", "operator", "property_value"}, …]`. An event has to pass all of them. A filter can also be
 * `{"operator": "or", "operands": [filter, …]}` [U]. There are at most 100 filters on all levels, and 10 levels. A time
 * without an offset, compared with one of the event's times, is in `zone` [U].
 * @throws DomainError InvalidParameterError
 */
export function parseFilters(value: unknown, zone: Zone = 'UTC'): Filter[] {
  if (value === undefined || value === null) return [];
  return parseList(value, '"filters"', { depth: 1, left: MAX_FILTERS, zone });
}

/** The level of a list of filters, and the number of filters that may follow. Each filter decreases `left`. */
interface Progress {
  zone: Zone;
  depth: number;
  left: number;
}

function parseList(value: unknown, name: string, progress: Progress): Filter[] {
  if (!Array.isArray(value) || (progress.left -= value.length) < 0) {
    throw badParameter(
      `${name} must be a list of objects with "property_name", "operator" and "property_value", at most ${MAX_FILTERS} on all levels.`,
    );
  }
  return value.map((filter) => parseFilter(filter, progress));
}

function parseFilter(value: unknown, progress: Progress): Filter {
  if (!isObject(value))
    throw badParameter('Each filter must be an object with "property_name", "operator" and "property_value".');
  return value.operator === 'or' ? parseOr(value, progress) : inZone(parseCondition(value), progress.zone);
}

/** The times of an event, which a filter compares as times. */
const TIMES = ['keen.timestamp', 'keen.created_at'];

function inZone(condition: Condition, zone: Zone): Condition {
  const { property, operand } = condition;
  const time = TIMES.includes(property) && typeof operand === 'string' ? parseInstant(operand, zone) : undefined;
  if (time === undefined) return condition;
  return ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'].includes(condition.operator)
    ? ({ ...condition, operand: toIso(time) } as Condition)
    : condition;
}

function parseOr({ operands, property_name: name, property_value: operand }: JsonObject, progress: Progress): Filter {
  if (!Array.isArray(operands) || !operands.length)
    throw badParameter('"operands" of the operator or must be a list of at least one filter.');
  // A condition here would be ignored, and the filter would select more than its author means.
  if (name !== undefined || operand !== undefined)
    throw badParameter('A filter with the operator or has "operands" alone, no "property_name" or "property_value".');
  const { depth } = progress;
  if (depth === MAX_DEPTH) throw badParameter(`"filters" are nested at most ${MAX_DEPTH} levels deep.`);
  progress.depth++;
  const filters = parseList(operands, '"operands"', progress);
  progress.depth = depth;
  return { operator: 'or', operands: filters };
}

function parseCondition(value: JsonObject): Condition {
  const { property_name: name, operator, property_value: operand } = value;
  const property = path(name, '"property_name"');
  const filter = { property, operator, operand } as Condition;
  switch (filter.operator) {
    case 'eq':
    case 'ne':
      if (isPrimitive(operand) || isList(operand)) return filter;
      throw badOperand(operator, 'a string, number, boolean, null, or a list of these');
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      if (typeof operand === 'string' || Number.isFinite(operand)) return filter;
      throw badOperand(operator, 'a string or number');
    case 'exists':
      // In a query string, booleans arrive as text.
      if (typeof operand === 'boolean' || operand === 'true' || operand === 'false')
        return { ...filter, operand: String(operand) === 'true' };
      throw badOperand(operator, 'true or false');
    case 'in':
      if (isList(operand)) return filter;
      throw badOperand(operator, `a list of at most ${MAX_OPERANDS} strings, numbers, booleans or nulls`);
    case 'contains':
    case 'not_contains':
      if (isPrimitive(operand)) return filter;
      throw badOperand(operator, 'a string, number, boolean or null');
    case 'regex':
      if (typeof operand === 'string') return filter;
      throw badOperand(operator, 'a regular expression as a string');
    case 'within':
      return { ...filter, operand: parseCircle(operand) };
    default:
      throw badParameter(
        '"operator" must be eq, ne, lt, lte, gt, gte, exists, in, contains, not_contains, regex, within or or.',
      );
  }
}

/** JSON such as `1e999` is parsed as Infinity, which no event can hold. */
const isPrimitive = (value: unknown): value is Primitive =>
  value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

const isList = (value: unknown): value is Primitive[] =>
  Array.isArray(value) && value.length <= MAX_OPERANDS && value.every(isPrimitive);

const badOperand = (operator: unknown, kind: string) =>
  badParameter(`"property_value" of the operator ${operator} must be ${kind}.`);

/** Keen's own types have the distance as text. */
function parseCircle(value: unknown): Circle {
  const { coordinates, max_distance_miles: distance } = isObject(value) ? value : {};
  const [longitude, latitude] = Array.isArray(coordinates) && coordinates.length === 2 ? coordinates.map(asNumber) : [];
  const miles = asNumber(distance);
  if (isNumberWithin(180, longitude) && isNumberWithin(90, latitude) && isNumberWithin(Number.MAX_VALUE, miles)) {
    return { longitude, latitude, miles };
  }
  throw badOperand('within', '{"coordinates": [longitude, latitude] in degrees, "max_distance_miles": number}');
}

const asNumber = (value: unknown) =>
  typeof value === 'string' && /^-?\d{1,20}(\.\d{1,20})?$/.test(value) ? Number(value) : value;

const isNumberWithin = (most: number, value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= most;
