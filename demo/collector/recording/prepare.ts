import { randomBytes } from 'node:crypto';
import type { NewEvent } from '../storage/storage.ts';
import { parseTimestamp } from './timestamp.ts';
import { collectionProblem, eventProblem, isObject, MAX_EVENT_BYTES, type EventProblem, type PropertyTypes } from './validate.ts';

/** An event ready to be stored, or why it was refused. */
export type Prepared = { event: NewEvent } | { problem: EventProblem };

/**
 * Checks an event and gives it what only the collector may set: `keen.id`, `keen.created_at`, and `keen.timestamp`
 * where the client sent none. `keen.addons` is removed.
 */
export function prepare(collection: string, event: unknown, now: number): Prepared {
  const types: PropertyTypes = new Map();
  const problem = collectionProblem(collection) ?? eventProblem(event, types);
  if (problem) return { problem };

  const { keen: sent, ...own } = event as Record<string, unknown>;
  const { addons: _, ...keen } = isObject(sent) ? sent : {};
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) {
    return { problem: { name: 'InvalidEventError', description: `An event has at most ${MAX_EVENT_BYTES} bytes of JSON.` } };
  }
  const timestamp = parseTimestamp(keen.timestamp) ?? now;
  const id = randomBytes(12).toString('hex');
  for (const path of ['timestamp', 'created_at']) types.set(`keen.${path}`, 'datetime');
  types.set('keen.id', 'string');
  return {
    event: {
      collection,
      id,
      token: (keen.uniqueness_token as string | null | undefined) ?? undefined,
      timestamp,
      createdAt: now,
      types,
      // The client's instant is kept; its spelling becomes UTC, so that texts sort as times do [U].
      json: toJson({ ...own, keen: { ...keen, timestamp: iso(timestamp), created_at: iso(now), id } }),
    },
  };
}

const iso = (time: number) => new Date(time).toISOString();

/**
 * JSON text that the database can read. Half a surrogate pair, which JSON lets a client spell, becomes U+FFFD:
 * one such event would make every later query over its collection fail. `JSON.stringify` escapes only lone ones.
 */
const toJson = (value: unknown): string =>
  JSON.stringify(value).replace(/\\(?:u(d[89a-f]..)|.)/g, (escape, lone) => (lone ? '\\ufffd' : escape));
