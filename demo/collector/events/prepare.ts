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

/** An event that is ready to be stored, with the errors of its add-ons; or the reason why it is rejected. */
export type Prepared = { event: NewEvent; addonErrors?: string[] } | { problem: EventProblem };

/**
 * Validates an event and sets `keen.id`, `keen.created_at`, and `keen.timestamp` if it is missing. Fills placeholders,
 * runs add-ons, and removes `keen.addons`.
 * @throws DomainError RequestEntityTooLargeError if enriching makes the events of one request too large
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
  // The client's timestamp is converted to UTC, so that its text sorts like a time [U].
  const properties = { ...(event as object), keen };
  const json = toJson(properties);
  // A UTF-16 code unit has at most three bytes in UTF-8, so only long events need an exact count.
  if (json.length > MAX_EVENT_BYTES / 3 && Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    return {
      problem: { name: 'InvalidEventError', description: `An event has at most ${MAX_EVENT_BYTES} bytes of JSON.` },
    };
  }
  const token = wellFormed((sent?.uniqueness_token as string | null | undefined) ?? undefined);
  const prepared = { collection, id, token, timestamp, createdAt: now, json, properties };

  const addons = (sent?.addons ?? []) as AddonSpec[];
  if (!addons.length && !mayHavePlaceholders(json)) return { event: prepared };
  const enriched = enrich(properties, json, addons, arrival);
  if ('problem' in enriched) return enriched;
  const enrichedJson = toJson(enriched.properties);
  arrival.growthLeft -= Math.max(0, enrichedJson.length - json.length);
  // Many events of a batch can hold placeholders for a long User-Agent. After 413 the client sends smaller batches.
  if (arrival.growthLeft < 0) throw tooLarge(MAX_BULK_BYTES);
  return {
    event: { ...prepared, properties: enriched.properties, json: enrichedJson },
    addonErrors: enriched.addonErrors,
  };
}

/** As `toJson` stores it: a lone surrogate becomes U+FFFD. Otherwise the token would differ from the stored one. */
const wellFormed = (token: string | undefined): string | undefined =>
  token !== undefined && /[\ud800-\udfff]/.test(token) ? Buffer.from(token).toString() : token;
