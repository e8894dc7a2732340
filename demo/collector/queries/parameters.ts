import { badParameter } from '../model/errors.ts';
import { isDeeperThan } from '../model/json.ts';

const MAX_LEVELS = 100;

/** Parameters of a query string or a JSON body. In a query string, structured values are JSON text. */
export type Parameters = Record<string, unknown>;

/** Whether a parameter counts as missing: in a query string it can also be empty. */
export const isAbsent = (value: unknown) => value === undefined || value === null || value === '';

/**
 * Returns a parameter that can be a list or an object. Text that starts like JSON is parsed: a list, an object, or a
 * quoted string, which some of Keen's clients send. Other text is returned unchanged, and an empty or null value as
 * `undefined`.
 * @throws DomainError InvalidParameterError
 */
export function structured(parameters: Parameters, name: string): unknown {
  const value = parameters[name];
  if (isAbsent(value)) return undefined;
  const parsed = typeof value === 'string' && /^\s*[[{"]/.test(value) ? parse(value, name) : value;
  // Answers and stored keys repeat some parameters, and `JSON.stringify` throws on a value that is nested too deep.
  if (isDeeperThan(MAX_LEVELS, parsed)) throw badParameter(`"${name}" is nested in more than ${MAX_LEVELS} levels.`);
  return parsed;
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badParameter(`"${name}" is not valid JSON.`);
  }
}

/** Returns a whole number from 1 to `max`. @throws DomainError InvalidParameterError */
export function wholeNumber(parameters: Parameters, name: string, max: number): number | undefined {
  const value = parameters[name];
  if (isAbsent(value)) return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw badParameter(`"${name}" must be a whole number from 1 to ${max}.`);
}

/** Returns one to `max` property paths. @throws DomainError InvalidParameterError */
export function paths(parameters: Parameters, name: string, max: number): string[] | undefined {
  const value = structured(parameters, name);
  if (value === undefined) return undefined;
  const list = Array.isArray(value) ? value : [value];
  if (!list.length || list.length > max) throw badParameter(`"${name}" must hold 1 to ${max} names.`);
  return list.map((item) => path(item, `"${name}"`));
}

/** Validates a property's dotted path, such as `user.id`. @throws DomainError InvalidParameterError */
export function path(value: unknown, parameter: string): string {
  if (typeof value === 'string' && value && value.split('.').every(Boolean)) return value;
  throw badParameter(`${parameter} must be a property's name, with a dot between the levels.`);
}
