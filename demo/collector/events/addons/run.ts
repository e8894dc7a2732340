import { MAX_STRING } from '../../model/event-limits.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { AddonError, type Locate } from './addon.ts';
import { valueAt, withMerged, without } from './paths.ts';
import { ADDONS, type AddonSpec } from './spec.ts';

export interface Outputs {
  event: JsonObject;
  /** One line for each add-on that has no output, such as `keen:ip_to_geo: this collector has no GeoIP database`. */
  errors: string[];
}

/**
 * Runs an event's add-ons one after the other, each on what those before it have left. One that fails costs only its own output: an
 * event is never lost to an add-on [U for Keen, which may have refused it]. An empty input, such as the referrer of a visit
 * without one, is nothing to enrich and no failure.
 *
 * @param event without `keen`
 * @param keen what the event's `keen` will be, for inputs such as `keen.timestamp`
 * @param specs of which `addonsProblem` has said that they can be used
 */
export function runAddons(
  event: JsonObject,
  keen: JsonObject,
  specs: AddonSpec[],
  locate: Locate | undefined,
): Outputs {
  const errors: string[] = [];
  let enriched = event;
  for (const spec of specs) {
    try {
      enriched = runAddon(enriched, keen, spec, locate);
    } catch (error) {
      const known = error instanceof AddonError;
      if (!known) console.error(JSON.stringify({ error: `${spec.name}: ${(error as Error).stack}` }));
      errors.push(`${spec.name}: ${known ? error.message : 'it failed'}`);
    }
  }
  return { event: enriched, errors };
}

/** The event without what add-ons were told to remove. After all of them, because two may look at one address. */
export function removeInputs(event: JsonObject, specs: AddonSpec[]): JsonObject {
  return specs.reduce((left, { name, input }) => {
    const removable = ADDONS.get(name)!.removable;
    return removable && (input as JsonObject)[removable.flag] === true
      ? without(left, input[removable.input]!.split('.'))
      : left;
  }, event);
}

/** @throws AddonError */
function runAddon(
  event: JsonObject,
  keen: JsonObject,
  { name, input, output }: AddonSpec,
  locate: Locate | undefined,
): JsonObject {
  const addon = ADDONS.get(name)!;
  const values = addon.inputs.map((key) => {
    const path = input[key]!;
    const value = valueAt({ ...event, keen }, path.split('.'));
    if (value == null) throw new AddonError(`the event has no property ${JSON.stringify(path)}`);
    return value;
  });
  if (values.includes('')) return event;
  const merged = withMerged(event, output.split('.'), clipped(addon.run(values, locate)));
  if (!merged) throw new AddonError(`its output ${JSON.stringify(output)} is taken by a property that is no object`);
  return merged;
}

/** The output with its strings no longer than a property's may be: percent signs make a URL's path three times as long. */
const clipped = (output: object): JsonObject =>
  Object.fromEntries(
    Object.entries(output).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? value.slice(0, MAX_STRING - 1) : isObject(value) ? clipped(value) : value,
    ]),
  );
