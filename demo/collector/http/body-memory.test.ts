import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { KEYS, PROJECT, startServer, type TestServer } from '../testing/server.ts';
import { FREE_BYTES } from './body-memory.ts';
import { TIMEOUTS } from './timeouts.ts';

const limit = { timeout: 30_000 };
const MEMORY = 1_000_000;

/** Announces a body and sends only a part of it. Resolves once the server reads it. */
async function announce(t: TestContext, { url }: TestServer, announced: number, sent: number, address = '192.0.2.1') {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(
    [
      `POST /3.0/projects/${PROJECT}/events HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${KEYS.write}`,
      'Content-Type: application/json',
      `X-Forwarded-For: ${address}`,
      `Content-Length: ${announced}`,
      'Expect: 100-continue',
      '',
      '',
    ].join('\r\n'),
  );
  while (!received.includes('100 Continue')) await once(socket, 'data');
  if (sent) await new Promise((resolve) => socket.write(' '.repeat(sent), resolve));
  return { socket, closed, received: () => received };
}

const pad = (bytes: number) => `{${' '.repeat(bytes - 2)}}`;
const from = (address: string) => ({ 'x-forwarded-for': address });

/** Sends a body again until it gets an answer: what others have sent can still be on its way into memory, or out. */
async function until(send: () => Promise<Response>, status: number): Promise<Response> {
  for (;;) {
    const response = await send();
    if (response.status === status) return response;
  }
}

test('bodies that are only announced take no room', limit, async (t) => {
  const server = await startServer(t, {}, { bodyMemory: MEMORY });
  const clients = [];
  for (let n = 0; n < 32; n++) clients.push(await announce(t, server, 900_000, 1));
  assert.equal((await server.ask('/events', KEYS.write, pad(700_000))).status, 200);
  for (const { socket } of clients) socket.destroy();
});

test('without room a body gets 503, a small one succeeds, and all succeed later', limit, async (t) => {
  const server = await startServer(t, {}, { bodyMemory: MEMORY });
  const first = await announce(t, server, 600_000, 599_000);
  const refused = await until(() => server.ask('/events', KEYS.write, pad(400_000)), 503);
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.match(await refused.text(), /ServiceUnavailableError/);
  assert.equal((await server.ask('/events', KEYS.write, pad(FREE_BYTES))).status, 200);
  assert.equal((await server.ask('/events', KEYS.write, pad(350_000))).status, 503, 'beyond the share of a key');
  assert.equal((await server.ask('/events', KEYS.master, pad(350_000))).status, 200, 'another key has its own');
  const bomb = gzipSync(pad(900_000));
  const gzip = { 'content-encoding': 'gzip' };
  assert.equal((await server.ask('/events', KEYS.write, bomb, gzip)).status, 503, 'it is small only as it comes');

  first.socket.destroy();
  await until(() => server.ask('/events', KEYS.write, pad(700_000)), 200);
  await until(() => server.ask('/events', KEYS.write, gzipSync(pad(700_000)), gzip), 200);
});

test('an address has a share of the room', limit, async (t) => {
  const server = await startServer(t, {}, { bodyMemory: MEMORY, behindProxy: ['127.0.0.1'] });
  const fitting = FREE_BYTES + MEMORY / 8;
  const send = (bytes: number, address: string) => () => server.ask('/events', KEYS.write, pad(bytes), from(address));
  assert.equal((await send(fitting + 1, '192.0.2.1')()).status, 503);
  await until(send(fitting, '192.0.2.1'), 200);
  const { socket } = await announce(t, server, fitting, fitting - 10, '192.0.2.1');
  await until(send(70_000, '192.0.2.1'), 503);
  assert.equal((await send(fitting, '192.0.2.2')()).status, 200);
  assert.equal((await send(FREE_BYTES, '192.0.2.1')()).status, 200);
  socket.destroy();
});

test('a body that comes too slowly gets 408, long before the timeout of the request', limit, async (t) => {
  const server = await startServer(t, {}, { timeouts: { ...TIMEOUTS, bodyMs: 300 } });
  for (const announced of [1_000, 8_000_000]) {
    const { socket, closed, received } = await announce(t, server, announced, 1);
    const drip = setInterval(() => socket.write(' '), 30);
    await closed;
    clearInterval(drip);
    assert.match(received(), /HTTP\/1\.1 408 [^]*RequestTimeoutError/);
  }
});

test('the addresses of one IPv6 network have a share together', limit, async (t) => {
  const server = await startServer(t, {}, { bodyMemory: MEMORY, behindProxy: ['127.0.0.1'] });
  const held = FREE_BYTES + MEMORY / 8;
  for (const network of ['1', '2']) await announce(t, server, held, held - 10, `2001:db8:1:${network}::1`);
  const send = (address: string) => () => server.ask('/events', KEYS.write, pad(held), from(address));
  const refused = await until(send('2001:db8:1:3::1'), 503);
  assert.match(await refused.text(), /ServiceUnavailableError/);
  assert.equal((await send('2001:db8:2:1::1')()).status, 200);
  assert.equal((await send('192.0.2.2')()).status, 200);
});
