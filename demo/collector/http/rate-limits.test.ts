import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import { KEYS, startServer } from '../testing/server.ts';
import { handleError } from './error-handler.ts';
import { rateLimits } from './rate-limits.ts';

/** Allows ten requests in ten seconds. */
const ONE_A_SECOND = { byKey: 1, byAddress: 0 };

/** Stops the clock, so that no window ends in the middle of a test. */
const stopClock = (t: TestContext) => t.mock.timers.enable({ apis: ['Date'], now: Date.now() });

test('a key over its rate gets 429 with Retry-After, in the API’s format, and other keys do not', async (t) => {
  stopClock(t);
  const { ask, refusals } = await startServer(t, {}, { rates: ONE_A_SECOND });
  const record = async () => await ask('/events/things', KEYS.write, { a: 1 }, { origin: 'https://shop.example' });
  for (let n = 0; n < 10; n++) assert.equal((await record()).status, 201, `${n}`);
  t.mock.timers.tick(3_000);
  for (let n = 0; n < 3; n++) {
    const response = await record();
    assert.equal(response.status, 429);
    assert.equal(response.headers.get('retry-after'), '7');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(response.headers.get('access-control-expose-headers')!, /Retry-After/);
    assert.deepEqual(await response.json(), {
      message: 'More than 1 requests a second from this key.',
      error_code: 'TooManyRequestsError',
    });
  }
  assert.equal((await ask('/queries/count?event_collection=things', KEYS.read)).status, 200);
  assert.deepEqual(
    (await refusals()).map(({ status, key }) => [status, key]),
    [[429, 'write']],
    'one line says it',
  );

  t.mock.timers.tick(7_000);
  assert.equal((await record()).status, 201);
});

test('an address over its rate gets 429 before its key is checked; other addresses and loopback do not', async (t) => {
  stopClock(t);
  const { ask, url } = await startServer(t, {}, { rates: { byKey: 0, byAddress: 1 }, behindProxy: ['127.0.0.1'] });
  const from = async (address: string, key: string = KEYS.write) =>
    (await ask('/events', key, {}, { 'x-forwarded-for': address })).status;
  for (let n = 0; n < 10; n++) assert.equal(await from('192.0.2.7', n % 2 ? KEYS.write : 'nobody'), n % 2 ? 200 : 401);
  assert.equal(await from('192.0.2.7'), 429);
  assert.equal(await from('::ffff:192.0.2.7'), 429, 'the same in IPv6’s clothes');
  assert.equal(await from('203.0.113.9, 192.0.2.7'), 429, 'only the address from the proxy counts');
  assert.equal(await from('192.0.2.8'), 200);
  // One household has one IPv6 /64.
  for (let n = 0; n < 10; n++) assert.equal(await from(`2001:db8:1:1::${n}`), 200);
  assert.equal(await from('2001:db8:1:1::ffff'), 429);
  assert.equal(await from('2001:db8:1:2::1'), 200);
  // A port that the proxy adds is no part of the address.
  for (const address of ['192.0.2.7:4711', '[2001:db8:1:1::1]:4711', '[2001:db8:1:1::1]'])
    assert.equal(await from(address), 429, address);
  // One customer of a provider has a whole /48.
  for (let n = 11; n < 10 * 16; n++) assert.equal(await from(`2001:db8:1:${n.toString(16)}::1`), 200, `${n}`);
  assert.equal(await from('2001:db8:1:ffff::1'), 429);
  assert.equal(await from('2001:db8:2:1::1'), 200);
  // Invalid addresses are limited too.
  for (let n = 0; n < 10; n++) assert.equal(await from('x'.repeat(n + 1)), 200);
  assert.equal(await from('something else'), 429);
  for (let n = 0; n < 20; n++) assert.equal((await fetch(`${url}/health`)).status, 200);
});

test('without a limit no request is counted', async (t) => {
  const { ask } = await startServer(t, {}, { rates: { byKey: 0, byAddress: 0 }, behindProxy: ['127.0.0.1'] });
  for (let n = 0; n < 30; n++)
    assert.equal((await ask('/events', KEYS.write, {}, { 'x-forwarded-for': '192.0.2.7' })).status, 200);
});

test('the number of counters is limited, and those in use are kept', async (t) => {
  stopClock(t);
  const app = Fastify({ trustProxy: true });
  app.decorateRequest('refusal', '');
  app.setErrorHandler(handleError);
  const limits = await rateLimits(app, { byKey: 0, byAddress: 1 }, 2);
  app.addHook('onRequest', limits.byAddress);
  app.get('/', async () => '');
  const from = async (remoteAddress: string) => (await app.inject({ url: '/', remoteAddress })).statusCode;
  for (let n = 0; n < 10; n++) await from('192.0.2.1');
  await from('192.0.2.2');
  assert.equal(await from('192.0.2.1'), 429);
  await from('192.0.2.3');
  assert.equal(await from('192.0.2.1'), 429, 'it is in use');
  await from('192.0.2.4');
  await from('192.0.2.5');
  assert.equal(await from('192.0.2.1'), 200, 'there was room for two others only');
});
