import { badName, badParameter } from '../model/errors.ts';
import { isDeeperThan } from '../model/json.ts';
import { nearest } from '../model/nearest.ts';
import { shownName } from '../model/shown-name.ts';

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

/** A name that a message can repeat. Anything else could be a key that stands in the wrong place. */
const REPEATABLE_NAME = /^(?!write_|read_|master_|access_)[a-z_.-]{1,32}$/i;

/**
 * Rejects a parameter that nothing reads. A misspelt one would otherwise be ignored, and the query would count
 * everything.
 * @param known the names that are read; can be empty
 * @param owner the owner of the parameters, as the message calls it, such as `count`
 * @throws DomainError InvalidParameterError, with the parameter's name and the nearest known one
 */
export function checkNames(parameters: Parameters, known: readonly string[], owner: string): void {
  const unknown = Object.keys(parameters).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const kept = `A parameter of ${owner} is unknown. There ${known.length ? `are ${known.join(', ')}` : 'is none'}.`;
  if (!REPEATABLE_NAME.test(unknown)) throw badParameter(kept);
  const question = known.length ? `Is it "${nearest(unknown, known)}"?` : 'There is none.';
  throw badName(`${shownName(unknown)} is no parameter of ${owner}. ${question}`, kept);
}
