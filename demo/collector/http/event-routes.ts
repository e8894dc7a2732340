import type { FastifyInstance } from 'fastify';
import { autofill, checkAutofillSize } from '../events/autofill.ts';
import { type Prepared, prepare } from '../events/prepare.ts';
import { DomainError } from '../model/errors.ts';
import type { EventProblem, NewEvent } from '../model/event.ts';
import { MAX_BULK_BYTES, MAX_BULK_ENTRIES, MAX_EVENT_BYTES } from '../model/event-limits.ts';
import { isObject } from '../model/json.ts';
import { createTurn, mapInTurns } from '../model/turns.ts';
import { beaconRoutes } from './beacon-routes.ts';
import type { Context } from './context.ts';
import { HttpError } from './http-error.ts';
import { MAX_AT_ONCE, sendPieces } from './large-answer.ts';
import { readArrival } from './read-arrival.ts';
import { recordOne } from './record-event.ts';

const config = { permission: 'writes' } as const;

/** `addon_errors` is an addition to Keen's API; Keen's clients read only `success`. */
type Result = { success: true; addon_errors?: string[] } | { success: false; error: EventProblem };

/** What became of the events of one collection. */
interface PreparedCollection {
  collection: string;
  events: Prepared[];
}

/** The events of one collection in a batch. */
interface CollectionBatch {
  collection: string;
  events: unknown[];
}

/**
 * `POST /events/:collection` and `POST /events`, which answer once the events are on disk, and `GET
 * /events/:collection` for beacons.
 */
export function eventRoutes(app: FastifyInstance, context: Context): void {
  beaconRoutes(app, context);

  app.post('/events/:collection', { bodyLimit: MAX_EVENT_BYTES, config }, async (request, reply) => {
    const errors = await recordOne(request, request.body, context);
    // A repeated event gets 201 too, because an earlier request has recorded it.
    return reply.code(201).send(errors.length ? { created: true, addon_errors: errors } : { created: true });
  });

  app.post('/events', { bodyLimit: MAX_BULK_BYTES, config }, async (request, reply) => {
    const batch = readBatch(request.body);
    checkCount(batch);
    checkAutofillSize(countEvents(batch), request.access, MAX_BULK_BYTES);
    const arrival = readArrival(request, context);
    const turn = createTurn();
    const prepared: PreparedCollection[] = [];
    for (const { collection, events } of batch) {
      const results: Prepared[] = [];
      for (const event of events) {
        results.push(prepare(collection, autofill(event, request.access), arrival));
        const next = turn.giveWay();
        if (next) await next;
      }
      prepared.push({ collection, events: results });
    }
    // Not `flatMap`, which takes ten times as long, and a batch can have 200,000 events.
    const all = prepared.length === 1 ? prepared[0]!.events : prepared.flatMap(({ events }) => events);
    const valid: NewEvent[] = [];
    for (const one of all) if ('event' in one) valid.push(one.event);
    if (valid.length) await context.storage.append(valid);
    request.refusal = summarizeProblems(all);
    if (all.length > MAX_AT_ONCE) return sendPieces(reply, batchPieces(await resultTexts(prepared)));
    // `fromEntries` instead of assignment, which would lose a collection called `__proto__`.
    return Object.fromEntries(prepared.map(({ collection, events }) => [collection, events.map(resultOf)]));
  });
}

/** @throws HttpError InvalidBatchError */
function readBatch(body: unknown): CollectionBatch[] {
  const collections = isObject(body) ? Object.entries(body) : undefined;
  if (!collections?.every(([, events]) => Array.isArray(events))) {
    throw new HttpError(
      'InvalidBatchError',
      'A batch is a JSON object: the name of each collection, and a list of its events.',
    );
  }
  return collections.map(([collection, events]) => ({ collection, events: events as unknown[] }));
}

const countEvents = (batch: CollectionBatch[]) => batch.reduce((sum, { events }) => sum + events.length, 0);

/** @throws DomainError RequestEntityTooLargeError, as for bytes: a tracker then sends the batch again in halves */
function checkCount(batch: CollectionBatch[]): void {
  if (countEvents(batch) + batch.length <= MAX_BULK_ENTRIES) return;
  throw new DomainError(
    'RequestEntityTooLargeError',
    `A batch has at most ${MAX_BULK_ENTRIES} events and collections together.`,
  );
}

function resultOf(prepared: Prepared): Result {
  if ('problem' in prepared) return { success: false, error: prepared.problem };
  return prepared.addonErrors?.length ? { success: true, addon_errors: prepared.addonErrors } : { success: true };
}

/** The texts of a collection's results, in order of its events. */
interface ResultTexts {
  collection: string;
  texts: string[];
}

/** Equal results share a text: a client can read the answer slowly, and 200,000 events would stay in memory meanwhile. */
async function resultTexts(prepared: PreparedCollection[]): Promise<ResultTexts[]> {
  const known = new Map<string, string>();
  const textOf = (event: Prepared): string => {
    const text = JSON.stringify(resultOf(event));
    const shared = known.get(text);
    if (shared === undefined) known.set(text, text);
    return shared ?? text;
  };
  const results: ResultTexts[] = [];
  for (const { collection, events } of prepared) results.push({ collection, texts: await mapInTurns(events, textOf) });
  return results;
}

/** The answer to a batch in pieces, for one that is too large to be written at once. */
function* batchPieces(results: ResultTexts[]): Generator<string> {
  let separator = '{';
  for (const { collection, texts } of results) {
    yield `${separator}${JSON.stringify(collection)}:[`;
    for (let index = 0; index < texts.length; index++) yield (index ? ',' : '') + texts[index]!;
    separator = '],';
  }
  yield ']}';
}

/** The problems of a batch's events, each with its number of events; empty if all events were recorded. */
function summarizeProblems(events: Prepared[]): string {
  const counts = new Map<string, number>();
  for (const event of events) {
    if ('problem' in event) counts.set(event.problem.name, (counts.get(event.problem.name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${name} ×${count} of ${events.length} events`).join(', ');
}
