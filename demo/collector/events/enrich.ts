import type { EventProblem } from '../model/event.ts';
import { MAX_EVENT_BYTES } from '../model/event-limits.ts';
import type { JsonObject } from '../model/json.ts';
import { type Outputs, removeInputs, runAddons } from './addons/run.ts';
import type { AddonSpec } from './addons/spec.ts';
import type { Arrival } from './arrival.ts';
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
  const { event, errors } = addOutputs(filled, keen, addons, arrival);
  const enriched = { ...removeInputs(event, addons), keen: errors.length ? { addon_errors: errors, ...keen } : keen };
  return { properties: enriched, addonErrors: errors };
}

/** Adds the outputs of add-ons, unless the event becomes invalid: a URL can have more than a thousand parameters. */
function addOutputs(filled: JsonObject, keen: JsonObject, addons: AddonSpec[], { addonRuns }: Arrival): Outputs {
  const outputs = runAddons(filled, keen, addons, addonRuns);
  const problem = ownProblem(outputs.event);
  return problem
    ? {
        event: filled,
        errors: addons.map(
          ({ name }) => `${name}: with what the add-ons make, the event breaks a rule. ${problem.description}`,
        ),
      }
    : outputs;
}

/** Validates the properties beside `keen`. An event without any is valid. */
const ownProblem = (own: JsonObject) => (Object.keys(own).length ? eventProblem(own) : undefined);
