import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { KEYS, startServer } from '../testing/server.ts';
import { createByteRates } from './byte-rates.ts';

const MB = 1_000_000;
const pad = (bytes: number) => `{${' '.repeat(bytes - 2)}}`;
const from = (address: string) => ({ 'x-forwarded-for': address });

test('a key over its bytes gets 429 with Retry-After before its body is read, and other keys do not', async (t) => {
  const { ask, refusals } = await startServer(t, {}, { byteRates: { byKey: 1, byAddress: 0 } });
  assert.equal((await ask('/events', KEYS.write, pad(10 * MB))).status, 200);
  assert.equal((await ask('/events', KEYS.write, pad(9 * MB))).status, 200, 'some of the first have leaked by now');
  const refused = await ask('/events/things', KEYS.write, { a: 1 }, { origin: 'https://shop.example' });
  assert.equal(refused.status, 429);
  const wait = Number(refused.headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 9, `${wait} s`);
  assert.equal(refused.headers.get('access-control-allow-origin'), '*');
  assert.deepEqual(await refused.json(), {
    message: 'More than 1 megabytes a second from this key.',
    error_code: 'TooManyRequestsError',
  });
  assert.equal((await ask('/events/things', KEYS.write, { a: 1 })).status, 429);
  assert.equal((await ask('/events/things', KEYS.master, { a: 1 })).status, 201);
  assert.equal((await ask('/queries/count?event_collection=things', KEYS.read)).status, 200);
  assert.equal((await ask('/events/things?data=e30', KEYS.write)).status, 400, 'a request without a body is no matter');
  const listed = (await refusals()).filter(({ status }) => status === 429);
  assert.equal(listed.length, 1, 'one line says it');
});

test('what gzip holds counts too, and small bodies as large ones do', async (t) => {
  const { ask } = await startServer(t, {}, { byteRates: { byKey: 1, byAddress: 0 } });
  const zipped = gzipSync(pad(MB));
  assert.ok(zipped.length < 2_000);
  let sent = 0;
  while ((await ask('/events', KEYS.write, zipped, { 'content-encoding': 'gzip' })).status === 200) sent++;
  // A slow machine sends more of them, because some have leaked meanwhile.
  assert.ok(sent >= 10 && sent < 100, `${sent} bodies`);

  const small = pad(50_000);
  let bodies = 0;
  while ((await ask('/events', KEYS.master, small)).status === 200) bodies++;
  assert.ok(bodies >= 200 && bodies < 2_000, `${bodies} bodies`);
});

test('an address, an IPv6 /64 and a /48 have a limit each; loopback has none', async (t) => {
  const { ask } = await startServer(
    t,
    {},
    { byteRates: { byKey: 0, byAddress: 1 }, behindProxy: ['127.0.0.1'], bodyMemory: 1_000 * MB },
  );
  const send = async (address: string, bytes = 10 * MB) =>
    (await ask('/events', KEYS.write, pad(bytes), from(address))).status;
  assert.equal(await send('192.0.2.1'), 200);
  assert.equal(await send('192.0.2.1'), 200, 'the first has leaked a little');
  assert.equal(await send('192.0.2.1', 10), 429);
  assert.equal(await send('::ffff:192.0.2.1', 10), 429);
  assert.equal(await send('192.0.2.2', 10), 200);
  assert.equal(await send('2001:db8:1:1::1'), 200);
  assert.equal(await send('2001:db8:1:1::2'), 200);
  assert.equal(await send('2001:db8:1:1::3', 10), 429, 'the same household');
  assert.equal(await send('2001:db8:1:2::1', 10), 200);
  for (let n = 0; n < 4; n++) assert.equal(await send('127.0.0.1'), 200);
});

/** Rates on a clock that stands still, unless the test moves it. */
function stopped(byKey: number, byAddress: number, counters?: number) {
  let time = 0;
  const rates = createByteRates({ byKey, byAddress }, () => time, counters);
  const request = (ip: string, id = 'k') => ({ ip, access: { id } }) as unknown as FastifyRequest;
  return {
    send(bytes: number, ip: string, id?: string) {
      rates.admit(request(ip, id));
      rates.count(request(ip, id), bytes);
    },
    wait: (ms: number) => (time += ms),
  };
}
const tooMany = (retryAfter: number) => (error: Error & { options: { retryAfter: number } }) => {
  assert.equal(error.name, 'HttpError');
  assert.equal(error.options.retryAfter, retryAfter);
  return true;
};

test('after the announced time the subject may send again', () => {
  const { send, wait } = stopped(1, 0);
  send(9 * MB, '192.0.2.1');
  send(4 * MB, '192.0.2.1');
  assert.throws(() => send(1, '192.0.2.1'), tooMany(3));
  wait(2_900);
  assert.throws(() => send(1, '192.0.2.1'), tooMany(1));
  wait(101);
  send(1, '192.0.2.1');
});

test('the networks of one /48 have sixteen shares together', () => {
  const { send } = stopped(0, 1);
  for (let n = 0; n < 16; n++) send(10 * MB, `2001:db8:1:${n.toString(16)}::1`);
  assert.throws(() => send(1, '2001:db8:1:ffff::1'), /More than 16 megabytes a second from this network/);
  send(1, '2001:db8:2::1');
});

test('the number of counters is limited, and those in use are kept', () => {
  const { send } = stopped(0, 1, 2);
  send(5 * MB, '192.0.2.1');
  send(MB, '192.0.2.2');
  send(5 * MB, '192.0.2.1');
  send(MB, '192.0.2.3');
  assert.throws(() => send(1, '192.0.2.1'), tooMany(1));
  send(1, '192.0.2.4');
  send(1, '192.0.2.5');
  send(1, '192.0.2.1');
});
