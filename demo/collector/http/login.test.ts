import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { temporaryFolder } from '../testing/folder.ts';
import { logIn } from '../testing/log-in.ts';
import { KEYS, startServer, TOKEN } from '../testing/server.ts';
import { selfMadeCertificate } from '../tls/self-made-certificate.ts';
import { readTls } from '../tls/tls.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const postToken = (url: string, token: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/dashboard/login`, {
    method: 'POST',
    body: new URLSearchParams({ token }),
    headers,
    redirect: 'manual',
  });

test('without a session, only the files of the login page are served', async (t) => {
  const { url } = await startServer(t);
  const port = new URL(url).port;
  const wrong: Record<string, string>[] = [
    {},
    { cookie: `mailslot_dashboard_${port}=nonsense` },
    { cookie: `mailslot_dashboard_${port}=${TOKEN}` },
    { cookie: `mailslot_dashboard_1=${TOKEN}` },
    { authorization: `Bearer ${KEYS.master}` },
  ];
  for (const path of [
    '/dashboard',
    '/dashboard/',
    '/dashboard/data',
    '/dashboard/index.html',
    '/dashboard/dashboard.js',
    '/dashboard/nothing',
    '/dashboard/login',
    '/dashboard/login.css/../dashboard.js',
  ]) {
    for (const headers of wrong) {
      const response = await fetch(url + path, { headers, redirect: 'manual' });
      assert.equal(response.status, 401, path);
      assert.match(await response.text(), /<form method="post" action="\/dashboard\/login">/);
    }
  }
  for (const path of ['/dashboard/login.css', '/dashboard/icon.svg'])
    assert.equal((await fetch(url + path)).status, 200, path);
});

test('the printed URL and the form exchange the token for a cookie that is restricted to this host', async (t) => {
  const { url } = await startServer(t);
  const cookies = [];
  for (const response of [
    await fetch(`${url}/dashboard/?token=${TOKEN}`, { redirect: 'manual' }),
    await postToken(url, TOKEN, { 'sec-fetch-site': 'same-origin' }),
  ]) {
    assert.equal(response.status, 303);
    assert.equal(response.headers.get('location'), '/dashboard/');
    const set = response.headers.get('set-cookie')!;
    assert.match(set, /; Path=\/dashboard; HttpOnly; SameSite=Strict$/);
    assert.ok(!set.includes(TOKEN), 'the browser does not keep the token');
    cookies.push(set.split(';')[0]!);
  }
  assert.notEqual(cookies[0], cookies[1]);
  for (const cookie of cookies) {
    for (const [path, type] of [
      ['/dashboard/', /html/],
      ['/dashboard/dashboard.js', /javascript/],
      ['/dashboard/dashboard.css', /css/],
      ['/dashboard/icon.svg', /svg/],
    ] as const) {
      const file = await fetch(url + path, { headers: { cookie } });
      assert.equal(file.status, 200, path);
      assert.match(file.headers.get('content-type')!, type);
    }
    assert.equal((await fetch(`${url}/dashboard/../collector.js`, { headers: { cookie } })).status, 404);
    assert.equal((await fetch(`${url}/dashboard/..%2fcollector.js`, { headers: { cookie } })).status, 404);
  }
});

test('over HTTPS the cookie is secure, and HSTS is sent only if enabled', async (t) => {
  const tls = readTls(await selfMadeCertificate(temporaryFolder(t), '127.0.0.1'));
  const { request: secureRequest } = await import('node:https');
  for (const hsts of [true, false]) {
    const { url } = await startServer(t, {}, { tls }, { hsts });
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) =>
      secureRequest(`${url}/dashboard/?token=${TOKEN}`, { ca: tls.cert }, (response) => {
        response.resume();
        resolve(response.headers);
      })
        .on('error', reject)
        .end(),
    );
    assert.match(
      String(headers['set-cookie']),
      /^__Secure-mailslot_dashboard_\d+=[\w-]{32}; Path=\/dashboard; HttpOnly; Secure; SameSite=Strict$/,
    );
    assert.equal(headers['strict-transport-security'], hsts ? 'max-age=15552000' : undefined);
  }
});

