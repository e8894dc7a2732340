import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError, tooLarge } from '../model/errors.ts';
import type { BodyRoom } from './body-memory.ts';
import { HttpError } from './http-error.ts';
import { MAX_BODY_DEPTH, parseLargeJson } from './parse-json.ts';

/**
 * Uncompressed bytes for each received byte. Ordinary events shrink to a tenth, and equal ones to a fiftieth. A body of
 * up to a megabyte, and so every single event, can shrink further.
 */
const MAX_GZIP_RATIO = 100;
const ANY_RATIO_BYTES = 1_000_000;

/**
 * Parses bodies as JSON: `application/json` and, to save clients a preflight, `text/plain`. Accepts gzip, which Keen
 * does not document [U]. The route's `bodyLimit` applies to the received and to the uncompressed size.
 *
 * Uses `JSON.parse` instead of Fastify's parser, which rejects a whole batch because of one property called
 * `__proto__`.
 */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', 'text/plain'], { parseAs: 'buffer' }, parse);
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, raw: Buffer) => {
    if (request.headers['content-type'] === undefined) return parse(request, raw);
    throw new HttpError('UnsupportedMediaTypeError', 'Send JSON, as application/json or text/plain.');
  });
}

const parse = async (request: FastifyRequest, raw: Buffer) =>
  parseLargeJson(await decode(request, raw), records(request) ? Infinity : MAX_BODY_DEPTH);

/** An event that is nested too deeply is rejected alone, so its batch has to be parsed. */
const records = ({ routeOptions }: FastifyRequest) => routeOptions.config.permission === 'writes';

async function decode(request: FastifyRequest, raw: Buffer): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return raw;
  if (encoding !== 'gzip')
    throw new HttpError('UnsupportedMediaTypeError', 'The only supported Content-Encoding is gzip.');
  const { bodyLimit } = request.routeOptions;
  const ratioLimit = Math.max(ANY_RATIO_BYTES, raw.length * MAX_GZIP_RATIO);
  try {
    return await unzip(raw, Math.min(bodyLimit, ratioLimit), request.bodyRoom);
  } catch (error) {
    if (error instanceof DomainError) throw error;
    if (error !== TOO_LARGE) throw new HttpError('InvalidBodyError', 'The body is not valid gzip.');
    if (ratioLimit >= bodyLimit) throw tooLarge(bodyLimit);
    throw new DomainError(
      'RequestEntityTooLargeError',
      `A body over ${ANY_RATIO_BYTES} bytes is at most ${MAX_GZIP_RATIO} times as large as its gzip.`,
    );
  }
}

const TOO_LARGE = new Error('too large');

/**
 * Uncompresses in a worker thread, in chunks, and stops at the limit or without room.
 * @throws TOO_LARGE, DomainError ServiceUnavailableError, or zlib's error
 */
async function unzip(raw: Buffer, maxBytes: number, room: BodyRoom | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stream = createGunzip();
  stream.end(raw);
  // Leaving the loop destroys the stream.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if ((bytes += chunk.length) > maxBytes) throw TOO_LARGE;
    room?.take(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
