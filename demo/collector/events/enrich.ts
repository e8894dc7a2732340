import type { EventProblem } from '../model/event.ts';
import { MAX_EVENT_BYTES } from '../model/event-limits.ts';
import type { JsonObject } from '../model/json.ts';
import { type Outputs, removeInputs, runAddons } from './addons/run.ts';
import type { AddonSpec } from './addons/spec.ts';
import type { Arrival } from './arrival.ts';
import { countPlaceholders, fillPlaceholders } from './placeholders.ts';
import { eventProblem } from './validate.ts';

/** The event as it will be stored and what its add-ons could not do, or why it is refused. */
export type Enriched = { properties: JsonObject; addonErrors: string[] } | { problem: EventProblem };

/**
 * Fills placeholders, then runs add-ons on the outcome; leaves their errors in `keen.addon_errors`, for whoever queries.
 * @param properties a checked event, with `keen` as it will be stored
 * @param json the same as text
 */
export function enrich(properties: JsonObject, json: string, addons: AddonSpec[], arrival: Arrival): Enriched {
  const { keen, ...own } = properties as JsonObject & { keen: JsonObject };
  const placeholders = countPlaceholders(json);
  // Counted first: an event of the size that is allowed may ask for a User-Agent 40,000 times.
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

/** The event with what its add-ons make, unless that would have it break a rule: a URL may have a thousand parameters. */
function addOutputs(filled: JsonObject, keen: JsonObject, addons: AddonSpec[], { locate }: Arrival): Outputs {
  const made = runAddons(filled, keen, addons, locate);
  const problem = ownProblem(made.event);
  return problem
    ? {
        event: filled,
        errors: addons.map(
          ({ name }) => `${name}: with what the add-ons make, the event breaks a rule. ${problem.description}`,
        ),
      }
    : made;
}

/** An event may be nothing but `keen`. */
const ownProblem = (own: JsonObject) => (Object.keys(own).length ? eventProblem(own) : undefined);
