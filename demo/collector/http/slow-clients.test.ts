import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { temporaryFolder } from '../testing/folder.ts';
import { KEYS, PROJECT, startServer, type TestServer } from '../testing/server.ts';
import { selfMadeCertificate } from '../tls/self-made-certificate.ts';
import { readTls } from '../tls/tls.ts';
import { TIMEOUTS } from './timeouts.ts';

/** The short timeout under test, in milliseconds. All others are the real ones. */
const SHORT = 300;
const limit = { timeout: 30_000 };

/**
 * Opens a connection and collects the received text. `drip` sends a byte again and again until the connection is
 * closed.
 */
function open(t: TestContext, { url }: TestServer) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.on('error', () => undefined); // expected: the server closes the connection in the middle of a write
  const timers: NodeJS.Timeout[] = [];
  t.after(() => socket.destroy());
  socket.once('close', () => timers.forEach(clearInterval));
  return {
    socket,
    closed: once(socket, 'close'),
    received: () => received,
    drip: (text: string) => timers.push(setInterval(() => socket.write(text), SHORT / 20)),
  };
}

const POST = [
  `POST /3.0/projects/${PROJECT}/events HTTP/1.1`,
  'Host: x',
  `Authorization: ${KEYS.write}`,
  'Content-Type: application/json',
];

test('slow headers and a silent connection are closed with 408', limit, async (t) => {
  const server = await startServer(t, {}, { timeouts: { ...TIMEOUTS, headersMs: SHORT } });
  const [dripping, silent] = [open(t, server), open(t, server)];
  dripping.socket.write(`${POST[0]}\r\nX-Drip: `);
  dripping.drip('x');
  await Promise.all([dripping.closed, silent.closed]);
  assert.match(
    dripping.received(),
    /^HTTP\/1\.1 408 Request Timeout\r\n[^]*\{"message":"[^"]+","error_code":"RequestTimeoutError"\}$/,
  );
  assert.match(dripping.received(), /Access-Control-Allow-Origin: \*/);
});

test('a slow body is closed with 408, and logged with it', limit, async (t) => {
  const server = await startServer(t, {}, { timeouts: { ...TIMEOUTS, headersMs: SHORT, requestMs: SHORT } });
  const client = open(t, server);
  client.socket.write([...POST, 'Content-Length: 100000', '', '{"things": ['].join('\r\n'));
  client.drip(' ');
  await client.closed;
  assert.match(client.received(), /^HTTP\/1\.1 408 /);
  while (!server.log.length) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((JSON.parse(server.log[0]!) as { status: number }).status, 408);
});

/** A server with an extraction in chunks of 1 MB, whether its query is still open, and a client that requested it. */
async function startExtraction(t: TestContext, reading: number, chunks: number) {
  const { storage } = await startServer(t);
  let running = 0;
  const chunk = Array.from({ length: 110 }, () => JSON.stringify({ text: 'x'.repeat(9_000) }));
  async function* query() {
    running++;
    try {
      for (let n = 0; n < chunks; n++) yield chunk;
    } finally {
      running--;
    }
  }
  const server = await startServer(
    t,
    { storage: { ...storage, query } as typeof storage },
    { timeouts: { ...TIMEOUTS, readMs: reading } },
  );
  const client = open(t, server);
  client.socket.write(
    `GET /3.0/projects/${PROJECT}/queries/extraction?event_collection=things HTTP/1.1\r\nHost: x\r\nAuthorization: ${KEYS.read}\r\n\r\n`,
  );
  await once(client.socket, 'data');
  return { server, client, running: () => running };
}

test('the connection of a client that stops reading is closed, and its query ends', limit, async (t) => {
  const { server, client, running } = await startExtraction(t, SHORT, Infinity);
  assert.equal(running(), 1);
  client.socket.pause();
  while (!server.log.length) await new Promise((resolve) => setImmediate(resolve));
  while (running()) await new Promise((resolve) => setImmediate(resolve));
});

test('a long answer is sent in small chunks, so that the client’s progress can be measured', limit, async (t) => {
  const { client } = await startExtraction(t, TIMEOUTS.readMs, 1);
  while (!client.received().endsWith('\r\n0\r\n\r\n')) await once(client.socket, 'data');
  const sizes = [...client.received().matchAll(/\r\n([0-9a-f]+)\r\n/g)].map(([, size]) => parseInt(size!, 16));
  assert.ok(sizes.length > 50 && sizes.every((size) => size <= 16_384), sizes.join(' '));
});

test('a connection that never begins TLS is closed', limit, async (t) => {
  const tls = readTls(await selfMadeCertificate(temporaryFolder(t), '127.0.0.1'));
  const server = await startServer(t, {}, { tls, timeouts: { ...TIMEOUTS, headersMs: SHORT } });
  const silent = open(t, server);
  const plain = open(t, server);
  plain.socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  await Promise.all([silent.closed, plain.closed]);
  assert.equal(silent.received(), '');
  assert.doesNotMatch(plain.received(), /HTTP/, 'no HTTP answer on a TLS port');
});

test('with or without TLS, a stop closes idle connections and lets requests finish', limit, async (t) => {
  const files = await selfMadeCertificate(temporaryFolder(t), '127.0.0.1');
  for (const tls of [undefined, readTls(files)]) {
    const server = await startServer(t, {}, { tls, timeouts: { ...TIMEOUTS, headersMs: 120_000, requestMs: 120_000 } });
    const port = Number(new URL(server.url).port);
    const shaking = open(t, server);
    const connectTo = async (): Promise<Socket> => {
      const socket = tls ? connectTls({ port, host: '127.0.0.1', ca: tls.cert }) : connect(port, '127.0.0.1');
      await once(socket, tls ? 'secureConnect' : 'connect');
      return socket;
    };
    const [silent, idle, busy] = [await connectTo(), await connectTo(), await connectTo()];
    idle.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    busy.write([...POST, 'Content-Length: 2', 'Expect: 100-continue', '', ''].join('\r\n'));
    await once(busy, 'data'); // 100 Continue: the request runs
    const idleOnes = [shaking.closed, once(silent, 'close'), once(idle, 'close')];
    const stopped = server.stop();
    await Promise.all(idleOnes);
    let answer = '';
    busy.on('data', (chunk) => (answer += chunk));
    const closed = once(busy, 'close');
    busy.write('{}');
    await closed;
    assert.match(answer, /^HTTP\/1\.1 200 /);
    await stopped;
  }
});
