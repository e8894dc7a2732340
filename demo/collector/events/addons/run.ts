import { DomainError } from '../../model/errors.ts';
import { MAX_STRING_CHARS } from '../../model/event-limits.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { logEntry } from '../../model/log-entry.ts';
import { shownName } from '../../model/shown-name.ts';
import { type Addon, AddonError, type AddonRuns, MAX_ADDON_UNITS, RUN_UNITS } from './addon.ts';
import { valueAt, withMerged, without } from './paths.ts';
import { ADDONS, type AddonSpec } from './spec.ts';

export interface Outputs {
  /** The event with the outputs of its add-ons. */
  event: JsonObject;
  /** One line for each add-on that failed, such as `keen:ip_to_geo: this collector has no GeoIP database`. */
  errors: string[];
}

/**
 * Runs an event's add-ons in order, each on the event with the outputs of those before it. A failed add-on only lacks
 * its output; the event is stored anyway (Keen may have rejected it [U]). An empty input, such as a missing referrer,
 * gives no output and no error.
 *
 * @param event without `keen`
 * @param keen as it will be stored, for inputs such as `keen.timestamp`
 * @param specs validated by `addonsProblem`
 * @throws DomainError RequestEntityTooLargeError if the add-ons of the request need too much work together
 */
export function runAddons(event: JsonObject, keen: JsonObject, specs: AddonSpec[], runs: AddonRuns): Outputs {
  const errors: string[] = [];
  let enriched = event;
  for (const spec of specs) {
    try {
      enriched = runAddon(enriched, keen, spec, runs);
    } catch (error) {
      if (error instanceof DomainError) throw error;
      const known = error instanceof AddonError;
      if (!known) console.error(logEntry({ error: `${spec.name}: ${(error as Error).stack}` }));
      errors.push(`${spec.name}: ${known ? error.message : 'it failed'}`);
    }
  }
  return { event: enriched, errors };
}

/**
 * Removes the inputs whose add-ons have a remove flag. Call it after all add-ons, because several can use one input.
 */
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
  runs: AddonRuns,
): JsonObject {
  const addon = ADDONS.get(name)!;
  const values = addon.inputs.map((key) => {
    const path = input[key]!;
    const value = valueAt({ ...event, keen }, path.split('.'));
    if (value == null) throw new AddonError(`the event has no property ${shownName(path)}`);
    return value;
  });
  if (values.includes('')) return event;
  const merged = withMerged(event, output.split('.'), outputOf(name, addon, values, runs));
  if (!merged) throw new AddonError(`its output ${shownName(output)} is taken by a property that is no object`);
  return merged;
}

/**
 * The output for these inputs, which is computed once for each request.
 * @throws AddonError; DomainError RequestEntityTooLargeError
 */
function outputOf(name: string, addon: Addon, values: unknown[], runs: AddonRuns): JsonObject {
  // Also for a known output, because merging it takes time too.
  runs.unitsLeft -= values.reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : 1),
    RUN_UNITS,
  );
  if (runs.unitsLeft < 0) throw tooMuchWork();
  const key = JSON.stringify([name, ...values]);
  let output = runs.outputs.get(key) as JsonObject | undefined;
  if (!output) runs.outputs.set(key, (output = truncated(addon.run(values, runs.locate))));
  return output;
}

/** After 413 the client sends smaller batches. */
const tooMuchWork = () =>
  new DomainError(
    'RequestEntityTooLargeError',
    `The add-ons of one request have at most ${MAX_ADDON_UNITS} units of work: ${RUN_UNITS} for each run, and 1 for each character of its inputs.`,
  );

/** Truncates strings to the limit of a property: percent-encoding can make a URL's path three times as long. */
const truncated = (output: object): JsonObject =>
  Object.fromEntries(
    Object.entries(output).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'string' ? value.slice(0, MAX_STRING_CHARS - 1) : isObject(value) ? truncated(value) : value,
    ]),
  );
