import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parameters, type Context } from '../http/context.ts';
import { ApiError } from '../http/errors.ts';
import { arrivalOf } from './arrival.ts';
import { autofill, demandRoom } from './autofill.ts';
import { isObject } from './json.ts';
import { prepare, type Prepared } from './prepare.ts';
import type { NewEvent } from '../storage/storage.ts';
import { MAX_EVENT_BYTES, type EventProblem } from './validate.ts';

/** Bytes of a bulk body. Keen says 10 MB; an MB is 1,000,000 here [U]. */
const MAX_BULK_BYTES = 10_000_000;
const config = { permission: 'writes' } as const;

/** What add-ons could not do is ours; Keen's clients look at `success` alone. */
type Result = { success: true; addon_errors?: string[] } | { success: false; error: EventProblem };

/** `POST /events/:collection` and `POST /events`. Both answer once the events are on disk. */
export function recording(app: FastifyInstance, context: Context): void {
  app.post('/events/:collection', { bodyLimit: MAX_EVENT_BYTES, config }, async (request, reply) => {
    const errors = await recordOne(request, request.body, context);
    // A repeat was recorded, by the request that it repeats.
    return reply.code(201).send(errors.length ? { created: true, addon_errors: errors } : { created: true });
  });

  app.post('/events', { bodyLimit: MAX_BULK_BYTES, config }, async (request) => {
    const batch = readBatch(request.body);
    demandRoom(batch.reduce((sum, [, events]) => sum + events.length, 0), request.access, MAX_BULK_BYTES);
    const arrival = arrivalOf(request, context);
    const prepared = batch.map(([collection, events]) => [collection, events.map((event) => prepare(collection, autofill(event, request.access), arrival))] as const);
    const all = prepared.flatMap(([, events]) => events);
    await store(context, all.flatMap((one) => ('event' in one ? [one.event] : [])));
    request.refusal = summary(all);
    // fromEntries, and not assignment, which would lose a collection called `__proto__`.
    return Object.fromEntries(prepared.map(([collection, events]) => [collection, events.map(result)]));
  });
}

/**
 * Records a single event, whichever way it came; what its add-ons could not do.
 * @throws ApiError 400, 503
 */
export async function recordOne(request: FastifyRequest, event: unknown, context: Context): Promise<string[]> {
  const prepared = prepare(parameters(request).collection!, autofill(event, request.access), arrivalOf(request, context));
  if ('problem' in prepared) throw new ApiError(400, prepared.problem.name, prepared.problem.description);
  await store(context, [prepared.event]);
  return prepared.addonErrors ?? [];
}

async function store(context: Context, events: NewEvent[]): Promise<void> {
  if (events.length) await context.storage.append(events);
}

/** @throws ApiError 400 */
function readBatch(body: unknown): [string, unknown[]][] {
  const entries = isObject(body) ? Object.entries(body) : undefined;
  if (!entries?.every(([, events]) => Array.isArray(events))) {
    throw new ApiError(400, 'InvalidBatchError', 'A batch is a JSON object: the name of each collection, and a list of its events.');
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
