import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identify } from '../keys/identify.ts';
import { openKeyring } from '../keys/keyring.ts';
import { logIn } from '../testing/log-in.ts';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

/** Keys of other projects in all usual forms, and keys of this project. */
const PLANTED = [
  KEYS.master,
  `write_${'5e0f'.repeat(12)}`,
  `access_read_${'77ab'.repeat(12)}`,
  'A1B2C3D4'.repeat(24),
  'cd34'.repeat(8),
  'q9W/xT4z+Lm/08Kd/Rv7B==',
  'Zk3+/8aPq0/LmN7x/yT5d/w=',
];
/** Long parts of a key give it away too. */
const traces = (key: string) => [key, encodeURIComponent(key), key.slice(0, 12), key.slice(-12)];

/** Types that take a target property. Others would refuse it before they read the planted parameter. */
const TARGETED_TYPES = ['count', 'sum', 'percentile'];
const QUERY_TYPES = ['count', 'sum', 'extraction', 'funnel', 'multi_analysis', 'percentile'];

/** Each route with a key planted in its path and parameters. */
function requestsWith(key: string): { method: string; path: string; body?: unknown }[] {
  const plain = key;
  const encoded = encodeURIComponent(key);
  const data = Buffer.from(JSON.stringify({ [key]: 'x'.repeat(10_000) })).toString('base64');
  const filter = { property_name: key, operator: key, property_value: key };
  const query = {
    event_collection: 'things',
    target_property: key,
    group_by: [key, 'b'],
    order_by: { property_name: 'zzz', direction: key },
    filters: [filter],
    timeframe: key,
    timezone: key,
    interval: key,
    limit: key,
    latest: key,
    percentile: key,
    analyses: { [key]: { analysis_type: key } },
    steps: [{ event_collection: key, actor_property: key, filters: [filter] }],
    [key]: key,
  };
  const alone = (type: string, name: keyof typeof query) => ({
    event_collection: 'things',
    ...(TARGETED_TYPES.includes(type) && { target_property: 'a' }),
    [name]: query[name],
  });
  const paths = [plain, encoded].flatMap((text) => [
    `/${text}`,
    `/3.0/${text}`,
    `/3.0/projects/${text}/events`,
    `/3.0/projects/${PROJECT}/${text}`,
    `/3.0/projects/${PROJECT}/events/${text}`,
    `/3.0/projects/${PROJECT}/events/things/${text}`,
    `/3.0/projects/${PROJECT}/events/things/properties/${text}`,
    `/3.0/projects/${PROJECT}/queries/${text}`,
    `/3.0/projects/${PROJECT}/keys/${text}`,
    `/3.0/projects/${PROJECT}/keys/${text}/revoke`,
    `/3.0/projects/${PROJECT}/queries/count?event_collection=${text}&timeframe=${text}&latest=${text}`,
    `/3.0/projects/${PROJECT}/queries/count?${text}=${text}&property_names=a,${text}`,
    `/3.0/projects/${PROJECT}/events/things?${text}=${text}`,
    `/3.0/projects/${PROJECT}/events/things?filters=${text}`,
    `/3.0/projects/${PROJECT}/keys?class=${text}`,
    `/3.0/projects/${PROJECT}/completeness?timeframe=${text}`,
    `/3.0/projects/${PROJECT}/completeness?${text}=${text}`,
    `/metrics?${text}=${text}`,
    `/dashboard/${text}?token=${text}`,
    `/dashboard/data?span=${text}`,
    `/dashboard/activity/data?key=${text}&code=${text}&limit=${text}`,
  ]);
  const api = `/3.0/projects/${PROJECT}`;
  return [
    ...paths.flatMap((path) => ['GET', 'DELETE'].map((method) => ({ method, path }))),
    { method: 'GET', path: `${api}/events/things?data=${data}` },
    { method: 'GET', path: `${api}/events/things?data=${data}&redirect=${encoded}` },
    ...[
      { [key]: 'x'.repeat(10_000) },
      { a: { [key]: 2 ** 70 } },
      { [`$${key}`]: 1 },
      key,
      { keen: { [key]: 1 } },
    ].flatMap((event) => [
      { method: 'POST', path: `${api}/events/things`, body: event },
      { method: 'POST', path: `${api}/events`, body: { things: [event] } },
      { method: 'POST', path: `${api}/keys`, body: { name: key, permitted: [key], options: { [key]: event } } },
      {
        method: 'POST',
        path: `${api}/keys`,
        body: { name: 'n', permitted: ['writes'], options: { writes: { autofill: event } } },
      },
    ]),
    { method: 'POST', path: `${api}/keys`, body: { class: key } },
    ...QUERY_TYPES.flatMap((type) => [
      { method: 'POST', path: `${api}/queries/${type}`, body: query },
      ...(Object.keys(query) as (keyof typeof query)[]).map((name) => ({
        method: 'POST',
        path: `${api}/queries/${type}`,
        body: alone(type, name),
      })),
      { method: 'POST', path: `${api}/queries/${type}`, body: { ...alone(type, 'group_by'), order_by: 'zzz' } },
    ]),
  ];
}

test('a key that stands anywhere in a request is in no log line, refusal, answer or dashboard data', {
  timeout: 150_000,
}, async (t) => {
  const inner = await startServer(t);
  // Keys that the operator has chosen, one of them in base64.
  await identify(inner.storage, { projectId: PROJECT, keys: { read: PLANTED[5]! } }, Date.now());
  const server = await startServer(t, { keyring: await openKeyring(inner.storage.keys), storage: inner.storage });
  const cookie = await logIn(server.url);
  const answers: string[] = [];
  let requests = 0;
  for (const key of PLANTED) {
    for (const { method, path, body } of requestsWith(key)) {
      requests++;
      const response = await fetch(server.url + path, {
        method,
        redirect: 'manual',
        headers: {
          authorization: requests % 3 ? KEYS.master : `Bearer ${key}`,
          ...(requests % 5 === 0 && { origin: `https://${key}`, referer: key, 'user-agent': key, cookie: `a=${key}` }),
          ...(requests % 7 === 0 && { 'content-encoding': key, 'x-forwarded-for': key }),
          ...(body !== undefined && { 'content-type': requests % 11 ? 'application/json' : key.slice(0, 20) }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      assert.notEqual(response.status, 500, `${method} ${path}`);
      answers.push(
        `${method} ${path} ${JSON.stringify(body)} -> ${JSON.stringify([...response.headers])} ${await response.text()}`,
      );
    }
  }
  while (server.log.length < requests) await new Promise((resolve) => setImmediate(resolve));
  const dashboards = [];
  for (const path of ['data', 'activity/data?limit=1000'])
    dashboards.push(await (await fetch(`${server.url}/dashboard/${path}`, { headers: { cookie } })).text());
  const places: Record<string, string[]> = {
    log: server.log,
    refusals: (await server.storage.refusals.report(10_000)).newest.map((row) => JSON.stringify(row)),
    dashboards,
    answers: answers.map((answer) => answer.slice(answer.indexOf(' -> '))),
  };
  for (const [place, texts] of Object.entries(places)) {
    const found = texts.flatMap((text, index) =>
      PLANTED.flatMap(traces).some((trace) => text.includes(trace))
        ? [place === 'answers' ? answers[index]! : text]
        : [],
    );
    assert.deepEqual(
      found.slice(0, 5).map((text) => text.slice(0, 600)),
      [],
      `${found.length} in ${place}`,
    );
  }
});
