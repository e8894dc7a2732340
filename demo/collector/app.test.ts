import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { KEYS, PROJECT, startServer } from './testing/server.ts';

const errorOf = async (response: Response) => ((await response.json()) as { error_code: string }).error_code;
const COUNT = '/queries/count?event_collection=things';
const EXTRACTION = '/queries/extraction?event_collection=things';

test('each class of key has its own permissions and no others', async (t) => {
  const { ask } = await startServer(t);
  const event = { a: 1 };
  const query = { event_collection: 'things' };
  const routes: [path: string, body: unknown, taken: number, allowed: string[]][] = [
    ['/events/things', event, 201, ['write', 'master']],
    ['/events', { things: [event] }, 200, ['write', 'master']],
    ['/events', undefined, 200, ['read', 'master']],
    ['/events/things', undefined, 200, ['read', 'master']],
    [COUNT, undefined, 200, ['read', 'master']],
    ['/queries/count', query, 200, ['read', 'master']],
    [EXTRACTION, undefined, 200, ['read', 'master']],
    ['/queries/extraction', query, 200, ['read', 'master']],
  ];
  const keys = { ...KEYS, unknown: 'write_nobody', none: undefined };
  for (const [path, body, taken, allowed] of routes) {
    for (const [name, key] of Object.entries(keys)) {
      const response = await ask(path, key, body);
      const expected = allowed.includes(name) ? taken : 401;
      assert.equal(response.status, expected, `${name} on ${body ? 'POST' : 'GET'} ${path}`);
      if (expected === 401) assert.equal(await errorOf(response), 'InvalidApiKeyError');
    }
  }
});

test('a key is accepted as a Bearer token, bare, and as api_key, in this order', async (t) => {
  const { url } = await startServer(t);
  const status = async (authorization: string | undefined, parameter = '') =>
    (
      await fetch(`${url}/3.0/projects/${PROJECT}${COUNT}${parameter}`, {
        headers: authorization === undefined ? {} : { authorization },
      })
    ).status;
  for (const form of [`Bearer ${KEYS.read}`, `bearer   ${KEYS.read}`, KEYS.read])
    assert.equal(await status(form), 200, form);
  assert.equal(await status(undefined, `&api_key=${KEYS.read}`), 200);
  assert.equal(await status(`Bearer ${KEYS.write}`, `&api_key=${KEYS.read}`), 401, 'the header wins');
  for (const form of [
    `Basic ${KEYS.read}`,
    'Bearer',
    `Bearer ${KEYS.read} ${KEYS.read}`,
    KEYS.read.toUpperCase(),
    `x${KEYS.read}`,
  ])
    assert.equal(await status(form), 401, form);
  assert.equal(await status(undefined, `&api_key=${KEYS.read}&api_key=${KEYS.read}`), 401);
});

test('a wrong project gets 404, which tells nothing about the key', async (t) => {
  const { url } = await startServer(t);
  const answers = await Promise.all(
    [KEYS.write, KEYS.master, 'unknown', undefined].map(async (key) => {
      const response = await fetch(`${url}/3.0/projects/other/events`, {
        method: 'POST',
        body: '{}',
        headers: key ? { authorization: `Bearer ${key}` } : {},
      });
      return `${response.status} ${await response.text()}`;
    }),
  );
  assert.equal(new Set(answers).size, 1);
  assert.match(answers[0]!, /^404 .*ResourceNotFoundError/);
});

