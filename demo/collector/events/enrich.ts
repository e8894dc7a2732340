import type { EventProblem } from '../model/event.ts';
import { MAX_EVENT_BYTES } from '../model/event-limits.ts';
import type { JsonObject } from '../model/json.ts';
import { withRoomAt } from './addons/paths.ts';
import { type Outputs, removeInputs, runAddons } from './addons/run.ts';
import type { AddonSpec } from './addons/spec.ts';
import type { Arrival } from './arrival.ts';
import { merge } from './autofill.ts';
import { countPlaceholders, fillPlaceholders } from './placeholders.ts';
import { eventProblem } from './validate.ts';

/** The event as it will be stored and the errors of its add-ons, or the reason why it is rejected. */
export type Enriched = { properties: JsonObject; addonErrors: string[] } | { problem: EventProblem };

/**
 * Fills placeholders, then runs add-ons. Their errors are stored in `keen.addon_errors`, so that queries can find them.
 * @param properties a valid event, with `keen` as it will be stored
 * @param json the same event as JSON
 */
export function enrich(properties: JsonObject, json: string, addons: AddonSpec[], arrival: Arrival): Enriched {
  const { keen, ...own } = properties as JsonObject & { keen: JsonObject };
  const placeholders = countPlaceholders(json);
  // Before filling, because an event within the size limit can hold 40,000 placeholders for a User-Agent.
  if (placeholders * Math.max(arrival.ip.length, arrival.userAgent.length) > MAX_EVENT_BYTES) {
    return {
      problem: { name: 'InvalidEventError', description: 'With its placeholders filled, the event is too large.' },
    };
  }
  const filled = placeholders ? (fillPlaceholders(own, arrival) as JsonObject) : own;
  const problem = ownProblem(filled);
  if (problem) return { problem };
  const { event, errors } = arrival.autofill
    ? addForced(filled, keen, addons, arrival.autofill, arrival)
    : addOutputs(filled, keen, addons, arrival);
  return {
    properties: { ...event, keen: errors.length ? { addon_errors: errors, ...keen } : keen },
    addonErrors: errors,
  };
}

/**
 * Runs the add-ons of an event with autofill: first the sender's, then, with the forced values in place again, those of
 * the key. Otherwise an add-on of the sender could overwrite or remove a forced value. The outputs of the key's add-ons
 * are forced too, so the sender's values at their paths are dropped.
 * @param filled with the forced values
 * @param addons the sender's, followed by the key's
 */
function addForced(
  filled: JsonObject,
  keen: JsonObject,
  addons: AddonSpec[],
  autofill: JsonObject,
  arrival: Arrival,
): Outputs {
  const { keen: forcedKeen, ...fill } = autofill as { keen?: { addons?: unknown } };
  const forcedAddons = Array.isArray(forcedKeen?.addons) ? forcedKeen.addons.length : 0;
  const senders = addons.slice(0, addons.length - forcedAddons);
  const keys = addons.slice(senders.length);
  const sent = addOutputs(filled, keen, senders, arrival);
  const force = (event: JsonObject) =>
    merge(
      keys.reduce((left, { output }) => withRoomAt(left, output.split('.')), event),
      fillPlaceholders(fill, arrival) as JsonObject,
    );
  const forced = force(sent.event);
  // The outputs of the sender's add-ons give way if the event breaks a rule with them.
  const valid = ownProblem(forced) ? force(removeInputs(filled, senders)) : forced;
  const { event, errors } = addOutputs(valid, keen, keys, arrival);
  return { event, errors: [...sent.errors, ...errors] };
}

/**
 * Adds the outputs of add-ons, unless the event becomes invalid: a URL can have more than a thousand parameters. Then
 * removes the inputs of those with a remove flag.
 */
function addOutputs(filled: JsonObject, keen: JsonObject, addons: AddonSpec[], { addonRuns }: Arrival): Outputs {
  const outputs = runAddons(filled, keen, addons, addonRuns);
  const problem = ownProblem(outputs.event);
  if (!problem) return { ...outputs, event: removeInputs(outputs.event, addons) };
  return {
    event: removeInputs(filled, addons),
    errors: addons.map(
      ({ name }) => `${name}: with what the add-ons make, the event breaks a rule. ${problem.description}`,
    ),
  };
}

/** Validates the properties beside `keen`. An event without any is valid. */
const ownProblem = (own: JsonObject) => (Object.keys(own).length ? eventProblem(own) : undefined);
