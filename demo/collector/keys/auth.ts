import type { FastifyRequest } from 'fastify';
import { parameters, type Context } from '../http/context.ts';
import { ApiError, notFound } from '../http/errors.ts';
import { classOf } from './keys.ts';

/**
 * Lets a request through to a project's route, or throws. It looks at the project first, so that a wrong one says nothing
 * about the key, and runs before the body is read, so that nobody without a key can make the collector work on one.
 * @throws ApiError 404, 401
 */
export function authorize(request: FastifyRequest, { projectId, hashes }: Context): void {
  const key = presentedKey(request);
  request.keyClass = key === undefined ? 'none' : (classOf(key, hashes) ?? 'unknown');
  if (parameters(request).id !== projectId) throw notFound('There is no such project.');

  if (request.keyClass === 'none') throw unauthorized('No key was sent. Send one as "Authorization: Bearer KEY".');
  if (request.keyClass === 'unknown') throw unauthorized('The key is not one of this project.');
  if (!request.routeOptions.config.allow?.includes(request.keyClass)) {
    throw unauthorized(
      request.keyClass === 'write' ? 'A Write key may only record events.' : 'A Read key may not record events.',
    );
  }
}

const unauthorized = (message: string) => new ApiError(401, 'InvalidApiKeyError', message);

/** `Authorization: Bearer KEY`, or `Authorization: KEY`, or `?api_key=KEY`: the first of them that is there. */
function presentedKey({ headers, query }: FastifyRequest): string | undefined {
  const header = headers.authorization?.trim();
  if (header) return header.replace(/^Bearer\s+/i, '');
  const { api_key: parameter } = query as { api_key?: unknown };
  return typeof parameter === 'string' && parameter ? parameter : undefined;
}
