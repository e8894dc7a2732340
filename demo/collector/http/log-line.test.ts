import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

/** Waits for the log, whose line follows the answer. Each test has a timeout in case a line never comes. */
async function linesOf(server: { url: string; log: string[] }, count: number) {
  while (server.log.length < count) await new Promise((resolve) => setImmediate(resolve));
  return server.log.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('each request has one line with time, method, path, status and milliseconds', { timeout: 30_000 }, async (t) => {
  const server = await startServer(t);
  await server.ask('/events/things', KEYS.write, { a: 1 });
  await server.ask(`/queries/count?event_collection=things&timeframe=this_7_days&api_key=${KEYS.read}&filters=[]`);
  await fetch(`${server.url}/3.0/nowhere`);
  const lines = await linesOf(server, 3);
  assert.deepEqual(
    lines.map(({ method, path, status }) => `${method} ${path} ${status}`),
    [
      `POST /3.0/projects/${PROJECT}/events/things 201`,
      `GET /3.0/projects/${PROJECT}/queries/count?event_collection=things&timeframe=this_7_days&… 200`,
      'GET /3.0/nowhere 404',
    ],
  );
  for (const line of lines) {
    assert.deepEqual(Object.keys(line), ['time', 'method', 'path', 'status', 'ms']);
    assert.ok(!Number.isNaN(Date.parse(line.time as string)) && (line.ms as number) > 0);
  }
});

test('no key appears in the log or the refusals, wherever the client puts it', { timeout: 30_000 }, async (t) => {
  const server = await startServer(t);
  const { url } = server;
  const keenKey = 'A1B2C3D4'.repeat(24);
  const unlabelled = 'k3y';
  const encoded = (key: string, percent: string) =>
    [...key].map((letter) => `${percent}${letter.charCodeAt(0).toString(16)}`).join('');
  const secrets = [
    KEYS.write,
    KEYS.read,
    KEYS.master,
    keenKey,
    'ab12'.repeat(8),
    'CD34'.repeat(16),
    'read_nobody',
    'keen_master_x',
  ];
  let requests = 0;
  const send = async (path: string, init: RequestInit = {}) => {
    requests++;
    await (await fetch(url + path, init)).text();
  };
  for (const key of secrets) {
    await send(`/3.0/projects/${PROJECT}/events?api_key=${key}`, {
      method: 'POST',
      body: `{"${key}": "${key}"}`,
      headers: { 'content-type': 'application/json' },
    });
    await send(`/3.0/projects/${PROJECT}/events?apikey=${key}&${key}=1&event_collection=${key}&timeframe=x${key}`);
    await send(`/3.0/projects/${key}/events`);
    await send(`/3.0/projects/${PROJECT}/events/${key}`, { headers: { authorization: key } });
    await send(`/3.0/projects/${PROJECT}/events/x-${key}.y`, {
      method: 'POST',
      body: '{"a":1}',
      headers: { authorization: `Bearer ${KEYS.write}`, origin: `https://${key}` },
    });
    await send(`/3.0/projects/${PROJECT}/queries/count?event_collection=%25${key}%25`);
    await send(`/${key}/${encoded(key, '%')}`);
    await send(`/${encoded(key, '%25')}`);
    await send(`/3.0/%zz/${key}`);
    await send(`/dashboard/?token=${key}`);
    await send(`/3.0/projects/${PROJECT}/events`, {
      method: 'POST',
      body: key,
      headers: { authorization: `Bearer ${KEYS.master}`, 'content-type': key.slice(0, 40) },
    });
  }
  await send(`/3.0/projects/${PROJECT}/events/things?api_key=${unlabelled}`);
  await linesOf(server, requests);
  const written = JSON.stringify([server.log, await server.refusals()]).toLowerCase();
  for (const key of [...secrets, unlabelled]) {
    for (const form of [key, encoded(key, '%'), encoded(key, '%25')])
      assert.equal(written.includes(form.toLowerCase()), false, form);
  }
});

test('a request whose client goes away before the answer is logged too', { timeout: 30_000 }, async (t) => {
  const inner = await startServer(t);
  let release!: () => void;
  let arrive!: () => void;
  const held = new Promise<void>((resolve) => (release = resolve));
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const append = () => {
    arrive();
    return held;
  };
  const server = await startServer(t, { storage: { ...inner.storage, append } });
  const leaving = new AbortController();
  const asking = fetch(`${server.url}/3.0/projects/${PROJECT}/events/things`, {
    method: 'POST',
    body: '{"a":1}',
    headers: { authorization: KEYS.write, 'content-type': 'application/json' },
    signal: leaving.signal,
  });
  await arrived;
  leaving.abort();
  await assert.rejects(asking, { name: 'AbortError' });
  const [line] = await linesOf(server, 1);
  assert.equal(line!.status, 499);
  release();
});
