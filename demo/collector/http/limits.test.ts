import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createGzip, gzipSync } from 'node:zlib';
import { KEYS, PROJECT, startServer, type TestServer } from '../testing/server.ts';

const HALF_BULK = 5_000_000;

/** A POST over a raw socket, whose body the test writes in chunks. */
function openPost(
  { url }: TestServer,
  path: string,
  headers: string[],
  key: string = KEYS.write,
): { socket: Socket; received(): string } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  // The expected error: the server closes the connection while the test writes.
  socket.on('error', () => undefined);
  socket.write(
    [
      `POST /3.0/projects/${PROJECT}${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${key}`,
      'Content-Type: application/json',
      ...headers,
      '',
      '',
    ].join('\r\n'),
  );
  return { socket, received: () => text };
}

/** Writes until the server closes the connection. @returns the number of bytes written */
async function writeUntilCut(socket: Socket, frame: (chunk: Buffer) => Buffer[]): Promise<number> {
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  let written = 0;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let cut = false;
  void closed.then(() => (cut = true));
  while (!cut) {
    let more = true;
    for (const piece of frame(chunk)) more = socket.write(piece);
    written += chunk.length;
    // Yields to the event loop, so that a server that reads everything would show.
    await (more
      ? new Promise((resolve) => setImmediate(resolve))
      : Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]));
  }
  return written;
}

test('a body with a Content-Length over the limit gets 413 at once, and its connection is closed if it continues', async (t) => {
  const server = await startServer(t);
  const { socket, received } = openPost(server, '/events', ['Content-Length: 1000000000000']);
  await once(socket, 'data');
  assert.match(received(), /^HTTP\/1\.1 413 /);
  assert.match(received(), /connection: close/i);
  assert.match(received(), /RequestEntityTooLargeError/);
  const written = await writeUntilCut(socket, (chunk) => [chunk]);
  assert.ok(written < 100_000_000, `${written} bytes were read`);
});