test('a batch has a result for each event, in order, and one invalid event does not affect the others', async (t) => {
  const { ask } = await startServer(t);
  const body = `{
    "things": [{"n": 1}, {"$n": 2}, {"n": 3, "keen": {"timestamp": "then"}}, {"n": 4}, 5],
    "others": [], "_bad": [{"n": 6}], "__proto__": [{"n": 7}]
  }`;
  const response = await ask('/events', KEYS.write, body);
  assert.equal(response.status, 200);
  const text = await response.text();
  const results = JSON.parse(text) as Record<
    string,
    { success: boolean; error?: { name: string; description: string } }[]
  >;
  assert.deepEqual(Object.keys(results), ['things', 'others', '_bad', '__proto__']);
  assert.deepEqual(
    results.things!.map((result) => result.error?.name ?? result.success),
    [true, 'InvalidPropertyNameError', 'InvalidPropertyValueError', true, 'InvalidEventError'],
  );
  assert.deepEqual(results.others, []);
  assert.equal(results._bad![0]!.error!.name, 'InvalidCollectionNameError');
  assert.match(text, /"__proto__":\[\{"success":false/);
  const { result } = (await (await ask(EXTRACTION, KEYS.read)).json()) as { result: { n: number }[] };
  assert.deepEqual(
    result.map(({ n }) => n),
    [1, 4],
  );
});

test('an invalid batch is refused as a whole', async (t) => {
  const { ask, storage } = await startServer(t);
  for (const body of ['[]', '1', 'null', '"x"', '{"things": {}}', '{"things": [{"a": 1}], "others": 1}']) {
    const response = await ask('/events', KEYS.write, body);
    assert.equal(`${response.status} ${await errorOf(response)}`, '400 InvalidBatchError', body);
  }
  assert.deepEqual((await storage.overview.collections(20)).largest, []);
  assert.deepEqual(await (await ask('/events', KEYS.write, '{}')).json(), {});
});

test('a single invalid event gets 400 with the name of the rule', async (t) => {
  const { ask } = await startServer(t);
  const table: [string, string, string][] = [
    ['/events/things', '{"$a": 1}', 'InvalidPropertyNameError'],
    ['/events/things', '[{"a": 1}]', 'InvalidEventError'],
    ['/events/things', '{}', 'InvalidEventError'],
    ['/events/_things', '{"a": 1}', 'InvalidCollectionNameError'],
    [`/events/${'x'.repeat(65)}`, '{"a": 1}', 'InvalidCollectionNameError'],
    ['/events/%5F_proto__', '{"a": 1}', 'InvalidCollectionNameError'],
    ['/events/things', '{"a": 1', 'InvalidJSONError'],
    ['/events/things', '', 'InvalidJSONError'],
    ['/events', 'nothing', 'InvalidJSONError'],
  ];
  for (const [path, body, code] of table) {
    const response = await ask(path, KEYS.write, body);
    assert.equal(`${response.status} ${await errorOf(response)}`, `400 ${code}`, `${path} ${body}`);
  }
});

test('a repeated event is answered like its original, and counted as a repeat', async (t) => {
  const { ask, storage } = await startServer(t);
  const event = { a: 1, keen: { uniqueness_token: 't' } };
  for (let i = 0; i < 2; i++) {
    const response = await ask('/events/things', KEYS.write, event);
    assert.equal(response.status, 201);
    assert.deepEqual(await response.json(), { created: true });
  }
  assert.deepEqual(await (await ask('/events', KEYS.write, { things: [event, event] })).json(), {
    things: [{ success: true }, { success: true }],
  });
  const [things] = (await storage.overview.collections(20)).largest;
  assert.deepEqual([things!.events, things!.repeats], [1, 3]);
});

test('bodies are JSON, as application/json or text/plain, with or without gzip', async (t) => {
  const { ask } = await startServer(t);
  const status = async (body: unknown, headers: Record<string, string>) =>
    (await ask('/events/things', KEYS.write, body, headers)).status;
  const json = '{"a": "ü"}';
  assert.equal(await status(json, { 'content-type': 'text/plain;charset=UTF-8' }), 201);
  assert.equal(await status(json, { 'content-type': 'application/json; charset=utf-8' }), 201);
  assert.equal(await status(gzipSync(json), { 'content-encoding': 'gzip' }), 201);
  assert.equal(await status(json, { 'content-encoding': 'identity' }), 201);
  assert.equal(await status(json, { 'content-type': 'application/x-www-form-urlencoded' }), 415);
  assert.equal(await status(json, { 'content-encoding': 'br' }), 415);
  assert.equal(await status(json, { 'content-encoding': 'gzip' }), 400);
  assert.equal(await status(gzipSync(json).subarray(0, 20), { 'content-encoding': 'gzip' }), 400);
  assert.equal(await status(Buffer.from([0x22, 0xff, 0x22]), {}), 400, 'not UTF-8');
  assert.deepEqual(await (await ask(COUNT, KEYS.read)).json(), { result: 4 });
});

test('queries read parameters from the URL and from a body', async (t) => {
  const { ask } = await startServer(t, { now: () => Date.parse('2024-05-15T12:00:00Z') });
  const event = (n: number, timestamp: string) => ({ n, deep: { x: n * 2 }, keen: { timestamp } });
  await ask('/events', KEYS.write, {
    things: [event(1, '2024-05-13T23:00:00Z'), event(2, '2024-05-15T01:00:00Z'), event(3, '2024-05-14T01:00:00Z')],
  });
  const filters = [{ property_name: 'n', operator: 'gt', property_value: 1 }];
  const get = async (type: string, parameters: Record<string, string>) =>
    (
      (await (
        await ask(`/queries/${type}?${new URLSearchParams({ event_collection: 'things', ...parameters })}`, KEYS.read)
      ).json()) as { result: unknown }
    ).result;
  const post = async (type: string, parameters: object) =>
    (
      (await (await ask(`/queries/${type}`, KEYS.read, { event_collection: 'things', ...parameters })).json()) as {
        result: unknown;
      }
    ).result;

  assert.equal(await get('count', {}), 3);
  assert.equal(await get('count', { timeframe: 'this_2_days', filters: JSON.stringify(filters) }), 2);
  assert.equal(await get('count', { timeframe: 'this_2_days', timezone: 'Europe/Berlin' }), 3);
  assert.equal(await get('count', { timeframe: JSON.stringify({ start: '2024-05-14', end: '2024-05-15' }) }), 1);
  assert.equal(await post('count', { timeframe: 'this_2_days', filters }), 2);
  assert.equal(await post('count', { event_collection: 'nowhere' }), 0);
  assert.deepEqual(await post('extraction', { latest: 2, property_names: ['n', 'deep.x'] }), [
    { n: 2, deep: { x: 4 } },
    { n: 3, deep: { x: 6 } },
  ]);
  assert.deepEqual(await get('extraction', { latest: '1', property_names: 'n' }), [{ n: 2 }]);
  assert.deepEqual(await get('extraction', { property_names: '["n"]', filters: JSON.stringify(filters) }), [
    { n: 2 },
    { n: 3 },
  ]);
  assert.deepEqual(await get('extraction', { event_collection: 'nowhere' }), []);
});

test('an invalid parameter gets 400 with its name', async (t) => {
  const { ask } = await startServer(t);
  await ask('/events/things', KEYS.write, { a: 'x' });
  const table: [string, RegExp][] = [
    ['', /event_collection/],
    ['event_collection=_x', /event_collection/],
    ['event_collection=things&timeframe=soon', /timeframe/],
    ['event_collection=things&timeframe=today&timezone=Moon', /timezone/],
    ['event_collection=things&filters=%5B', /filters/],
    ['event_collection=things&latest=0', /latest/],
    ['event_collection=things&latest=x', /latest/],
    ['event_collection=things&property_names=a..b', /property_names/],
    [
      `event_collection=things&filters=${encodeURIComponent('[{"property_name":"a","operator":"regex","property_value":"("}]')}`,
      /regular expression/,
    ],
  ];
  for (const [parameters, message] of table) {
    const response = await ask(`/queries/extraction?${parameters}`, KEYS.read);
    const body = (await response.json()) as { message: string; error_code: string };
    assert.equal(response.status, 400, parameters);
    assert.equal(body.error_code, 'InvalidParameterError');
    assert.match(body.message, message);
  }
  for (const body of ['[]', '7', 'null'])
    assert.equal((await ask('/queries/count', KEYS.read, body)).status, 400, body);
});

test('the schema lists each property with its type', async (t) => {
  const { ask } = await startServer(t);
  await ask('/events/my%20things', KEYS.write, { a: 1, b: { c: 'x' } });
  const properties = {
    a: 'num',
    'b.c': 'string',
    'keen.timestamp': 'datetime',
    'keen.created_at': 'datetime',
    'keen.id': 'string',
  };
  assert.deepEqual(await (await ask('/events', KEYS.read)).json(), [
    { name: 'my things', properties, url: `/3.0/projects/${PROJECT}/events/my%20things` },
  ]);
  const url = `/3.0/projects/${PROJECT}/events/my%20things`;
  assert.deepEqual(await (await ask('/events/my%20things', KEYS.read)).json(), { name: 'my things', properties, url });
  assert.deepEqual(await (await ask('/events/my%20things/properties/b.c', KEYS.read)).json(), {
    property_name: 'b.c',
    type: 'string',
    url: `${url}/properties/b.c`,
  });
  for (const path of ['/events/my%20things/properties/b', '/events/none/properties/a']) {
    const response = await ask(path, KEYS.read);
    assert.equal(`${response.status} ${await errorOf(response)}`, '404 ResourceNotFoundError', path);
  }
  assert.equal((await ask('/events/my%20things/properties/a', KEYS.write)).status, 401);
  const missing = await ask('/events/none', KEYS.read);
  assert.equal(`${missing.status} ${await errorOf(missing)}`, '404 ResourceNotFoundError');
});

test('a preflight needs no key, on every path', async (t) => {
  const { url } = await startServer(t);
  for (const path of [`/3.0/projects/${PROJECT}/events`, '/3.0/projects/other/queries/count']) {
    const { status, headers } = await fetch(url + path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    assert.equal(status, 204);
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.equal(headers.get('access-control-allow-methods'), 'GET, POST, PUT, DELETE, OPTIONS');
    assert.equal(
      headers.get('access-control-allow-headers'),
      // Monitoring scripts add headers of their own, such as `traceparent`.
      'Authorization, Content-Type, Content-Encoding, Keen-Sdk, *',
    );
    assert.equal(headers.get('access-control-max-age'), '7200');
    assert.equal(headers.get('access-control-allow-credentials'), null);
  }
});

test('pages of other origins can read every answer, errors too', async (t) => {
  const fail = { append: () => Promise.reject(new Error('secret detail')) };
  const { url, storage } = await startServer(t);
  const broken = await startServer(t, { storage: { ...storage, ...fail } });
  const post = (base: string, path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(base + path, {
      method: 'POST',
      body,
      headers: {
        origin: 'https://shop.example',
        authorization: `Bearer ${KEYS.write}`,
        'content-type': 'application/json',
        ...headers,
      },
    });
  const events = `/3.0/projects/${PROJECT}/events`;
  const answers: [number, Response][] = [
    [200, await post(url, events, '{}')],
    [400, await post(url, events, 'x')],
    [401, await post(url, events, '{}', { authorization: 'nobody' })],
    [404, await post(url, '/nowhere', '{}')],
    [404, await post(url, '/3.0/projects/other/events', '{}')],
    [404, await post(url, `/3.0/projects/${PROJECT}/queries/nothing`, '{}')],
    [413, await post(url, events, 'x'.repeat(10_000_001))],
    [415, await post(url, events, '{}', { 'content-type': 'image/png' })],
    [404, await fetch(`${url}/3.0/%zz`)],
    [500, await post(broken.url, events, '{"things": [{"a": 1}]}')],
  ];
  for (const [status, response] of answers) {
    assert.equal(response.status, status, response.url);
    assert.equal(response.headers.get('access-control-allow-origin'), '*', `${status}`);
    assert.equal(response.headers.get('access-control-expose-headers'), 'Retry-After', `${status}`);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff', `${status}`);
    if (status === 200) continue;
    const body = (await response.json()) as Record<string, string>;
    assert.deepEqual(Object.keys(body), ['message', 'error_code'], `${status}`);
    assert.doesNotMatch(JSON.stringify(body), /secret detail|\.ts|node_modules/);
  }
});

test('an event that could not be stored is not acknowledged', async (t) => {
  const server = await startServer(t);
  const { ask } = await startServer(t, {
    storage: { ...server.storage, append: () => Promise.reject(new Error('disk full')) },
  });
  for (const [path, body] of [
    ['/events/things', { a: 1 }],
    ['/events', { things: [{ a: 1 }] }],
  ] as const) {
    const response = await ask(path, KEYS.write, body);
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /success|created|disk/);
  }
});

test('refused requests are listed with the class of their key, and without the key', async (t) => {
  const { ask, url, refusals } = await startServer(t);
  await ask('/events', KEYS.read, { things: [] }, { origin: 'https://shop.example' });
  await ask(COUNT, KEYS.write);
  await ask(COUNT, 'some-other-key');
  await ask('/events', undefined, {});
  await ask('/events', KEYS.master, 'x');
  await ask('/events', KEYS.write, { things: [{ $a: 1 }, { a: 1 }, { $b: 1 }] });
  await fetch(`${url}/3.0/projects/${KEYS.read}/events?api_key=${KEYS.master}`, { headers: { origin: KEYS.write } });
  await ask(COUNT, KEYS.read);
  await ask('/nothing/here', KEYS.write);
  const listed = await refusals();
  const prefix = `/3.0/projects/${PROJECT}`;
  assert.deepEqual(
    listed.map(({ method, route, status, key, origin, reason }) => [
      method,
      route,
      status,
      key,
      origin,
      reason.split(':')[0],
    ]),
    [
      ['POST', `${prefix}/events`, 401, 'read', 'https://shop.example', 'InvalidApiKeyError'],
      ['GET', `${prefix}/queries/count`, 401, 'write', '', 'InvalidApiKeyError'],
      ['GET', `${prefix}/queries/count`, 401, 'unknown', '', 'InvalidApiKeyError'],
      ['POST', `${prefix}/events`, 401, 'none', '', 'InvalidApiKeyError'],
      ['POST', `${prefix}/events`, 400, 'master', '', 'InvalidJSONError'],
      ['POST', `${prefix}/events`, 200, 'write', '', 'InvalidPropertyNameError ×2 of 3 events'],
      ['GET', '/3.0/projects/…/events', 404, 'master', '…', 'ResourceNotFoundError'],
      ['GET', `${prefix}/nothing/here`, 404, 'write', '', 'ResourceNotFoundError'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(listed), /0f3c|77aa|51d0|some-other-key/);
});

test('/health answers 503 while events cannot be written', async (t) => {
  const { url, storage } = await startServer(t);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  const failing = await startServer(t, { storage: { ...storage, healthy: () => false } });
  assert.equal((await fetch(`${failing.url}/health`)).status, 503);
});
