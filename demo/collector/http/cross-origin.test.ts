import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

const ALLOWED = ['https://shop.example', 'https://*.stamps.example:8443'];
const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type',
};

test('pages of listed origins are allowed, with their own origin in the answer', async (t) => {
  const { ask, url } = await startServer(t, {}, { allowedOrigins: ALLOWED });
  for (const origin of ['https://shop.example', 'https://a.stamps.example:8443', 'https://a.b.stamps.example:8443']) {
    const preflight = await fetch(`${url}/3.0/projects/${PROJECT}/events`, {
      method: 'OPTIONS',
      headers: { origin, ...PREFLIGHT },
    });
    const answer = await ask('/events', KEYS.write, {}, { origin });
    const refused = await ask('/events', 'nobody', {}, { origin });
    assert.deepEqual([preflight.status, answer.status, refused.status], [204, 200, 401]);
    for (const { headers } of [preflight, answer, refused]) {
      assert.equal(headers.get('access-control-allow-origin'), origin);
      assert.match(headers.get('vary')!, /Origin/i);
    }
  }
});

test('other origins get 403, for the preflight too, without CORS headers, and both refusals are listed', async (t) => {
  const { ask, url, refusals, storage } = await startServer(t, {}, { allowedOrigins: ALLOWED });
  const others = [
    'https://evil.example',
    'http://shop.example',
    'http://a.stamps.example:8443',
    'https://shop.example:8080',
    'https://stamps.example:8443',
    'https://a.stamps.example',
    'https://.stamps.example:8443',
    'https://shop.example.evil.example',
    'null',
  ];
  for (const origin of others) {
    const preflight = await fetch(`${url}/3.0/projects/${PROJECT}/events`, {
      method: 'OPTIONS',
      headers: { origin, ...PREFLIGHT },
    });
    const answer = await ask('/events', KEYS.write, { things: [{ a: 1 }] }, { origin });
    for (const { status, headers } of [preflight, answer]) {
      assert.equal(status, 403, origin);
      assert.deepEqual(
        [...headers.keys()].filter((name) => name.startsWith('access-control')),
        [],
      );
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    }
    assert.equal(((await preflight.json()) as { error_code: string }).error_code, 'OriginNotAllowedError');
    assert.equal(((await answer.json()) as { error_code: string }).error_code, 'OriginNotAllowedError');
  }
  assert.equal(storage.schema().size, 0, 'nothing was recorded');
  const listed = await refusals();
  assert.equal(listed.length, 2 * others.length);
  assert.deepEqual(
    [listed[0]!.method, listed[0]!.status, listed[0]!.origin, listed[0]!.reason.split(':')[0]],
    ['OPTIONS', 403, 'https://evil.example', 'OriginNotAllowedError'],
  );
});

test('requests without an Origin header are allowed: a server, curl, an image', async (t) => {
  const { ask } = await startServer(t, {}, { allowedOrigins: ALLOWED });
  assert.equal((await ask('/events', KEYS.write, {})).status, 200);
});

test('apps and extensions are allowed if their origins are listed', async (t) => {
  const origins = ['capacitor://localhost', 'tauri://localhost', 'chrome-extension://abcdefghij', 'null'];
  const { ask } = await startServer(t, {}, { allowedOrigins: origins });
  for (const origin of origins) {
    const { status, headers } = await ask('/events', KEYS.write, {}, { origin });
    assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, origin]);
  }
  assert.equal((await ask('/events', KEYS.write, {}, { origin: 'capacitor://other' })).status, 403);
});

test('a wildcard stands for names of hosts only', async (t) => {
  const { ask } = await startServer(t, {}, { allowedOrigins: ALLOWED });
  for (const origin of ['https://a/b.stamps.example:8443', 'https://a@b.stamps.example:8443'])
    assert.equal((await ask('/events', KEYS.write, {}, { origin })).status, 403, origin);
});

test('the dashboard gets no CORS headers, however its path is written', async (t) => {
  const { url } = await startServer(t);
  for (const path of ['/dashboard', '/dashboard/data', '/%64ashboard/data', '/dash%62oard/', '/%64ashboard?x=1']) {
    const { headers } = await fetch(url + path, { headers: { origin: 'https://evil.example' } });
    assert.equal(headers.get('access-control-allow-origin'), null, path);
  }
  const { headers } = await fetch(`${url}/dashboards`, { headers: { origin: 'https://a.example' } });
  assert.equal(headers.get('access-control-allow-origin'), '*');
});
