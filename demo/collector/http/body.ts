import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../model/errors.ts';

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
    throw new ApiError(415, 'UnsupportedMediaTypeError', 'Send JSON, as application/json or text/plain.');
  });
}

const read = async (request: FastifyRequest, raw: Buffer) => parseJson(await decode(request, raw));

async function decode(request: FastifyRequest, raw: Buffer): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return raw;
  if (encoding !== 'gzip')
    throw new ApiError(415, 'UnsupportedMediaTypeError', 'The only Content-Encoding taken is gzip.');
  try {
    return await unzip(raw, { maxOutputLength: request.routeOptions.bodyLimit });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge(request.routeOptions.bodyLimit)
      : new ApiError(400, 'InvalidBodyError', 'The body is not valid gzip.');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws ApiError 400 */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    // The parser's own message quotes the body, which may be private.
    throw new ApiError(400, 'InvalidJSONError', 'The body is not valid JSON in UTF-8.');
  }
}

export const tooLarge = (limit: number) =>
  new ApiError(413, 'RequestEntityTooLargeError', `The body is larger than ${limit} bytes.`);
