import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';
import { handleOneAtATime, MAX_PIPELINED } from './one-at-a-time.ts';

/** A server that counts the passes of the event loop at each request, and answers with the request's path. */
async function start(t: TestContext) {
  let passes = 0;
  let isOpen = true;
  const count = () => {
    passes++;
    if (isOpen) setImmediate(count);
  };
  setImmediate(count);
  const passesAt: number[] = [];
  const server = createServer((request, response) => {
    passesAt.push(passes);
    response.end(`<${request.url}>`);
  });
  handleOneAtATime(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    isOpen = false;
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, passesAt };
}

function open(t: TestContext, port: number) {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.on('error', () => undefined); // the server can reset the connection
  return { socket, received: () => received };
}

const requests = (count: number) =>
  Array.from({ length: count }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: x\r\n\r\n`).join('');

test('requests that come together are answered in order, each in a pass of its own', async (t) => {
  const { port, passesAt } = await start(t);
  const { socket, received } = open(t, port);
  socket.write(requests(MAX_PIPELINED));
  while (!received().includes(`</${MAX_PIPELINED - 1}>`)) await once(socket, 'data');
  const answers = [...received().matchAll(/<\/(\d+)>/g)].map(([, n]) => Number(n));
  assert.deepEqual(
    answers,
    answers.map((_, n) => n),
  );
  assert.equal(new Set(passesAt).size, MAX_PIPELINED);
  socket.write(requests(1));
  while (received().match(/<\/0>/g)!.length < 2) await once(socket, 'data');
});

test('a connection with too many of them is closed', async (t) => {
  const { port, passesAt } = await start(t);
  const { socket } = open(t, port);
  socket.write(requests(2_000));
  await once(socket, 'close');
  assert.ok(passesAt.length <= MAX_PIPELINED, `${passesAt.length} were handled`);
  const second = open(t, port);
  second.socket.write(requests(1));
  while (!second.received().includes('</0>')) await once(second.socket, 'data');
});

test('the collector answers pipelined requests, bodies included', async (t) => {
  const { url, storage } = await startServer(t);
  const { socket, received } = open(t, Number(new URL(url).port));
  const body = '{"a":1}';
  const post = `POST /3.0/projects/${PROJECT}/events/things HTTP/1.1\r\nHost: x\r\nAuthorization: ${KEYS.write}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  socket.write(post.repeat(20));
  while ((received().match(/HTTP\/1\.1 201/g) ?? []).length < 20) await once(socket, 'data');
  assert.ok(storage.schema().has('things'));
});
