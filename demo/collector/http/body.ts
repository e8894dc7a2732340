import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { tooLarge } from '../model/errors.ts';
import { HttpError } from './http-error.ts';

const unzip = promisify(gunzip);

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

const parse = async (request: FastifyRequest, raw: Buffer) => parseJson(await decode(request, raw));

async function decode(request: FastifyRequest, raw: Buffer): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return raw;
  if (encoding !== 'gzip')
    throw new HttpError('UnsupportedMediaTypeError', 'The only supported Content-Encoding is gzip.');
  try {
    return await unzip(raw, { maxOutputLength: request.routeOptions.bodyLimit });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge(request.routeOptions.bodyLimit)
      : new HttpError('InvalidBodyError', 'The body is not valid gzip.');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws HttpError InvalidJSONError */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // The parser's own message quotes the body, which can be private.
    throw new HttpError('InvalidJSONError', 'The body is not valid JSON in UTF-8.');
  }
}
