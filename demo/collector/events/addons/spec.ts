import { isObject } from '../../model/json.ts';
import { isPropertyName } from '../../model/property-name.ts';
import type { Addon } from './addon.ts';
import { dateTimeParser } from './date-time-parser.ts';
import { ipToGeo } from './ip-to-geo.ts';
import { referrerParser } from './referrer-parser.ts';
import { uaParser } from './ua-parser.ts';
import { urlParser } from './url-parser.ts';

export const ADDONS: ReadonlyMap<string, Addon> = new Map([
  ['keen:ip_to_geo', ipToGeo],
  ['keen:ua_parser', uaParser],
  ['keen:url_parser', urlParser],
  ['keen:referrer_parser', referrerParser],
  ['keen:date_time_parser', dateTimeParser],
]);

/** A validated entry of `keen.addons`. */
export interface AddonSpec {
  name: string;
  /** Name of the add-on's input → path of a property of the event. */
  input: Record<string, string>;
  /** Path of the property that gets the output. */
  output: string;
}

/** Keen documents no limits of add-ons [U]. These ensure that a batch cannot block the collector. */
const MAX_ADDONS = 20;
const MAX_PATH_LEVELS = 20;

/** Validates `keen.addons`. Returns a description of the broken rule, which holds no value of the event. */
export function addonsProblem(addons: unknown): string | undefined {
  if (!Array.isArray(addons) || addons.length > MAX_ADDONS)
    return `"keen.addons" must be a list of at most ${MAX_ADDONS} objects.`;
  for (const spec of addons as unknown[]) {
    const problem = specProblem(spec);
    if (problem) return problem;
  }
  return undefined;
}

function specProblem(spec: unknown): string | undefined {
  if (!isObject(spec)) return '"keen.addons" must be a list of objects.';
  const { name, input, output } = spec;
  const addon = ADDONS.get(name as string);
  if (!addon) return `Each of "keen.addons" has a "name": ${[...ADDONS.keys()].join(', ')}.`;
  if (!isObject(input) || !addon.inputs.every((key) => Object.hasOwn(input, key) && isPath(input[key]))) {
    return `The "input" of ${name} must be an object whose ${addon.inputs.map((key) => `"${key}"`).join(' and ')} name a property.`;
  }
  if (addon.removable && input[addon.removable.flag] != null && typeof input[addon.removable.flag] !== 'boolean') {
    return `"${addon.removable.flag}" in the "input" of ${name} must be true or false.`;
  }
  if (!isPath(output) || /^keen(\.|$)/.test(output)) {
    return `The "output" of ${name} must name a property, as in "page.info"; that may not be "keen" or in it.`;
  }
  return undefined;
}

/** Whether it is a dotted path of valid property names. */
function isPath(path: unknown): path is string {
  if (typeof path !== 'string') return false;
  const names = path.split('.');
  return names.length <= MAX_PATH_LEVELS && names.every(isPropertyName);
}
