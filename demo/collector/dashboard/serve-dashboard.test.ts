import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityData, DashboardData } from './page/data.ts';
import { KEYS, PROJECT, startServer, TOKEN } from '../testing/server.ts';

/** The cookie that the token is exchanged for. */
async function enter(url: string): Promise<string> {
  const response = await fetch(`${url}/dashboard/?token=${TOKEN}`, { redirect: 'manual' });
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

test('without its token the dashboard is closed, and so is everything of it', async (t) => {
  const { url } = await startServer(t);
  const port = new URL(url).port;
  const wrong: Record<string, string>[] = [{}, { cookie: `mailslot_dashboard_${port}=nonsense` }, { cookie: `mailslot_dashboard_1=${TOKEN}` }, { authorization: `Bearer ${KEYS.master}` }];
  for (const path of ['/dashboard', '/dashboard/', '/dashboard/data', '/dashboard/index.html', '/dashboard/dashboard.js', '/dashboard/?token=', '/dashboard/?token=x', `/dashboard/?token=${TOKEN}&token=${TOKEN}`]) {
    for (const headers of wrong) {
      const response = await fetch(url + path, { headers, redirect: 'manual' });
      assert.equal(response.status, 401, path);
      assert.match(await response.text(), /address that the collector printed/);
    }
  }
});

test('the token is exchanged for a cookie that stays with this host, and leaves the address', async (t) => {
  const { url } = await startServer(t);
  const response = await fetch(`${url}/dashboard/?token=${TOKEN}`, { redirect: 'manual' });
  assert.equal(response.status, 303);
  assert.equal(response.headers.get('location'), '/dashboard/');
  assert.match(response.headers.get('set-cookie')!, /; Path=\/dashboard; HttpOnly; SameSite=Strict$/);
  const cookie = await enter(url);
  for (const [path, type] of [['/dashboard/', /html/], ['/dashboard/dashboard.js', /javascript/], ['/dashboard/dashboard.css', /css/], ['/dashboard/icon.svg', /svg/]] as const) {
    const file = await fetch(url + path, { headers: { cookie } });
    assert.equal(file.status, 200, path);
    assert.match(file.headers.get('content-type')!, type);
  }
  assert.equal((await fetch(`${url}/dashboard/../collector.js`, { headers: { cookie } })).status, 404);
  assert.equal((await fetch(`${url}/dashboard/..%2fcollector.js`, { headers: { cookie } })).status, 404);
});

test('its pages allow nothing from elsewhere, and no other origin may read them', async (t) => {
  const { url } = await startServer(t);
  const cookie = await enter(url);
  for (const path of ['/dashboard/', '/dashboard/data', '/dashboard/nothing']) {
    const { headers } = await fetch(url + path, { headers: { cookie, origin: 'https://evil.example' } });
    const policy = headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('referrer-policy'), 'no-referrer');
    assert.equal(headers.get('access-control-allow-origin'), null);
  }
  const preflight = await fetch(`${url}/dashboard/data`, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } });
  assert.equal(preflight.headers.get('access-control-allow-origin'), null);
});

test('a link from another site is sent through one page of this site, because it brings no cookie', async (t) => {
  const { url } = await startServer(t);
  const visit = (headers: Record<string, string>) => fetch(`${url}/dashboard/`, { headers });
  // fetch sets Sec-Fetch-Mode itself; what the browser would send needs the headers by hand.
  const { request } = await import('node:http');
  const status = (headers: Record<string, string>) =>
    new Promise<[number, string | undefined]>((resolve, reject) =>
      request(`${url}/dashboard/`, { headers }, (response) => {
        response.resume();
        resolve([response.statusCode!, response.headers.refresh as string | undefined]);
      }).on('error', reject).end(),
    );
  assert.deepEqual(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), [401, '0; url=/dashboard/']);
  assert.deepEqual(await status({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }), [401, undefined]);
  assert.deepEqual(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }), [401, undefined]);
  assert.equal((await visit({})).headers.get('refresh'), null);
});

test('attempts without a token are noted; a page left open over a restart is not', async (t) => {
  const { url, refusals } = await startServer(t);
  await fetch(`${url}/dashboard/data`, { headers: { cookie: `mailslot_dashboard_${new URL(url).port}=of-an-earlier-start` } });
  assert.deepEqual(await refusals(), []);
  await fetch(`${url}/dashboard/?token=guess`);
  assert.deepEqual((await refusals()).map(({ route, status, key }) => [route, status, key]), [['/dashboard', 401, 'none']]);
});

