// Requests whose work is much larger than their bytes, as anyone with the public Write key can send.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { KEYS, startServer, type TestServer } from '../testing/server.ts';

const GZIP = { 'content-encoding': 'gzip' };
const limit = { timeout: 60_000 };

const addon = (input: string, output: string) => ({ name: 'keen:url_parser', input: { url: input }, output });

/** Asks for `/health` again and again until the requests are answered. @returns how often it was answered meanwhile */
async function healthAnswersDuring({ url }: TestServer, requests: Promise<Response>[]): Promise<number> {
  let done = false;
  void Promise.all(requests).finally(() => (done = true));
  let answers = 0;
  while (!done) {
    assert.equal((await fetch(`${url}/health`)).status, 200);
    if (!done) answers++;
  }
  return answers;
}

test('a batch whose add-ons need too much work gets 413, and none of its events is recorded', limit, async (t) => {
  const { ask, storage } = await startServer(t);
  const url = `https://a.example/?${Array.from({ length: 900 }, (_, n) => `p${n}=1`).join('&')}`;
  const addons = Array.from({ length: 20 }, () => addon('url', 'o'));
  const events = (count: number) =>
    gzipSync(
      JSON.stringify({ things: Array.from({ length: count }, (_, n) => ({ url: `${url}${n}`, keen: { addons } })) }),
    );
  const refused = await ask('/events', KEYS.write, events(2_045), GZIP);
  assert.equal(refused.status, 413);
  assert.match(await refused.text(), /RequestEntityTooLargeError/);
  assert.equal(storage.schema().size, 0);
  assert.equal((await ask('/events', KEYS.write, events(10), GZIP)).status, 200, 'a tracker sends halves');
});

test('other requests are answered while a large batch is enriched', limit, async (t) => {
  const server = await startServer(t);
  const events = Array.from({ length: 4_000 }, (_, n) => ({
    url: `https://a.example/${n}?${Array.from({ length: 20 }, (_, p) => `p${p}=${n}`).join('&')}`,
    keen: { addons: [addon('url', 'a'), addon('a.query_string.p1', 'b'), addon('url', 'c')] },
  }));
  const bulk = server.ask('/events', KEYS.write, { things: events });
  const answers = await healthAnswersDuring(server, [bulk]);
  assert.equal((await bulk).status, 200);
  assert.ok(answers >= 10, `${answers} answers`);
});

test('other requests are answered while large batches are parsed and validated', limit, async (t) => {
  const server = await startServer(t);
  const events = Array.from({ length: 9_000 }, (_, n) => ({
    n,
    page: { url: `https://a.example/${n}` },
    list: [n, n],
  }));
  const bulks = [1, 2, 3].map(() => server.ask('/events', KEYS.write, { things: events }));
  const answers = await healthAnswersDuring(server, bulks);
  for (const bulk of bulks) assert.equal((await bulk).status, 200);
  assert.ok(answers >= 10, `${answers} answers`);
});

test('a few kilobytes that would become millions of values get 413 before they do', limit, async (t) => {
  const server = await startServer(t);
  const bomb = gzipSync(`{"a":[${'{},'.repeat(3_300_000)}{}]}`);
  assert.ok(bomb.length < 20_000);
  const requests = Array.from({ length: 16 }, () => server.ask('/events', KEYS.write, bomb, GZIP));
  await healthAnswersDuring(server, requests);
  for (const request of requests) assert.equal((await request).status, 413);
  const plain = await server.ask('/events', KEYS.write, `{"a":[${'{},'.repeat(3_300_000)}{}]}`);
  assert.equal(plain.status, 413);
  assert.match(await plain.text(), /more than 500000 values/);
});
