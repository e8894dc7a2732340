import { badParameter } from '../model/errors.ts';
import type { Circle, Filter, Primitive } from '../model/filter.ts';
import { isObject } from '../model/json.ts';
import { path } from './parameters.ts';

const MAX_FILTERS = 100;
const MAX_OPERANDS = 1000;

/**
 * Parses `[{"property_name", "operator", "property_value"}, …]`: at most 100 filters.
 * @throws DomainError InvalidParameterError
 */
export function parseFilters(value: unknown): Filter[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_FILTERS) {
    throw badParameter(
      `"filters" must be a list of at most ${MAX_FILTERS} objects with "property_name", "operator" and "property_value".`,
    );
  }
  return value.map(parseFilter);
}

function parseFilter(value: unknown): Filter {
  if (!isObject(value))
    throw badParameter('Each filter must be an object with "property_name", "operator" and "property_value".');
  const { property_name: name, operator, property_value: operand } = value;
  const property = path(name, '"property_name"');
  const filter = { property, operator, operand } as Filter;
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
        '"operator" must be eq, ne, lt, lte, gt, gte, exists, in, contains, not_contains, regex or within.',
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

function parseCircle(value: unknown): Circle {
  const { coordinates, max_distance_miles: miles } = isObject(value) ? value : {};
  const [longitude, latitude] = Array.isArray(coordinates) && coordinates.length === 2 ? coordinates : [];
  if (isNumberWithin(180, longitude) && isNumberWithin(90, latitude) && isNumberWithin(Number.MAX_VALUE, miles)) {
    return { longitude, latitude, miles };
  }
  throw badOperand('within', '{"coordinates": [longitude, latitude] in degrees, "max_distance_miles": number}');
}

const isNumberWithin = (most: number, value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= most;
