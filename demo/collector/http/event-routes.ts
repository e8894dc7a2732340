import type { FastifyInstance } from 'fastify';
import { arrivalOf } from '../events/arrival.ts';
import { autofill, checkAutofillSize } from '../events/autofill.ts';
import { type Prepared, prepare } from '../events/prepare.ts';
import { type EventProblem, MAX_BULK_BYTES, MAX_BULK_EVENTS, MAX_EVENT_BYTES } from '../events/validate.ts';
import { ApiError } from '../model/errors.ts';
import { isObject } from '../model/json.ts';
import { beacon } from './beacon-routes.ts';
import type { Context } from './context.ts';
import { recordOne } from './record-event.ts';

const config = { permission: 'writes' } as const;

/** What add-ons could not do is ours; Keen's clients look at `success` alone. */
type Result = { success: true; addon_errors?: string[] } | { success: false; error: EventProblem };

/** `POST /events/:collection`, the same as `GET` for beacons, and `POST /events`. All answer once the events are on disk. */
export function recording(app: FastifyInstance, context: Context): void {
  beacon(app, context);

  app.post('/events/:collection', { bodyLimit: MAX_EVENT_BYTES, config }, async (request, reply) => {
    const errors = await recordOne(request, request.body, context);
    // A repeat was recorded, by the request that it repeats.
    return reply.code(201).send(errors.length ? { created: true, addon_errors: errors } : { created: true });
  });

  app.post('/events', { bodyLimit: MAX_BULK_BYTES, config }, async (request) => {
    const batch = readBatch(request.body);
    const count = batch.reduce((sum, [, events]) => sum + events.length, 0);
    if (count + batch.length > MAX_BULK_EVENTS) {
      // 413, as for bytes: a tracker sends it again in halves.
      throw new ApiError(
        413,
        'RequestEntityTooLargeError',
        `A batch has at most ${MAX_BULK_EVENTS} events and collections together.`,
      );
    }
    checkAutofillSize(count, request.access, MAX_BULK_BYTES);
    const arrival = arrivalOf(request, context);
    const prepared = batch.map(
      ([collection, events]) =>
        [collection, events.map((event) => prepare(collection, autofill(event, request.access), arrival))] as const,
    );
    const all = prepared.flatMap(([, events]) => events);
    const events = all.flatMap((one) => ('event' in one ? [one.event] : []));
    if (events.length) await context.storage.append(events);
    request.refusal = summary(all);
    // fromEntries, and not assignment, which would lose a collection called `__proto__`.
    return Object.fromEntries(prepared.map(([collection, events]) => [collection, events.map(result)]));
  });
}

/** @throws ApiError 400 */
function readBatch(body: unknown): [string, unknown[]][] {
  const entries = isObject(body) ? Object.entries(body) : undefined;
  if (!entries?.every(([, events]) => Array.isArray(events))) {
    throw new ApiError(
      400,
      'InvalidBatchError',
      'A batch is a JSON object: the name of each collection, and a list of its events.',
    );
  }
  return entries as [string, unknown[]][];
}

function result(prepared: Prepared): Result {
  if ('problem' in prepared) return { success: false, error: prepared.problem };
  return prepared.addonErrors?.length ? { success: true, addon_errors: prepared.addonErrors } : { success: true };
}

/** Which problems a batch's events had, and how many had each; empty where all were taken. */
function summary(events: Prepared[]): string {
  const counts = new Map<string, number>();
  for (const event of events) {
    if ('problem' in event) counts.set(event.problem.name, (counts.get(event.problem.name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} ×${count} of ${events.length} events`).join(', ');
}
