import type { EventProblem } from '../model/event.ts';
import { MAX_DEPTH, MAX_PROPERTIES, MAX_STRING_CHARS } from '../model/event-limits.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import { isPropertyName } from '../model/property-name.ts';
import { shownName } from '../model/shown-name.ts';
import { parseTimestamp } from '../model/timestamp.ts';
import { addonsProblem } from './addons/spec.ts';

const MAX_NUMBER = 2 ** 63;
const MAX_TOKEN_CHARS = 64;
/**
 * Allowed members of `keen`. Those that the collector sets are overwritten, so that extracted events can be sent again
 * [U].
 */
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

/**
 * Validates a collection's name: 1 to 64 printable ASCII characters, not blank, no `$`, no `_` at the start, no `.` at
 * either end.
 */
export function collectionProblem(name: string): EventProblem | undefined {
  if (/^[\x20-\x7e]{1,64}$/.test(name) && name.trim() && !/\$|^_|^\.|\.$/.test(name)) return undefined;
  return problem(
    'InvalidCollectionNameError',
    'A collection name has 1 to 64 ASCII characters, holds no "$", does not start with "_" and neither starts nor ends with ".".',
  );
}

/**
 * Validates an event, as parsed from JSON, by Keen's rules. Descriptions name the rule and the property's path but
 * never a value, because values can be private.
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

// Walking events takes most of the time of recording. `for in` copies nothing, and parsed JSON inherits no enumerable
// property.
function objectProblem(
  object: JsonObject,
  path: string,
  depth: number,
  budget: { properties: number },
): EventProblem | undefined {
  if (depth > MAX_DEPTH) {
    return problem('InvalidPropertyValueError', `An event is nested at most ${MAX_DEPTH} levels deep.`);
  }
  for (const name in object) {
    // `keen.addons` is a list of objects, which other lists may not be, and is removed before the event is stored.
    if (name === 'addons' && depth === 2 && path === 'keen') continue;
    if (--budget.properties < 0)
      return problem('InvalidEventError', `An event has at most ${MAX_PROPERTIES} properties.`);
    const found = nameProblem(name, path) ?? valueProblem(object[name], path ? `${path}.${name}` : name, depth, budget);
    if (found) return found;
  }
  return undefined;
}

function nameProblem(name: string, parent: string): EventProblem | undefined {
  if (isPropertyName(name)) return undefined;
  return problem(
    'InvalidPropertyNameError',
    `A property name has 1 to 255 characters, is not blank, does not start with "$" and holds no "."; one in ${
      parent ? shownName(parent) : 'the event'
    } breaks this rule.`,
  );
}

function valueProblem(
  value: unknown,
  path: string,
  depth: number,
  budget: { properties: number },
): EventProblem | undefined {
  if (isObject(value)) return objectProblem(value, path, depth + 1, budget);
  if (!Array.isArray(value)) return primitiveProblem(value, path);
  for (const item of value) {
    if (typeof item === 'object' && item !== null) {
      return problem(
        'ListsOfNonPrimitivesNotAllowedError',
        `The list ${shownName(path)} may hold only strings, numbers, booleans and null.`,
      );
    }
    const found = primitiveProblem(item, path);
    if (found) return found;
  }
  return undefined;
}

function primitiveProblem(value: unknown, path: string): EventProblem | undefined {
  if (typeof value === 'string' && value.length >= MAX_STRING_CHARS && [...value].length >= MAX_STRING_CHARS) {
    return problem('InvalidPropertyValueError', `The string ${shownName(path)} is not shorter than 10,000 characters.`);
  }
  // Numbers in JSON can be parsed as Infinity, which this check covers.
  if (typeof value === 'number' && Math.abs(value) > MAX_NUMBER) {
    return problem('InvalidPropertyValueError', `The number ${shownName(path)} is outside of ±2^63.`);
  }
  return undefined;
}

/** Validates the members of `keen`. */
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
    (typeof token !== 'string' || !token || (token.length > MAX_TOKEN_CHARS && [...token].length > MAX_TOKEN_CHARS))
  ) {
    return problem(
      'InvalidPropertyValueError',
      `"keen.uniqueness_token" must be a string of 1 to ${MAX_TOKEN_CHARS} characters.`,
    );
  }
  if (location != null && !isLocation(location)) {
    return problem(
      'InvalidPropertyValueError',
      '"keen.location.coordinates" must be [longitude, latitude] in degrees.',
    );
  }
  const addonsDescription = addons == null ? undefined : addonsProblem(addons);
  // Keen's name for an invalid value in `keen`. Its name for invalid add-ons is not documented [U].
  return addonsDescription === undefined ? undefined : problem('InvalidPropertyValueError', addonsDescription);
}

function isLocation(location: unknown): boolean {
  if (!isObject(location)) return false;
  const { coordinates } = location;
  if (coordinates == null) return true;
  if (!Array.isArray(coordinates) || coordinates.length !== 2) return false;
  return coordinates.every((degrees, axis) => typeof degrees === 'number' && Math.abs(degrees) <= (axis ? 90 : 180));
}
