import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { openKeyring } from '../keys/keyring.ts';
import { PERMISSIONS } from '../model/access.ts';
import { hashKey, KEY_CLASSES } from '../model/key.ts';
import { type KeyEntry, makeAccessKey, makeEntry } from '../model/key-entry.ts';
import { memoryKeys } from '../testing/memory-keys.ts';
import { KEYS, PROJECT } from '../testing/server.ts';
import { authorize } from './authorize.ts';
import { STATUS } from './error-status.ts';
import type { HttpError } from './http-error.ts';

/** A server with a route for each permission, and one without a permission. */
async function withRoutes(...more: KeyEntry[]) {
  const app = Fastify();
  app.decorateRequest('keyClass', 'none').decorateRequest('keyId', '').decorateRequest('access');
  const keys = [...KEY_CLASSES.map((of) => makeEntry(hashKey(KEYS[of]), of, 0)), ...more];
  const keyring = await openKeyring(memoryKeys(keys));
  app.addHook('onRequest', async (request) => authorize(request, { projectId: PROJECT, keyring }));
  for (const permission of PERMISSIONS)
    app.get(`/:id/${permission}`, { config: { permission } }, async ({ access }) => access.class);
  app.get('/:id/unsaid', async ({ access }) => access.class);
  app.setErrorHandler((error: HttpError, _request, reply) => reply.code(STATUS[error.code]).send(error.code));
  return async (path: string, key: string) => {
    const { statusCode, body } = await app.inject({ url: `/${PROJECT}/${path}`, headers: { authorization: key } });
    return `${statusCode} ${body}`;
  };
}

test('each class can use the routes of its permissions, and a route knows the class', async () => {
  const ask = await withRoutes();
  for (const permission of PERMISSIONS) {
    const [mine, other] = permission === 'writes' ? (['write', 'read'] as const) : (['read', 'write'] as const);
    assert.equal(await ask(permission, KEYS[mine]), `200 ${mine}`);
    assert.equal(await ask(permission, KEYS[other]), '401 InvalidApiKeyError', `${other} ${permission}`);
    assert.equal(await ask(permission, KEYS.master), '200 master');
  }
});

test('a route without a permission is for Master keys alone', async () => {
  const ask = await withRoutes();
  assert.equal(await ask('unsaid', KEYS.master), '200 master');
  for (const key of [KEYS.write, KEYS.read]) assert.equal(await ask('unsaid', key), '403 AdminOnlyEndpointError');
  assert.equal(await ask('unsaid', 'nobody'), '401 InvalidApiKeyError');
});

test('an Access Key has the permissions that it lists, and none while it is revoked', async () => {
  const { key, entry } = makeAccessKey(
    { name: '', active: true, permitted: ['writes', 'schema'], options: { writes: { autofill: { a: 1 } } } },
    0,
  );
  const revoked = makeAccessKey({ name: '', active: false, permitted: [...PERMISSIONS], options: {} }, 0);
  const ask = await withRoutes(entry, revoked.entry);
  for (const permission of PERMISSIONS) {
    assert.equal(
      await ask(permission, key),
      ['writes', 'schema'].includes(permission) ? '200 access' : '401 InvalidApiKeyError',
      permission,
    );
    assert.equal(await ask(permission, revoked.key), '401 InvalidApiKeyError', permission);
  }
  assert.equal(await ask('unsaid', key), '403 AdminOnlyEndpointError');
  assert.equal(await ask('unsaid', revoked.key), '401 InvalidApiKeyError');
});

test('while a revocation could be missing, every key gets 503, also an unknown one', async () => {
  const app = Fastify();
  app.decorateRequest('keyClass', 'none').decorateRequest('keyId', '').decorateRequest('access');
  const keys = memoryKeys([makeEntry(hashKey(KEYS.write), 'write', 0)]);
  const keyring = await openKeyring({ ...keys, isCurrent: () => false });
  app.addHook('onRequest', async (request) => authorize(request, { projectId: PROJECT, keyring }));
  app.get('/:id/writes', { config: { permission: 'writes' } }, async () => 'recorded');
  app.setErrorHandler((error: HttpError, _request, reply) => reply.code(STATUS[error.code]).send());
  for (const authorization of [KEYS.write, 'nobody'])
    assert.equal((await app.inject({ url: `/${PROJECT}/writes`, headers: { authorization } })).statusCode, 503);
  assert.equal((await app.inject({ url: `/${PROJECT}/writes` })).statusCode, 401);
});
