import { badParameter } from '../model/errors.ts';

/** From a query string or a JSON body; in the first, structured values are JSON text. */
export type Parameters = Record<string, unknown>;

/**
 * A parameter that may hold more than text. Text that begins like JSON is read as JSON, whether it is a list, an object or, as
 * Keen's clients send some, a quoted string; any other stays as it is. An empty or null one counts as absent.
 * @throws DomainError InvalidParameterError
 */
export function structured(parameters: Parameters, name: string): unknown {
  const value = parameters[name];
  if (value === null || value === '') return undefined;
  if (typeof value !== 'string' || !/^\s*[[{"]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    throw badParameter(`"${name}" is not valid JSON.`);
  }
}

/** A whole number from 1 on. @throws DomainError InvalidParameterError */
export function wholeNumber(parameters: Parameters, name: string, most: number): number | undefined {
  const value = parameters[name];
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw badParameter(`"${name}" must be a whole number from 1 to ${most}.`);
}

/** One property's path or a list of them. @throws DomainError InvalidParameterError */
export function paths(parameters: Parameters, name: string, most: number): string[] | undefined {
  const value = structured(parameters, name);
  if (value === undefined) return undefined;
  const list = Array.isArray(value) ? value : [value];
  if (!list.length || list.length > most) throw badParameter(`"${name}" must hold 1 to ${most} names.`);
  return list.map((one) => path(one, `"${name}"`));
}

/** A property's dotted path, such as `user.id`. @throws DomainError InvalidParameterError */
export function path(value: unknown, parameter: string): string {
  if (typeof value === 'string' && value && value.split('.').every(Boolean)) return value;
  throw badParameter(`${parameter} must be a property's name, with a dot between the levels.`);
}