test('after ten wrong tokens an address is refused for a quarter of an hour, with a right but short token too', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const { url, refusals } = await startServer(t, {}, { behindProxy: ['127.0.0.1'] });
  const cookie = await logIn(url);
  const from = { 'x-forwarded-for': '192.0.2.7' };
  for (let n = 0; n < 5; n++) {
    for (const response of [
      await postToken(url, `guess ${n}`, from),
      await fetch(`${url}/dashboard/?token=guess${n}`, { headers: from }),
    ]) {
      assert.equal(response.status, 401);
      assert.match(await response.text(), /role="alert">That is not the token/);
    }
  }
  t.mock.timers.tick(60_000);
  for (const response of [
    await postToken(url, 'guess', from),
    await postToken(url, TOKEN, from),
    await fetch(`${url}/dashboard/?token=${TOKEN}`, { headers: from, redirect: 'manual' }),
  ]) {
    assert.equal(response.status, 429);
    assert.equal(response.headers.get('retry-after'), String(14 * 60));
    assert.match(await response.text(), /Too many wrong tokens/);
  }
  assert.equal((await postToken(url, TOKEN, { 'x-forwarded-for': '192.0.2.8' })).status, 303);
  assert.equal(
    (await fetch(`${url}/dashboard/`, { headers: { cookie, ...from } })).status,
    200,
    'an open session stays open',
  );
  t.mock.timers.tick(14 * 60_000);
  assert.equal((await postToken(url, TOKEN, from)).status, 303);
  assert.ok(
    (await refusals()).some(
      ({ status, reason }) =>
        status === 429 && reason === 'TooManyRequestsError: Too many wrong tokens for the dashboard.',
    ),
  );
});

test('no token, two tokens and other values are wrong tokens', async (t) => {
  const { url } = await startServer(t);
  const bodies = ['', 'token=', `token=${TOKEN}x`, `token=${TOKEN}&token=x`];
  for (const body of bodies)
    assert.equal(
      (await fetch(`${url}/dashboard/login`, { method: 'POST', body, headers: FORM, redirect: 'manual' })).status,
      401,
      body,
    );
  for (const query of ['token=', `token=${TOKEN}&token=${TOKEN}`])
    assert.equal((await fetch(`${url}/dashboard/?${query}`, { redirect: 'manual' })).status, 401, query);
  assert.equal(
    (await fetch(`${url}/dashboard/login`, { method: 'POST', body: 'x'.repeat(3_000), headers: FORM })).status,
    413,
  );
});

test('a logout ends its session and no other', async (t) => {
  const { url } = await startServer(t);
  const [mine, other] = [await logIn(url), await logIn(url)];
  const response = await fetch(`${url}/dashboard/logout`, {
    method: 'POST',
    headers: { cookie: mine, ...FORM },
    body: '',
    redirect: 'manual',
  });
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/dashboard/']);
  assert.match(response.headers.get('set-cookie')!, /^mailslot_dashboard_\d+=; .*Expires=Thu, 01 Jan 1970/);
  const status = async (cookie: string) => (await fetch(`${url}/dashboard/data`, { headers: { cookie } })).status;
  assert.deepEqual([await status(mine), await status(other)], [401, 200]);
});

test('other sites can neither log anyone in or out nor use up the attempts', async (t) => {
  const { url } = await startServer(t);
  const cookie = await logIn(url);
  const post = (path: string, site: string, token: string) =>
    new Promise<number>((resolve, reject) =>
      request(
        `${url}/dashboard/${path}`,
        { method: 'POST', headers: { cookie, 'sec-fetch-site': site, ...FORM } },
        (response) => {
          response.resume();
          resolve(response.statusCode!);
        },
      )
        .on('error', reject)
        .end(`token=${token}`),
    );
  for (let n = 0; n < 12; n++) assert.equal(await post('login', n % 2 ? 'cross-site' : 'same-site', 'guess'), 403);
  assert.equal(await post('logout', 'cross-site', ''), 403);
  assert.equal((await fetch(`${url}/dashboard/data`, { headers: { cookie } })).status, 200);
  assert.equal(await post('login', 'same-origin', TOKEN), 303);
});

