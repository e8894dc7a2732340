import type { FastifyRequest } from 'fastify';
import type { Keyring } from '../keys/keyring.ts';
import type { Access, Permission } from '../model/access.ts';
import { notFound } from '../model/errors.ts';
import type { KeyEntry } from '../model/key-entry.ts';
import { type Context, parameters } from './context.ts';
import { HttpError } from './http-error.ts';

/**
 * Lets a request through to a project's route, or throws. The project is checked first, so that the answer for a wrong
 * project tells nothing about the key. Runs before the body is read, so that a client without a key cannot make the
 * collector parse one.
 * @throws DomainError ResourceNotFoundError, ServiceUnavailableError
 * @throws HttpError InvalidApiKeyError, AdminOnlyEndpointError
 */
export function authorize(
  request: FastifyRequest,
  { projectId, keyring }: Pick<Context, 'projectId' | 'keyring'>,
): void {
  const entry = identifyKey(request, keyring);
  if (parameters(request).id !== projectId) throw notFound('There is no such project.');
  admit(request, keyring, entry, request.routeOptions.config.permission ?? 'master');
}

/**
 * Lets a request with a Master key through to a route that belongs to no project, or throws.
 * @throws HttpError InvalidApiKeyError, AdminOnlyEndpointError
 */
export function authorizeMaster(request: FastifyRequest, { keyring }: Pick<Context, 'keyring'>): void {
  admit(request, keyring, identifyKey(request, keyring), 'master');
}

function admit(
  request: FastifyRequest,
  keyring: Keyring,
  entry: KeyEntry | undefined,
  needed: Permission | 'master',
): void {
  if (request.keyClass === 'none') throw unauthorized('No key was sent. Send one as "Authorization: Bearer KEY".');
  keyring.checkCurrent();
  if (!entry) throw unauthorized('The key is not one of this project.');
  if (!entry.active) throw unauthorized('The key was revoked.');
  request.access = entry;
  checkPermission(request.access, needed);
}

/**
 * Sets the request's `keyClass` and `keyId`, for the log and the list of refusals.
 * @returns the key's entry; `undefined` for an unknown key or none
 */
export function identifyKey(request: FastifyRequest, keyring: Keyring): KeyEntry | undefined {
  const key = presentedKey(request);
  const entry = key === undefined ? undefined : keyring.find(key);
  request.keyClass = entry?.class ?? (key === undefined ? 'none' : 'unknown');
  request.keyId = entry?.id ?? '';
  return entry;
}

function checkPermission(access: Access, needed: Permission | 'master'): void {
  if (access.class === 'master') return;
  if (needed === 'master') throw new HttpError('AdminOnlyEndpointError', 'Only a Master key may do this.');
  if (access.permitted.includes(needed)) return;
  if (access.class === 'access') throw unauthorized(`This Access Key is not permitted "${needed}".`);
  throw unauthorized(
    access.class === 'write' ? 'A Write key may only record events.' : 'A Read key may not record events.',
  );
}

const unauthorized = (message: string) => new HttpError('InvalidApiKeyError', message);

/** The first that is present of `Authorization: Bearer KEY`, `Authorization: KEY` and `?api_key=KEY`. */
function presentedKey({ headers, query }: FastifyRequest): string | undefined {
  const header = headers.authorization?.trim();
  if (header) return header.replace(/^Bearer\s+/i, '');
  const { api_key: parameter } = query as { api_key?: unknown };
  return typeof parameter === 'string' && parameter ? parameter : undefined;
}
