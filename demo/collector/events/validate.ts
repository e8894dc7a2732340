import type { EventProblem } from '../model/event.ts';
import { MAX_DEPTH, MAX_PROPERTIES, MAX_STRING } from '../model/event-limits.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { parseTimestamp } from '../model/timestamp.ts';
import { addonsProblem } from './addons/spec.ts';

const MAX_NAME = 256;
const MAX_NUMBER = 2 ** 63;
const MAX_TOKEN = 64;
/** What a client may send in `keen`. Server-set ones are taken and overwritten, so that an extraction can be recorded again [U]. */
const KEEN_PROPERTIES = new Set([
  'timestamp',
  'created_at',
  'id',
  'addons',
  'addon_errors',
  'location',
  'uniqueness_token',
]);

const problem = (name: EventProblem['name'], description: string): EventProblem => ({ name, description });

/** At most 64 visible ASCII characters or inner spaces, no `$`, no `_` in front, no `.` at either end. */
export function collectionProblem(name: string): EventProblem | undefined {
  if (/^[\x20-\x7e]{1,64}$/.test(name) && name.trim() && !/\$|^_|^\.|\.$/.test(name)) return undefined;
  return problem(
    'InvalidCollectionNameError',
    'A collection name has 1 to 64 ASCII characters, holds no "$", does not start with "_" and neither starts nor ends with ".".',
  );
}

/**
 * Checks an event, fresh from JSON, against Keen's rules.
 * Descriptions name the rule and the property's place, never a value: values may be private.
 */
export function eventProblem(event: unknown): EventProblem | undefined {
  if (!isObject(event) || !Object.keys(event).length) {
    return problem('InvalidEventError', 'An event is a JSON object with at least one property.');
  }
  return (
    (Object.hasOwn(event, 'keen') ? keenProblem(event.keen) : undefined) ??
    objectProblem(event, '', 1, { properties: MAX_PROPERTIES })
  );
}

// Most of recording's time goes into walking events. `for in` copies nothing, and what JSON made inherits nothing to walk over.
function objectProblem(
  object: JsonObject,
  path: string,
  depth: number,
  room: { properties: number },
): EventProblem | undefined {
  if (depth > MAX_DEPTH) {
    return problem('InvalidPropertyValueError', `An event is nested at most ${MAX_DEPTH} levels deep.`);
  }
  for (const name in object) {
    // `addons` is made of lists of objects, and is gone before the event is stored.
    if (name === 'addons' && depth === 2 && path === 'keen') continue;
    if (--room.properties < 0)
      return problem('InvalidEventError', `An event has at most ${MAX_PROPERTIES} properties.`);
    const wrong = nameProblem(name, path) ?? valueProblem(object[name], path ? `${path}.${name}` : name, depth, room);
    if (wrong) return wrong;
  }
  return undefined;
}

function nameProblem(name: string, parent: string): EventProblem | undefined {
  if (name.trim() && name.length < MAX_NAME && !name.startsWith('$') && !name.includes('.')) return undefined;
  return problem(
    'InvalidPropertyNameError',
    `A property name is not blank, shorter than ${MAX_NAME} characters, does not start with "$" and holds no "."; one in ${
      parent ? quote(parent) : 'the event'
    } does not keep to that.`,
  );
}

function valueProblem(
  value: unknown,
  path: string,
  depth: number,
  room: { properties: number },
): EventProblem | undefined {
  if (isObject(value)) return objectProblem(value, path, depth + 1, room);
  if (!Array.isArray(value)) return primitiveProblem(value, path);
  for (const item of value) {
    if (typeof item === 'object' && item !== null) {
      return problem(
        'ListsOfNonPrimitivesNotAllowedError',
        `The list ${quote(path)} may hold only strings, numbers, booleans and null.`,
      );
    }
    const wrong = primitiveProblem(item, path);
    if (wrong) return wrong;
  }
  return undefined;
}

function primitiveProblem(value: unknown, path: string): EventProblem | undefined {
  if (typeof value === 'string' && value.length >= MAX_STRING && [...value].length >= MAX_STRING) {
    return problem('InvalidPropertyValueError', `The string ${quote(path)} is not shorter than 10,000 characters.`);
  }
  // JSON can spell numbers that become Infinity here; they fail the same test.
  if (typeof value === 'number' && Math.abs(value) > MAX_NUMBER) {
    return problem('InvalidPropertyValueError', `The number ${quote(path)} is outside of ±2^63.`);
  }
  return undefined;
}

/** The rules for the properties that mean something to the collector. */
function keenProblem(keen: unknown): EventProblem | undefined {
  if (!isObject(keen)) return problem('NamespaceTypeError', 'The property "keen" must be an object.');
  for (const name in keen) {
    if (!KEEN_PROPERTIES.has(name))
      return problem('InvalidKeenNamespaceProperty', `"keen" may hold only ${[...KEEN_PROPERTIES].join(', ')}.`);
  }
  const { timestamp, uniqueness_token: token, location, addons } = keen;
  // A property that is null counts as absent [U].
  if (timestamp != null && parseTimestamp(timestamp) === undefined) {
    return problem('InvalidPropertyValueError', '"keen.timestamp" must be an ISO 8601 date and time.');
  }
  if (
    token != null &&
    (typeof token !== 'string' || !token || (token.length > MAX_TOKEN && [...token].length > MAX_TOKEN))
  ) {
    return problem(
      'InvalidPropertyValueError',
      `"keen.uniqueness_token" must be a string of 1 to ${MAX_TOKEN} characters.`,
    );
  }
  if (location != null && !isLocation(location)) {
    return problem(
      'InvalidPropertyValueError',
      '"keen.location.coordinates" must be [longitude, latitude] in degrees.',
    );
  }
  const wrong = addons == null ? undefined : addonsProblem(addons);
  // The name is that of Keen for a value that `keen` cannot have; no list says which add-ons use [U].
  return wrong === undefined ? undefined : problem('InvalidPropertyValueError', wrong);
}

function isLocation(location: unknown): boolean {
  if (!isObject(location)) return false;
  const { coordinates } = location;
  if (coordinates == null) return true;
  if (!Array.isArray(coordinates) || coordinates.length !== 2) return false;
  return coordinates.every((degrees, axis) => typeof degrees === 'number' && Math.abs(degrees) <= (axis ? 90 : 180));
}

const quote = (path: string) => JSON.stringify(path.length > 80 ? `${path.slice(0, 80)}…` : path);
