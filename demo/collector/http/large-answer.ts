import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { createTurn, type Turn } from '../model/turns.ts';

/** Rows, or results of events, in an answer that is written at once. It takes about a millisecond. */
export const MAX_AT_ONCE = 1_000;
const CHUNK_CHARS = 16_384;

/** Sends JSON that comes in pieces, in turns, between which other requests are handled. */
export function sendPieces(reply: FastifyReply, pieces: Iterable<string>): FastifyReply {
  // The framework takes a stream that nobody reads for an error of the collector.
  if (reply.raw.destroyed) return reply.send('');
  return reply.type('application/json; charset=utf-8').send(Readable.from(chunks(pieces)));
}

async function* chunks(pieces: Iterable<string>): AsyncGenerator<string> {
  // Not before the first chunk: the client can go away in another turn, and the headers must have been sent by then.
  let turn: Turn | undefined;
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    const next = turn?.giveWay();
    if (next) await next;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
    turn ??= createTurn();
  }
  if (chunk) yield chunk;
}

/** JSON of a value in pieces, each of them short unless a string is long. */
export function* jsonPieces(value: unknown): Generator<string> {
  if (!isContainer(value) || !Object.values(value).some(isContainer)) {
    yield* flatPieces(value);
    return;
  }
  const isList = Array.isArray(value);
  let separator = isList ? '[' : '{';
  for (const [name, inner] of Object.entries(value)) {
    // As `JSON.stringify` does.
    if (inner === undefined && !isList) continue;
    yield isList ? separator : `${separator}${JSON.stringify(name)}:`;
    yield* jsonPieces(inner ?? null);
    separator = ',';
  }
  yield separator === '{' ? '{}' : isList ? ']' : '}';
}

/** JSON of a value without containers in it. A list of primitives can be long. */
function* flatPieces(value: unknown): Generator<string> {
  if (!Array.isArray(value) || value.length <= MAX_AT_ONCE) {
    yield JSON.stringify(value);
    return;
  }
  for (let start = 0; start < value.length; start += MAX_AT_ONCE)
    yield (start ? ',' : '[') + JSON.stringify(value.slice(start, start + MAX_AT_ONCE)).slice(1, -1);
  yield ']';
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
