import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityData, DashboardData } from '../dashboard/page/data.ts';
import { logIn } from '../testing/log-in.ts';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

test('the dashboard’s pages load nothing from other origins, and no other origin can read them', async (t) => {
  const { url } = await startServer(t);
  const cookie = await logIn(url);
  for (const path of ['/dashboard/', '/dashboard/data', '/dashboard/nothing', '/dashboard/?token=wrong']) {
    const { headers } = await fetch(url + path, { headers: { cookie, origin: 'https://evil.example' } });
    const policy = headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /require-trusted-types-for 'script'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('x-frame-options'), 'DENY');
    for (const of of ['opener', 'resource']) assert.equal(headers.get(`cross-origin-${of}-policy`), 'same-origin');
    assert.equal(headers.get('strict-transport-security'), null, 'this is plain HTTP');
    assert.equal(headers.get('access-control-allow-origin'), null);
  }
  const preflight = await fetch(`${url}/dashboard/data`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' },
  });
  assert.equal(preflight.headers.get('access-control-allow-origin'), null);
});

test('the dashboard’s data are counts, arrivals, the latest events and refusals, without a key', async (t) => {
  const { url, ask, storage } = await startServer(t);
  const cookie = await logIn(url);
  const event = (n: number) => ({ n, keen: { uniqueness_token: `t${n}` } });
  await ask('/events', KEYS.write, {
    things: [event(1), event(2), event(2)],
    others: [{ text: 'x'.repeat(9_000), more: Array.from({ length: 3 }, () => 'y'.repeat(9_000)) }],
  });
  await ask('/events', KEYS.read, {});
  const response = await fetch(`${url}/dashboard/data?span=15m`, { headers: { cookie } });
  const text = await response.text();
  const data = JSON.parse(text) as DashboardData;
  assert.deepEqual(
    data.collections.map(({ name, events, repeats }) => [name, events, repeats]),
    [
      ['things', 2, 1],
      ['others', 1, 0],
    ],
  );
  assert.equal(
    data.arrivals.reduce((sum, { events }) => sum + events, 0),
    3,
  );
  assert.deepEqual(data.events.map(({ collection, cut }) => [collection, cut]).sort(), [
    ['others', true],
    ['things', false],
    ['things', false],
  ]);
  assert.equal(data.refusals.total, 1);
  assert.equal(data.refusals.newest[0]!.key, 'read');
  assert.deepEqual(data.pages, [], 'these tokens number nothing');
  for (const key of Object.values(KEYS)) assert.equal(text.includes(key), false);
  assert.equal((await fetch(`${url}/dashboard/data?span=1y`, { headers: { cookie } })).status, 400);
  for (const misspelt of ['data?spann=15m', 'activity/data?class=write']) {
    const refused = await fetch(`${url}/dashboard/${misspelt}`, { headers: { cookie } });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /"(spann|class)\\" is no parameter of this route/);
  }
  assert.equal(
    (await storage.refusals.report(1)).counts.reduce((sum, { times }) => sum + times, 0),
    4,
  );
});

test('the dashboard’s data count the missing events', async (t) => {
  const { url, ask } = await startServer(t);
  const cookie = await logIn(url);
  const record = (...numbers: number[]) =>
    ask('/events', KEYS.write, {
      things: numbers.map((n) => ({ n, keen: { uniqueness_token: `0lvz8f3k2-123456-${String(n).padStart(9, '0')}` } })),
    });
  const pages = async () =>
    ((await (await fetch(`${url}/dashboard/data`, { headers: { cookie } })).json()) as DashboardData).pages.map(
      ({ received, repeats, missing }) => [received, repeats, missing],
    );
  await record(1, 4);
  await record(4);
  assert.deepEqual(await pages(), [[2, 1, 2]]);
});

