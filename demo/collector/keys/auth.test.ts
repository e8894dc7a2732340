import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import type { Context } from '../http/context.ts';
import { KEYS, PROJECT } from '../testing/server.ts';
import { PERMISSIONS } from './access.ts';
import { authorize } from './auth.ts';
import { hashKey } from './keys.ts';

/** A server with a route for each permission, and one that does not say what it needs. */
function withRoutes() {
  const app = Fastify();
  app.decorateRequest('keyClass', 'none').decorateRequest('access');
  const hashes = { write: hashKey(KEYS.write), read: hashKey(KEYS.read), master: hashKey(KEYS.master) };
  app.addHook('onRequest', async (request) => authorize(request, { projectId: PROJECT, hashes } as Context));
  for (const permission of PERMISSIONS) app.get(`/:id/${permission}`, { config: { permission } }, async ({ access }) => access.class);
  app.get('/:id/unsaid', async ({ access }) => access.class);
  app.setErrorHandler((error: { status: number; code: string }, _request, reply) => reply.code(error.status).send(error.code));
  return async (path: string, key: string) => {
    const { statusCode, body } = await app.inject({ url: `/${PROJECT}/${path}`, headers: { authorization: key } });
    return `${statusCode} ${body}`;
  };
}

test('each class may do what it is permitted, and its route knows the class', async () => {
  const ask = withRoutes();
  for (const permission of PERMISSIONS) {
    const [mine, other] = permission === 'writes' ? (['write', 'read'] as const) : (['read', 'write'] as const);
    assert.equal(await ask(permission, KEYS[mine]), `200 ${mine}`);
    assert.equal(await ask(permission, KEYS[other]), '401 InvalidApiKeyError', `${other} ${permission}`);
    assert.equal(await ask(permission, KEYS.master), '200 master');
  }
});

test('a route that does not say what it needs is for Master keys alone', async () => {
  const ask = withRoutes();
  assert.equal(await ask('unsaid', KEYS.master), '200 master');
  for (const key of [KEYS.write, KEYS.read]) assert.equal(await ask('unsaid', key), '403 AdminOnlyEndpointError');
  assert.equal(await ask('unsaid', 'nobody'), '401 InvalidApiKeyError');
});