test('a link from another site gets a redirect page, because it brings no cookie', async (t) => {
  const { url } = await startServer(t);
  // `fetch` sets Sec-Fetch-Mode itself, so send the browser's headers with node:http.
  const status = (headers: Record<string, string>) =>
    new Promise<[number, string | undefined]>((resolve, reject) =>
      request(`${url}/dashboard/`, { headers }, (response) => {
        response.resume();
        resolve([response.statusCode!, response.headers.refresh as string | undefined]);
      })
        .on('error', reject)
        .end(),
    );
  assert.deepEqual(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), [
    401,
    '0; url=/dashboard/',
  ]);
  assert.deepEqual(await status({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' }), [401, undefined]);
  assert.deepEqual(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }), [401, undefined]);
  assert.deepEqual(await status({}), [401, undefined]);
});

test('an attempt without a session is listed, but not a visit of the start page or a page left open over a restart', async (t) => {
  const { url, refusals } = await startServer(t);
  await fetch(`${url}/dashboard/data`, {
    headers: { cookie: `mailslot_dashboard_${new URL(url).port}=of-an-earlier-start` },
  });
  await fetch(`${url}/dashboard/`);
  assert.deepEqual(await refusals(), []);
  await fetch(`${url}/dashboard/?token=guess`);
  await fetch(`${url}/dashboard/data`);
  assert.deepEqual(
    (await refusals()).map(({ route, status, key, reason }) => [route, status, key, reason]),
    [
      ['/dashboard', 401, 'none', 'WrongTokenError: The dashboard was tried with a wrong token.'],
      ['/dashboard/data', 401, 'none', 'DashboardClosedError: The dashboard was requested without a login.'],
    ],
  );
});

/** Sends headers that `fetch` sets itself. @returns the status */
const getAs = (address: string, headers: Record<string, string>) =>
  new Promise<number>((resolve, reject) =>
    request(address, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end(),
  );

test('images on other sites do not use up the attempts, and cannot guess a short token', async (t) => {
  const { url } = await startServer(t);
  for (const site of ['cross-site', 'same-site']) {
    const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' };
    for (let n = 0; n < 12; n++) assert.equal(await getAs(`${url}/dashboard/?token=x`, headers), 401);
    assert.equal(await getAs(`${url}/dashboard/?token=${TOKEN}`, headers), 401);
  }
  assert.equal((await postToken(url, TOKEN)).status, 303);
  assert.equal(await getAs(`${url}/dashboard/?token=${TOKEN}`, { 'sec-fetch-site': 'none' }), 303);
});

test('a right token of 32 characters always opens', async (t) => {
  const token = 'a-token-of-32-characters-or-more';
  const { url } = await startServer(t, {}, {}, { token });
  for (let n = 0; n < 12; n++) assert.equal((await postToken(url, `guess ${n}`)).status, n < 10 ? 401 : 429);
  assert.equal((await postToken(url, token)).status, 303);
  assert.equal(await getAs(`${url}/dashboard/?token=${token}`, { 'sec-fetch-site': 'cross-site' }), 303);
  assert.equal((await postToken(url, `${token}x`)).status, 429);
});

test('of many tokens that are tried at once, ten are compared', async (t) => {
  const { url } = await startServer(t);
  const statuses = await Promise.all(
    Array.from({ length: 100 }, async (_, n) => (await postToken(url, `${n}`)).status),
  );
  assert.equal(statuses.filter((status) => status === 401).length, 10);
  assert.equal(statuses.filter((status) => status === 429).length, 90);
});

test('right tokens are no attempts', async (t) => {
  const { url } = await startServer(t);
  for (let n = 0; n < 12; n++) assert.equal((await postToken(url, TOKEN)).status, 303);
});
