import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { handleError } from './error-handler.ts';
import { onlyThroughProxy } from './proxy.ts';

test('requests that bypass the proxy get 403, except from this machine and for /health', async () => {
  const app = Fastify();
  app.decorateRequest('refusal', '');
  app.setErrorHandler(handleError);
  onlyThroughProxy(app, ['10.0.0.0/8']);
  for (const url of ['/health', '/other']) app.get(url, async () => 'here');
  const status = async (remoteAddress: string, url = '/other') => (await app.inject({ url, remoteAddress })).statusCode;
  assert.equal(await status('10.1.2.3'), 200);
  assert.equal(await status('::ffff:10.1.2.3'), 200);
  assert.equal(await status('127.0.0.1'), 200);
  assert.equal(await status('192.0.2.7'), 403);
  assert.equal(await status('192.0.2.7', '/health'), 200);
  const refused = await app.inject({
    url: '/other',
    remoteAddress: '192.0.2.7',
    headers: { 'x-forwarded-for': '10.1.2.3' },
  });
  assert.equal(refused.json().error_code, 'ProxyRequiredError');
});