test('a body of unknown length gets 413 at the limit, and its connection is closed if it continues', async (t) => {
  const server = await startServer(t);
  const { socket, received } = openPost(server, '/events', ['Transfer-Encoding: chunked']);
  const written = await writeUntilCut(socket, (chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  assert.match(received(), /^HTTP\/1\.1 413 /);
  assert.ok(written >= 10_000_000 && written < 100_000_000, `${written} bytes were read`);
});

test('a client that sends a little too much and then reads gets the whole 413', async (t) => {
  const { ask } = await startServer(t);
  for (let i = 0; i < 3; i++) {
    const response = await ask('/events', KEYS.write, `{"things": [${' '.repeat(11_000_000)}]}`);
    assert.equal(response.status, 413);
    assert.match(await response.text(), /RequestEntityTooLargeError/);
  }
});

test('without a key, no body is read', async (t) => {
  const server = await startServer(t);
  const { socket, received } = openPost(server, '/events', ['Content-Length: 1000000000000'], 'nobody');
  const written = await writeUntilCut(socket, (chunk) => [chunk]);
  assert.match(received(), /^HTTP\/1\.1 401 /);
  assert.ok(written < 100_000_000, `${written} bytes were read`);
});

test('a batch of 10 MB is accepted', async (t) => {
  const { ask } = await startServer(t);
  const event = { text: 'x'.repeat(9_000) };
  const events = Array.from({ length: 1_100 }, () => event);
  const body = JSON.stringify({ things: events });
  assert.ok(body.length > 9_900_000 && body.length <= 10_000_000);
  assert.equal((await ask('/events', KEYS.write, body)).status, 200);
  assert.deepEqual(await (await ask('/queries/count?event_collection=things', KEYS.read)).json(), { result: 1_100 });
});

test('a single event over 900 kB gets 413, and one in a batch is refused alone', async (t) => {
  const { ask } = await startServer(t);
  const large = { list: Array.from({ length: 100 }, () => 'x'.repeat(9_500)) };
  assert.equal((await ask('/events/things', KEYS.write, large)).status, 413);
  const response = await ask('/events', KEYS.write, { things: [{ a: 1 }, large, { a: 2 }] });
  const { things } = (await response.json()) as { things: { success: boolean; error?: { name: string } }[] };
  assert.deepEqual(
    things.map(({ success, error }) => error?.name ?? success),
    [true, 'InvalidEventError', true],
  );
});

test('the limits apply to the uncompressed size too', async (t) => {
  const { ask } = await startServer(t);
  const gzip = { 'content-encoding': 'gzip' };
  const list = Array.from({ length: 30 }, () => randomBytes(4_000).toString('hex'));
  const event = JSON.stringify({ list });
  const spaces = (bytes: number) => ' '.repeat(bytes - event.length);
  assert.equal(
    (await ask('/events', KEYS.write, gzipSync(`{"things": [${event}${spaces(9_900_000)}]}`), gzip)).status,
    200,
  );
  assert.equal(
    (await ask('/events', KEYS.write, gzipSync(`{"things": [${event}${spaces(10_000_000)}]}`), gzip)).status,
    413,
  );
  assert.equal(
    (await ask('/events/things', KEYS.write, gzipSync(`{"a": ${' '.repeat(900_000)} 1}`), gzip)).status,
    413,
  );
});

test('a body over a megabyte is at most 100 times as large as its gzip', async (t) => {
  const { ask } = await startServer(t);
  const gzip = { 'content-encoding': 'gzip' };
  const padded = (bytes: number) => gzipSync(`{"things": [{"a": 1}${' '.repeat(bytes - 22)}]}`);
  assert.equal((await ask('/events', KEYS.write, padded(1_000_000), gzip)).status, 200);
  const refused = await ask('/events', KEYS.write, padded(1_000_001), gzip);
  assert.equal(refused.status, 413);
  assert.match(await refused.text(), /at most 100 times as large as its gzip.*RequestEntityTooLargeError/);
  assert.equal((await ask('/events', KEYS.write, padded(1_000).subarray(0, 30), gzip)).status, 400);
});

test('a gzip bomb is not uncompressed', async (t) => {
  const { ask } = await startServer(t);
  // 400 MB in less than half of one.
  const bomb = createGzip({ level: 1 });
  const pieces: Buffer[] = [];
  bomb.on('data', (piece: Buffer) => pieces.push(piece));
  for (let i = 0; i < 400_000_000; i += HALF_BULK) if (!bomb.write(Buffer.alloc(HALF_BULK))) await once(bomb, 'drain');
  bomb.end();
  await once(bomb, 'end');
  const before = process.memoryUsage().rss;
  const response = await ask('/events', KEYS.write, Buffer.concat(pieces), { 'content-encoding': 'gzip' });
  assert.equal(response.status, 413);
  assert.ok(process.memoryUsage().rss - before < 200_000_000);
});

test('a batch of more than 200,000 events or 20,000 collections gets 413, and none of its events is recorded', async (t) => {
  const { ask, storage } = await startServer(t);
  const bulk = (events: number, collections: number) =>
    ask(
      '/events',
      KEYS.write,
      `{"things": [${Array.from({ length: events }, () => '{"a":1}')}]${Array.from({ length: collections - 1 }, (_, n) => `,"c${n}":[]`).join('')}}`,
    );
  for (const [events, collections, message] of [
    [200_000, 1, /at most 200000 events and collections.*RequestEntityTooLargeError/],
    [0, 20_001, /more than 20000 members in one object.*RequestEntityTooLargeError/],
    [0, 200_001, /more than 20000 members in one object.*RequestEntityTooLargeError/],
  ] as const) {
    const response = await bulk(events, collections);
    assert.equal(response.status, 413);
    assert.match(await response.text(), message);
  }
  assert.equal(storage.schema().size, 0);
  assert.equal((await bulk(9_000, 1_000)).status, 200);
});

test("a batch has as many events as fit into its bytes: a full store of Keen's Java client is one body", async (t) => {
  const { ask } = await startServer(t);
  const timestamp = '2024-01-01T00:00:00.000Z';
  const full = (count: number) => Array.from({ length: count }, (_, n) => ({ n, keen: { timestamp } }));
  for (const batch of [{ one: full(10_000), two: full(10_000) }, { tiny: full(100_000) }]) {
    const response = await ask('/events', KEYS.write, batch);
    assert.equal(response.status, 200);
    const results = (await response.json()) as Record<string, { success: boolean }[]>;
    for (const [collection, events] of Object.entries(batch)) {
      assert.equal(results[collection]!.filter(({ success }) => success).length, events.length);
      const counted = await ask('/queries/count_unique', KEYS.read, {
        event_collection: collection,
        target_property: 'n',
      });
      assert.deepEqual(await counted.json(), { result: events.length });
    }
  }
});

test('the largest batch of the smallest things leaves memory and answers within bounds', async (t) => {
  const { ask } = await startServer(t);
  const before = process.memoryUsage().rss;
  for (const event of ['{}', '{"a":1}']) {
    const response = await ask('/events', KEYS.write, `{"things": [${Array(199_999).fill(event)}]}`);
    assert.equal(response.status, 200);
    assert.ok((await response.text()).length < 50_000_000);
  }
  assert.ok(process.memoryUsage().rss - before < 800_000_000, `${process.memoryUsage().rss - before} bytes`);
});

test('an event with more than 1,000 properties is refused alone', async (t) => {
  const { ask } = await startServer(t);
  const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, n]));
  assert.equal((await ask('/events/things', KEYS.write, wide(1_000))).status, 201);
  assert.equal((await ask('/events/things', KEYS.write, wide(1_001))).status, 400);
  const response = await ask('/events', KEYS.write, { things: [{ a: 1 }, wide(1_001)] });
  const { things } = (await response.json()) as {
    things: { success: boolean; error?: { name: string; description: string } }[];
  };
  assert.deepEqual(
    things.map(({ success, error }) => error ?? success),
    [true, { name: 'InvalidEventError', description: 'An event has at most 1000 properties.' }],
  );
});

