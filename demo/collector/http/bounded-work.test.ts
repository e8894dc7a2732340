// Requests whose work is much larger than their bytes, as anyone with the public Write key can send.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { KEYS, startServer } from '../testing/server.ts';

const GZIP = { 'content-encoding': 'gzip' };
const limit = { timeout: 60_000 };

const addon = (input: string, output: string) => ({ name: 'keen:url_parser', input: { url: input }, output });

test('a batch whose add-ons need too much work gets 413, and none of its events is recorded', limit, async (t) => {
  const { ask, storage } = await startServer(t);
  const url = `https://a.example/?${Array.from({ length: 900 }, (_, n) => `p${n}=1`).join('&')}`;
  const addons = Array.from({ length: 20 }, (_, n) => addon('url', `o${n}`));
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

test('a large batch is handled in turns, between which other requests are handled', limit, async (t) => {
  let passes = 0;
  let counting = true;
  const count = () => {
    passes++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const passesAtLookup: number[] = [];
  const locate = () => {
    for (const end = performance.now() + 1; performance.now() < end; );
    passesAtLookup.push(passes);
    return { city: 'London' };
  };
  const { ask } = await startServer(t, { locate });
  const addons = [{ name: 'keen:ip_to_geo', input: { ip: 'ip' }, output: 'geo' }];
  const things = Array.from({ length: 200 }, (_, n) => ({ ip: `192.0.2.${n}`, keen: { addons } }));
  assert.equal((await ask('/events', KEYS.write, { things })).status, 200);
  counting = false;
  assert.equal(passesAtLookup.length, 200);
  const turns = passesAtLookup.at(-1)! - passesAtLookup[0]!;
  assert.ok(turns >= 20, `${turns} turns`);
});

test('a few kilobytes that would become millions of values get 413 before they do', limit, async (t) => {
  const server = await startServer(t);
  const bomb = gzipSync(`{"a":[${'{},'.repeat(3_300_000)}{}]}`);
  assert.ok(bomb.length < 20_000);
  const requests = Array.from({ length: 16 }, () => server.ask('/events', KEYS.write, bomb, GZIP));
  for (const request of requests) assert.equal((await request).status, 413);
  const plain = await server.ask('/events', KEYS.write, `{"a":[${'{},'.repeat(3_300_000)}{}]}`);
  assert.equal(plain.status, 413);
  assert.match(await plain.text(), /more than 1000000 values/);
});