test('refused requests can be filtered by class of key and reason, and hold no key', async (t) => {
  const { url, ask, refusals } = await startServer(t);
  const cookie = await logIn(url);
  const read = (query: string, headers: Record<string, string> = { cookie }) =>
    fetch(`${url}/dashboard/activity/data${query}`, { headers });
  for (let n = 0; n < 3; n++) await ask('/events', KEYS.read, {}, { origin: 'https://shop.example' });
  await ask('/keys', KEYS.write);
  await ask(`/events/${KEYS.master}`, 'write_nobody', {});
  await refusals();
  const report = async (query: string) => (await (await read(query)).json()) as ActivityData;

  const all = await report('');
  assert.equal(all.projectId, PROJECT);
  assert.deepEqual(
    all.newest.map(({ key, status, times, origin }) => [key, status, times, origin]),
    [
      ['unknown', 401, 1, ''],
      ['write', 403, 1, ''],
      ['read', 401, 3, 'https://shop.example'],
    ],
  );
  assert.match(all.newest[1]!.keyId, /^id_[0-9a-f]{16}$/);
  assert.equal(all.newest[0]!.keyId, '');
  assert.deepEqual(
    all.counts.map(({ key, code, times }) => `${key} ${code} ${times}`),
    ['read InvalidApiKeyError 3', 'unknown InvalidApiKeyError 1', 'write AdminOnlyEndpointError 1'],
  );
  assert.equal(all.more, false);

  const filtered = await report('?key=read&code=InvalidApiKeyError&limit=1');
  assert.deepEqual([filtered.newest.length, filtered.more], [1, false]);
  assert.deepEqual([(await report('?limit=2')).newest.length, (await report('?limit=2')).more], [2, true]);
  assert.deepEqual((await report('?key=master')).newest, []);
  for (const wrong of [
    '?key=admin',
    '?key=toString',
    '?key=read&key=read',
    '?code=a%20b',
    '?code=a&code=b',
    '?limit=0',
    '?limit=1001',
    '?limit=x',
  ])
    assert.equal((await read(wrong)).status, 400, wrong);

  const page = await fetch(`${url}/dashboard/activity`, { headers: { cookie } });
  assert.match(await page.text(), /Refused requests/);
  assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/);
  for (const path of ['/dashboard/activity', '/dashboard/activity/data', '/dashboard/activity.html'])
    assert.equal((await fetch(url + path)).status, 401, path);
  for (const key of [...Object.values(KEYS), 'write_nobody'])
    assert.equal(JSON.stringify(await report('')).includes(key), false);
});

test('each event of the dashboard’s data has an id of its own, also if long ones begin alike', async (t) => {
  const { url, ask } = await startServer(t);
  const cookie = await logIn(url);
  const texts = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, 'x'.repeat(9_000)]));
  for (let n = 0; n < 5; n++) assert.equal((await ask('/events/things', KEYS.write, { ...texts, n })).status, 201);
  const { events } = (await (await fetch(`${url}/dashboard/data`, { headers: { cookie } })).json()) as DashboardData;
  assert.deepEqual([events.length, new Set(events.map(({ id }) => id)).size], [5, 5]);
  assert.ok(events.every(({ cut }) => cut));
});

test('a hundred thousand collections leave the dashboard fast, small and open to honest ones', {
  timeout: 120_000,
}, async (t) => {
  const { url, ask, storage } = await startServer(t);
  const cookie = await logIn(url);
  const NAMES = 100_000;
  for (let n = 0; n < NAMES; n += 4_000) {
    const flood = Array.from({ length: 4_000 }, (_, index) => [`${n + index}`.padStart(64, 'flood '), [{ n }]]);
    assert.equal((await ask('/events', KEYS.write, Object.fromEntries(flood))).status, 200);
  }
  const long = Array.from({ length: 20 }, () => ({ list: Array.from({ length: 50 }, () => '"ü'.repeat(4_000)) }));
  assert.equal((await ask('/events', KEYS.write, { honest: long.slice(0, 10) })).status, 200);
  assert.equal((await ask('/events', KEYS.write, { honest: long.slice(10) })).status, 200);
  const startedAt = performance.now();
  const response = await fetch(`${url}/dashboard/data?span=30d`, { headers: { cookie } });
  const text = await response.text();
  const elapsed = performance.now() - startedAt;
  assert.ok(Buffer.byteLength(text) < 200_000, `${text.length} characters`);
  assert.ok(elapsed < 1_000, `${elapsed} ms`);
  const { collections, others, arrivals } = JSON.parse(text) as DashboardData;
  assert.deepEqual([collections.length, collections[0]!.name, collections[0]!.events], [20, 'honest', 20]);
  assert.deepEqual(others, { collections: NAMES + 1 - 20, events: NAMES - 19, repeats: 0 });
  const sum = arrivals.reduce((total, { events }) => total + events, 0);
  assert.equal(sum, NAMES + 20);
  assert.ok(storage.schema().has('honest'));
  assert.ok(storage.schema().size <= 5_000);
});