test('JSON as deep as a body allows gets 4xx on every route, never 500', async (t) => {
  const { ask } = await startServer(t);
  const deep = (bytes: number) => [
    `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`,
    `${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}`,
  ];
  const tries = (bytes: number): [string, string, string][] =>
    deep(bytes).flatMap((json): [string, string, string][] => [
      ['/events/things', KEYS.write, `{"a": ${json}}`],
      ['/events/things', KEYS.write, `{"a": 1, "keen": {"addons": [${json}]}}`],
      ['/events/things', KEYS.write, `{"a": 1, "keen": {"location": ${json}}}`],
      ['/queries/count', KEYS.read, `{"event_collection": "things", "filters": [${json}]}`],
      ['/queries/extraction', KEYS.read, `{"event_collection": "things", "timeframe": ${json}}`],
      ['/queries/funnel', KEYS.read, `{"steps": [${json}]}`],
      ['/queries/multi_analysis', KEYS.read, `{"event_collection": "things", "analyses": {"x": ${json}}}`],
    ]);
  const keys = (bytes: number): [string, string, string][] =>
    deep(bytes).flatMap((json): [string, string, string][] => [
      [
        '/keys',
        KEYS.master,
        `{"name": "x", "permitted": ["writes"], "options": {"writes": {"autofill": {"a": ${json}}}}}`,
      ],
      ['/keys', KEYS.master, `{"name": "x", "permitted": ["queries"], "options": {"queries": {"filters": [${json}]}}}`],
      ['/keys', KEYS.master, `{"name": "x", "permitted": ["datasets"], "options": {"datasets": {"a": ${json}}}}`],
    ]);
  for (const [path, key, body] of [...tries(120_000), ...keys(90_000)]) {
    const { status } = await ask(path, key, body);
    assert.ok(status >= 400 && status < 500, `${status} for ${path} ${body.slice(0, 90)}`);
  }
  const response = await ask('/events', KEYS.write, `{"things": [${deep(120_000)[0]}, {"a": 1}]}`);
  const { things } = (await response.json()) as { things: { success: boolean }[] };
  assert.deepEqual(
    things.map(({ success }) => success),
    [false, true],
  );
});

test('a URL over 16,384 characters gets 414, headers over 32 kB get 431, and pages can read both', async (t) => {
  const { url, log } = await startServer(t);
  const path = `/3.0/projects/${PROJECT}/queries/count?event_collection=things&x=`;
  const get = (length: number, headers: Record<string, string> = {}) =>
    fetch(url + path.padEnd(length, 'x'), { headers: { authorization: KEYS.read, ...headers } });
  assert.notEqual((await get(16_384)).status, 414);
  const table: [Response, number, RegExp][] = [
    [await get(16_385), 414, /URITooLongError/],
    [await get(200, { 'x-large': 'x'.repeat(33_000) }), 431, /RequestHeadersTooLargeError/],
    [await get(40_000), 431, /RequestHeadersTooLargeError/],
  ];
  for (const [response, status, code] of table) {
    assert.equal(response.status, status);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(await response.text(), code);
  }
  assert.ok(
    log.every((line) => line.length < 500),
    'nor does the log repeat it',
  );
});
