// No request may hold the only thread for long, however much it asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { longestAllowed, longestStretch } from '../testing/held.ts';
import { KEYS, startServer } from '../testing/server.ts';

const limit = { timeout: 120_000 };
const GZIP = { 'content-encoding': 'gzip' };
const times = <Item>(count: number, make: (n: number) => Item) => Array.from({ length: count }, (_, n) => make(n));
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const token = (round: number) => (n: number) => ({ a: n, keen: { uniqueness_token: `client-${round}-${n}` } });
const pageToken = (round: number) => (n: number) => ({
  a: 1,
  keen: { uniqueness_token: `k3g5v1q-${round}${String(n).padStart(30, '7')}-1` },
});

const ROUNDS = [1, 2, 3];
/** Bodies with new tokens and names in each round. */
const BODIES: [name: string, body: (round: number) => Buffer, headers?: Record<string, string>][] = [
  ['8.4 MB of events', () => json({ a: times(16_000, (n) => ({ n, text: 'x'.repeat(480), list: [1, 2, 3] })) })],
  ['199,990 events without a property', () => gzipSync(`{"a":[${'{},'.repeat(199_989)}{}]}`), GZIP],
  ['4,900 new collections', (round) => json(Object.fromEntries(times(4_900, (n) => [`c${round}-${n}`, [{ n }]])))],
  ['60,000 events with tokens', (round) => json({ a: times(60_000, token(round)) })],
  ['60,000 events of as many pages', (round) => json({ a: times(60_000, pageToken(round)) })],
  ['an event with a megabyte of numbers', () => json({ a: [{ b: times(420_000, () => 1) }] })],
];

for (const [name, bodyOf, headers] of BODIES)
  test(`a batch does not hold the thread: ${name}`, limit, async (t) => {
    const { ask } = await startServer(t);
    await ask('/events', KEYS.write, { a: [{ warm: 'up' }] });
    const allowed = longestAllowed();
    const stretches: number[] = [];
    for (const body of ROUNDS.map(bodyOf)) {
      const send = async () => {
        const response = await ask('/events', KEYS.write, body, headers);
        assert.equal(response.status, 200);
        for await (const _chunk of response.body!);
      };
      stretches.push(await longestStretch(send));
    }
    // The compiler works during the first one, and a garbage collection can fall into any.
    const held = Math.min(...stretches);
    assert.ok(held < allowed, `the thread was held for ${held} ms, and ${allowed} are allowed`);
  });

const QUERIES: [name: string, path: string][] = [
  [
    '10,000 slices in a zone',
    'count?event_collection=a&timeframe=this_9999_days&interval=daily&timezone=Europe/London',
  ],
  ['40,000 groups', 'count?event_collection=a&group_by=keen.id'],
  ['40,000 values', 'select_unique?event_collection=a&target_property=keen.id'],
  ['40,000 events', 'extraction?event_collection=a'],
  ['a property of 40,000 events', 'extraction?event_collection=a&property_names=text'],
];

test('queries do not hold the thread', limit, async (t) => {
  const { ask } = await startServer(t);
  const events = times(20_000, (n) => ({ n, text: 'x'.repeat(300), list: [1, 2, 3] }));
  for (let n = 0; n < 2; n++) assert.equal((await ask('/events', KEYS.write, { a: events })).status, 200);
  const allowed = longestAllowed();
  for (const [name, path] of QUERIES) {
    const look = () =>
      longestStretch(async () => {
        const response = await ask(`/queries/${path}`, KEYS.read);
        assert.equal(response.status, 200, name);
        for await (const _chunk of response.body!);
      });
    // The compiler works during the first one.
    const held = Math.min(await look(), await look());
    assert.ok(held < allowed, `${name}: the thread was held for ${held} ms, and ${allowed} are allowed`);
  }
});