test('its data are counts, arrivals, the last events and refusals, and no key', async (t) => {
  const { url, ask, storage } = await startServer(t);
  const cookie = await enter(url);
  const event = (n: number) => ({ n, keen: { uniqueness_token: `t${n}` } });
  await ask('/events', KEYS.write, { things: [event(1), event(2), event(2)], others: [{ text: 'x'.repeat(9_000), more: Array.from({ length: 3 }, () => 'y'.repeat(9_000)) }] });
  await ask('/events', KEYS.read, {});
  const response = await fetch(`${url}/dashboard/data?span=15m`, { headers: { cookie } });
  const text = await response.text();
  const data = JSON.parse(text) as DashboardData;
  assert.deepEqual(data.collections.map(({ name, events, repeats }) => [name, events, repeats]), [['things', 2, 1], ['others', 1, 0]]);
  assert.equal(data.arrivals.reduce((sum, [, , events]) => sum + events, 0), 3);
  assert.deepEqual(data.events.map(({ collection, cut }) => [collection, cut]).sort(), [['others', true], ['things', false], ['things', false]]);
  assert.equal(data.refusals.total, 1);
  assert.equal(data.refusals.newest[0]!.key, 'read');
  assert.deepEqual(data.pages, [], 'these tokens number nothing');
  for (const key of Object.values(KEYS)) assert.equal(text.includes(key), false);
  assert.equal((await fetch(`${url}/dashboard/data?span=1y`, { headers: { cookie } })).status, 400);
  assert.equal((await storage.refusals.report(1)).counts.reduce((sum, { times }) => sum + times, 0), 2);
});

test('its data say which numbered events are missing', async (t) => {
  const { url, ask } = await startServer(t);
  const cookie = await enter(url);
  const record = (...numbers: number[]) =>
    ask('/events', KEYS.write, { things: numbers.map((n) => ({ n, keen: { uniqueness_token: `0lvz8f3k2-123456-${String(n).padStart(9, '0')}` } })) });
  const pages = async () => ((await (await fetch(`${url}/dashboard/data`, { headers: { cookie } })).json()) as DashboardData).pages.map(({ received, repeats, missing }) => [received, repeats, missing]);
  await record(1, 4);
  await record(4);
  assert.deepEqual(await pages(), [[2, 1, 2]]);
});

test('the refused requests are told by class of key and reason, and hold no key', async (t) => {
  const { url, ask, refusals } = await startServer(t);
  const cookie = await enter(url);
  const read = (query: string, headers: Record<string, string> = { cookie }) => fetch(`${url}/dashboard/activity/data${query}`, { headers });
  for (let n = 0; n < 3; n++) await ask('/events', KEYS.read, {}, { origin: 'https://shop.example' });
  await ask('/keys', KEYS.write);
  await ask(`/events/${KEYS.master}`, 'write_nobody', {});
  await refusals();
  const report = async (query: string) => (await (await read(query)).json()) as ActivityData;

  const all = await report('');
  assert.equal(all.projectId, PROJECT);
  assert.deepEqual(all.newest.map(({ key, status, times, origin }) => [key, status, times, origin]), [['unknown', 401, 1, ''], ['write', 403, 1, ''], ['read', 401, 3, 'https://shop.example']]);
  assert.match(all.newest[1]!.keyId, /^id_[0-9a-f]{16}$/);
  assert.equal(all.newest[0]!.keyId, '');
  assert.deepEqual(all.counts.map(({ key, code, times }) => `${key} ${code} ${times}`), ['read InvalidApiKeyError 3', 'unknown InvalidApiKeyError 1', 'write AdminOnlyEndpointError 1']);
  assert.equal(all.more, false);

  const filtered = await report('?key=read&code=InvalidApiKeyError&limit=1');
  assert.deepEqual([filtered.newest.length, filtered.more], [1, false]);
  assert.deepEqual([(await report('?limit=2')).newest.length, (await report('?limit=2')).more], [2, true]);
  assert.deepEqual((await report('?key=master')).newest, []);
  for (const wrong of ['?key=admin', '?key=toString', '?key=read&key=read', '?code=a%20b', '?code=a&code=b', '?limit=0', '?limit=1001', '?limit=x']) assert.equal((await read(wrong)).status, 400, wrong);

  const page = await fetch(`${url}/dashboard/activity`, { headers: { cookie } });
  assert.match(await page.text(), /Refused requests/);
  assert.match(page.headers.get('content-security-policy')!, /default-src 'self'/);
  for (const path of ['/dashboard/activity', '/dashboard/activity/data', '/dashboard/activity.html']) assert.equal((await fetch(url + path)).status, 401, path);
  for (const key of [...Object.values(KEYS), 'write_nobody']) assert.equal(JSON.stringify(await report('')).includes(key), false);
});
