import { eventProblem } from '../events/validate.ts';
import { type AccessOptions, canRead, PERMISSIONS, type Permission } from '../model/access.ts';
import { badName, badParameter } from '../model/errors.ts';
import { MAX_DEPTH } from '../model/event-limits.ts';
import { isDeeperThan, isObject } from '../model/json.ts';
import type { KeyEntry } from '../model/key-entry.ts';
import { parseFilters } from '../queries/filters.ts';

/** The parts of an Access Key that its creator chooses. */
export type AccessKeyFields = Pick<KeyEntry, 'name' | 'active' | 'permitted' | 'options'>;

const MAX_NAME_CHARS = 256;
/** The two levels of `{"writes": {"autofill": …}}` and an event, with room for add-ons. */
const MAX_OPTION_LEVELS = MAX_DEPTH + 10;
/** Every event that is recorded with the key grows by this much. */
const MAX_AUTOFILL_BYTES = 10_000;
/** All other properties of `keen` are set by the collector, or differ from event to event. */
const AUTOFILL_KEEN = new Set(['addons', 'location']);

/**
 * Parses `{"name", "is_active", "permitted", "options"}`. A missing property keeps its value from `before`; a new key
 * must have `name` and `permitted` [U]. Other members of the body are for the caller. Inside `options` they are errors, because a misspelt restriction would never apply. A key that only writes
 * stays so, because pages and trackers trust its label, `access_write_…`.
 * @throws DomainError InvalidParameterError
 */
export function parseAccessKey(body: unknown, before: Partial<AccessKeyFields> = {}): AccessKeyFields {
  if (!isObject(body))
    throw badParameter('An Access Key is a JSON object with "name", "is_active", "permitted" and "options".');
  const { name, is_active: active, permitted: given, options } = body;
  const permitted = given === undefined && before.permitted ? before.permitted : parsePermitted(given);
  if (before.permitted && !canRead(before.permitted) && canRead(permitted)) {
    throw badParameter(
      '"permitted" cannot grant reading to this key, because its label can promise that it only writes. Make another key.',
    );
  }
  return {
    name: name === undefined && before.name !== undefined ? before.name : parseName(name),
    active: active === undefined ? (before.active ?? true) : parseActive(active),
    permitted,
    options: options === undefined ? (before.options ?? {}) : parseOptions(options),
  };
}

export function parseName(value: unknown): string {
  if (typeof value !== 'string' || !value.trim() || value.length > MAX_NAME_CHARS)
    throw badParameter(`"name" must be text of 1 to ${MAX_NAME_CHARS} characters.`);
  if (KEY_IN_NAME.test(value)) throw keyInName();
  return value;
}

/** A label of our keys with hex digits, or as many of these as all of our keys have. Shorter ones can be ids. */
const KEY_IN_NAME = /(write|read|master)_[0-9a-f]{12,}|[0-9a-f]{48,}/i;

export const keyInName = () => badParameter('"name" holds a key. Names are stored and listed, so choose another one.');

export function parseActive(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw badParameter('"is_active" must be true or false.');
}

function parsePermitted(value: unknown): Permission[] {
  const known: readonly unknown[] = PERMISSIONS;
  if (Array.isArray(value) && value.every((permission) => known.includes(permission)))
    return [...new Set<Permission>(value)];
  throw badParameter(`"permitted" must be a list of ${PERMISSIONS.join(', ')}.`);
}

function parseOptions(value: unknown): AccessOptions {
  // Of all of them, because filters can have members that nothing reads.
  if (isDeeperThan(MAX_OPTION_LEVELS, value))
    throw badParameter(`"options" must be nested in at most ${MAX_OPTION_LEVELS} levels.`);
  const options = parseParts(value, '"options"', ['writes', 'queries', 'saved_queries', 'cached_queries', 'datasets']);
  if (options.writes !== undefined) parseWrites(options.writes);
  if (options.queries !== undefined) parseQueries(options.queries);
  for (const part of ['saved_queries', 'cached_queries', 'datasets']) {
    if (options[part] === undefined) continue;
    if (!isObject(options[part]) || isDeeperThan(MAX_DEPTH, options[part]))
      throw badParameter(`"options.${part}" must be an object of at most ${MAX_DEPTH} levels.`);
  }
  return options;
}

function parseWrites(value: unknown): void {
  const { autofill } = parseParts(value, '"options.writes"', ['autofill']);
  if (autofill === undefined) return;
  const problem = eventProblem(autofill);
  if (problem) {
    const message = '"options.writes.autofill" cannot be merged into an event';
    throw badName(`${message}: ${problem.description}`, `${message}.`);
  }
  const { keen } = autofill as { keen?: object };
  if (keen && !Object.keys(keen).every((property) => AUTOFILL_KEEN.has(property))) {
    throw badParameter('"options.writes.autofill" may set no "keen" property but addons and location.');
  }
  if (Buffer.byteLength(JSON.stringify(autofill)) > MAX_AUTOFILL_BYTES) {
    throw badParameter(`"options.writes.autofill" has at most ${MAX_AUTOFILL_BYTES} bytes of JSON.`);
  }
}

function parseQueries(value: unknown): void {
  const { filters } = parseParts(value, '"options.queries"', ['filters']);
  if (filters === undefined) return;
  if (!Array.isArray(filters)) throw badParameter('"options.queries.filters" must be a list.');
  parseFilters(filters);
}

/** An object with no other properties than `parts`. */
function parseParts(value: unknown, name: string, parts: string[]): Record<string, unknown> {
  if (isObject(value) && Object.keys(value).every((part) => parts.includes(part))) return value;
  throw badParameter(
    `${name} must be an object with no properties but ${parts.map((part) => `"${part}"`).join(', ')}.`,
  );
}
