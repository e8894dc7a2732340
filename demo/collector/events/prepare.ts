import { tooLarge } from '../model/errors.ts';
import type { EventProblem, NewEvent } from '../model/event.ts';
import { MAX_BULK_BYTES, MAX_EVENT_BYTES } from '../model/event-limits.ts';
import { type JsonObject, toJson } from '../model/json.ts';
import { parseTimestamp, toIso } from '../model/timestamp.ts';
import type { AddonSpec } from './addons/spec.ts';
import type { Arrival } from './arrival.ts';
import { enrich } from './enrich.ts';
import { makeEventId } from './event-id.ts';
import { mayHavePlaceholders } from './placeholders.ts';
import { collectionProblem, eventProblem } from './validate.ts';

/** An event ready to be stored and, where there is any, what its add-ons could not do; or why it was refused. */
export type Prepared = { event: NewEvent; addonErrors?: string[] } | { problem: EventProblem };

/**
 * Checks an event and gives it what only the collector may set: `keen.id`, `keen.created_at`, and `keen.timestamp`
 * where the client sent none. Fills its placeholders and runs its add-ons; `keen.addons` is removed.
 * @throws DomainError RequestEntityTooLargeError where that makes the events of one request too large
 */
export function prepare(collection: string, event: unknown, arrival: Arrival): Prepared {
  const problem = collectionProblem(collection) ?? eventProblem(event);
  if (problem) return { problem };

  const { now } = arrival;
  const { keen: sent } = event as { keen?: JsonObject };
  const timestamp = parseTimestamp(sent?.timestamp) ?? now;
  const id = makeEventId(now);
  const keen: JsonObject = { ...sent, timestamp: toIso(timestamp), created_at: toIso(now), id };
  if (sent?.addons !== undefined) delete keen.addons;
  if (sent?.addon_errors !== undefined) delete keen.addon_errors;
  // The client's instant is kept; its spelling becomes UTC, so that texts sort as times do [U].
  const properties = { ...(event as object), keen };
  const json = toJson(properties);
  // A character is at most three bytes, so few events have to be counted exactly.
  if (json.length > MAX_EVENT_BYTES / 3 && Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    return {
      problem: { name: 'InvalidEventError', description: `An event has at most ${MAX_EVENT_BYTES} bytes of JSON.` },
    };
  }
  const token = (sent?.uniqueness_token as string | null | undefined) ?? undefined;
  const prepared = { collection, id, token, timestamp, createdAt: now, json, properties };

  const addons = (sent?.addons ?? []) as AddonSpec[];
  if (!addons.length && !mayHavePlaceholders(json)) return { event: prepared };
  const enriched = enrich(properties, json, addons, arrival);
  if ('problem' in enriched) return enriched;
  const grown = toJson(enriched.properties);
  arrival.room -= Math.max(0, grown.length - json.length);
  // A batch may hold 100,000 events that ask for a long User-Agent. Whoever is told so sends half of it.
  if (arrival.room < 0) throw tooLarge(MAX_BULK_BYTES);
  return { event: { ...prepared, properties: enriched.properties, json: grown }, addonErrors: enriched.addonErrors };
}
