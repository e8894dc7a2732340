import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { tooLarge } from '../model/errors.ts';
import { HttpError } from './http-error.ts';

const unzip = promisify(gunzip);

/**
 * Reads bodies as JSON, whether they say `application/json` or, to spare a preflight, `text/plain`; gzip too, which Keen
 * does not document [U]. The route's `bodyLimit` holds for what arrives and for what it unpacks to.
 *
 * `JSON.parse` and not Fastify's parser: that one refuses a whole batch over one property called `__proto__`.
 */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(['application/json', 'text/plain'], { parseAs: 'buffer' }, read);
  app.addContentTypeParser('*', { parseAs: 'buffer' }, async (request: FastifyRequest, raw: Buffer) => {
    if (request.headers['content-type'] === undefined) return read(request, raw);
    throw new HttpError('UnsupportedMediaTypeError', 'Send JSON, as application/json or text/plain.');
  });
}

const read = async (request: FastifyRequest, raw: Buffer) => parseJson(await decode(request, raw));

async function decode(request: FastifyRequest, raw: Buffer): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return raw;
  if (encoding !== 'gzip') throw new HttpError('UnsupportedMediaTypeError', 'The only Content-Encoding taken is gzip.');
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
    // The parser's own message quotes the body, which may be private.
    throw new HttpError('InvalidJSONError', 'The body is not valid JSON in UTF-8.');
  }
}
