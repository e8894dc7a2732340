import { runAddons } from './addons/run.ts';
import type { AddonSpec } from './addons/spec.ts';
import type { Arrival } from './arrival.ts';
import type { JsonObject } from './json.ts';
import { countPlaceholders, fillPlaceholders } from './placeholders.ts';
import { eventProblem, MAX_EVENT_BYTES, type EventProblem } from './validate.ts';

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
    return { problem: { name: 'InvalidEventError', description: 'With its placeholders filled, the event is too large.' } };
  }
  const filled = placeholders ? (fillPlaceholders(own, arrival) as JsonObject) : own;
  const { event, errors } = runAddons(filled, keen, addons, arrival.locate);
  const enriched = { ...event, keen: errors.length ? { addon_errors: errors, ...keen } : keen };
  // Again, for filled strings have a limit too.
  const problem = eventProblem(enriched);
  return problem ? { problem } : { properties: enriched, addonErrors: errors };
}
