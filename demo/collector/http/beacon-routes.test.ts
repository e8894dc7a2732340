import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

async function start(t: TestContext) {
  const server = await startServer(t);
  const get = (query: string, { key = KEYS.write, method = 'GET' } = {}) =>
    fetch(`${server.url}/3.0/projects/${PROJECT}/events/opened?api_key=${key}&${query}`, {
      method,
      redirect: 'manual',
    });
  const events = async () =>
    (
      (await (await server.ask('/queries/extraction?event_collection=opened', KEYS.read)).json()) as {
        result: Record<string, unknown>[];
      }
    ).result.map(({ keen: _, ...own }) => own);
  return { ...server, get, events };
}

const base64 = (event: unknown) => Buffer.from(JSON.stringify(event)).toString('base64');

test('an image records an event in standard and in URL-safe base64, with or without padding', async (t) => {
  const { get, events } = await start(t);
  // Bytes that differ between the alphabets, in events with 0, 1 and 2 characters of padding.
  const sent = ['', 'x', 'xx'].map((pad) => ({ a: `~~~???ÿÿÿ${pad}` }));
  assert.deepEqual(sent.map((event) => /=*$/.exec(base64(event))![0].length).sort(), [0, 1, 2]);
  for (const event of sent) {
    const text = base64(event);
    assert.match(text, /[+/]/);
    const safe = text.replaceAll('+', '-').replaceAll('/', '_');
    for (const data of [encodeURIComponent(text), text, text.replace(/=+$/, ''), safe, safe.replace(/=+$/, '')]) {
      const response = await get(`data=${data}`);
      assert.equal(response.status, 200, data);
      assert.equal(response.headers.get('content-type'), 'image/gif');
      assert.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin');
      const bytes = Buffer.from(await response.arrayBuffer());
      assert.deepEqual(
        [bytes.subarray(0, 6).toString(), bytes.readUInt16LE(6), bytes.readUInt16LE(8)],
        ['GIF89a', 1, 1],
      );
    }
  }
  assert.deepEqual(
    await events(),
    sent.flatMap((event) => Array(5).fill(event)),
  );
});

test('a link records an event and redirects, without revealing the key to the target', async (t) => {
  const { get, events } = await start(t);
  const target = 'https://shop.example/a?b=1&c=ü#d';
  const response = await get(`data=${base64({ a: 1 })}&redirect=${encodeURIComponent(target)}`);
  assert.equal(response.status, 302);
  assert.equal(response.headers.get('location'), 'https://shop.example/a?b=1&c=%C3%BC#d');
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  assert.deepEqual(await events(), [{ a: 1 }]);
});

test('with jsonp, the answer is a script that calls the named function', async (t) => {
  const { get, events } = await start(t);
  for (const name of ['cb', '$', '_x9', 'keenJSONPCallback1716200000000', 'a'.repeat(64)]) {
    const response = await get(`data=${base64({ name })}&modified=1&jsonp=${name}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/javascript; charset=utf-8');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('cross-origin-resource-policy'), 'cross-origin');
    const calls: unknown[] = [];
    const text = await response.text();
    assert.equal(text, `${name}({"created":true})`);
    new Function(name, text)((answer: unknown) => calls.push(answer));
    assert.deepEqual(calls, [{ created: true }]);
  }
  assert.equal((await events()).length, 5);
});

test('with another callback than a plain name, or with an event that is refused, nothing is recorded', async (t) => {
  const { get, events } = await start(t);
  const names = ['', 'a.b', 'a b', '1a', 'alert(1)//', 'a;b', 'a[0]', 'ü', 'a\n', '<script>', 'a'.repeat(65)];
  const data = `data=${base64({ a: 1 })}`;
  for (const query of [
    ...names.map((name) => `${data}&jsonp=${encodeURIComponent(name)}`),
    `${data}&jsonp=a&jsonp=b`,
    'data=%25&jsonp=cb',
    `data=${base64({ $a: 1 })}&jsonp=cb`,
  ]) {
    const response = await get(query);
    assert.equal(response.status, 400, query);
    assert.match(response.headers.get('content-type')!, /^application\/json/);
    assert.match(await response.text(), /^\{"message":/);
  }
  for (const key of [KEYS.read, 'nobody', '']) assert.equal((await get(`${data}&jsonp=cb`, { key })).status, 401);
  assert.deepEqual(await events(), []);
});

test('redirects lead to http and https only, and need a key that can record events', async (t) => {
  const { get, events, refusals } = await start(t);
  const data = `data=${base64({ a: 1 })}`;
  for (const target of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    '//evil.example',
    '/path',
    '',
    'shop.example',
    'https://',
  ]) {
    const response = await get(`${data}&redirect=${encodeURIComponent(target)}`);
    assert.equal(response.status, 400, target);
    assert.equal(response.headers.get('location'), null);
  }
  assert.equal((await get(`${data}&redirect=https://a.example&redirect=https://b.example`)).status, 400);
  for (const key of [KEYS.read, 'nobody', '']) {
    for (const query of [data, `${data}&redirect=https://shop.example`]) {
      const response = await get(query, { key });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get('location'), null);
    }
  }
  assert.deepEqual(await events(), []);
  assert.equal((await refusals()).length, 15);
});

test('a link redirects even if its event cannot be recorded, and the refusal is listed', async (t) => {
  const { get, events, refusals } = await start(t);
  for (const query of [`data=${base64({ $a: 1 })}`, 'data=%25', `data=${base64('x')}`, 'other=1']) {
    const response = await get(`${query}&redirect=https://shop.example/`);
    assert.deepEqual([response.status, response.headers.get('location')], [302, 'https://shop.example/'], query);
  }
  assert.deepEqual(await events(), []);
  assert.deepEqual((await refusals()).map(({ status, reason }) => `${status} ${reason.split(':')[0]}`).sort(), [
    '302 InvalidEventError',
    '302 InvalidJSONError',
    '302 InvalidJSONError',
    '302 InvalidPropertyNameError',
  ]);
});

test('an image without an event is refused with the reason', async (t) => {
  const { get, events } = await start(t);
  const table: [string, string][] = [
    ['data=', 'InvalidJSONError'],
    ['data=!!', 'InvalidJSONError'],
    ['data=%25', 'InvalidJSONError'],
    [`data=${base64('x').slice(0, 3)}`, 'InvalidJSONError'],
    ['data=a&data=b', 'InvalidJSONError'],
    [`data=${Buffer.from('"\xff"', 'latin1').toString('base64')}`, 'InvalidJSONError'],
    [`data=${base64({ a: [{}] })}`, 'ListsOfNonPrimitivesNotAllowedError'],
  ];
  for (const [query, code] of table) {
    const response = await get(query);
    assert.equal(
      `${response.status} ${((await response.json()) as { error_code: string }).error_code}`,
      `400 ${code}`,
      query,
    );
  }
  assert.deepEqual(await events(), []);
});

test('HEAD records nothing, and the schema keeps its path', async (t) => {
  const { ask, get, events } = await start(t);
  const response = await get(`data=${base64({ a: 1 })}&redirect=https://shop.example/`, { method: 'HEAD' });
  assert.equal(response.status, 401);
  await ask('/events/opened', KEYS.write, { a: 1 });
  assert.equal((await ask('/events/opened', KEYS.read)).status, 200);
  assert.equal((await ask('/events/opened', KEYS.write)).status, 401);
  assert.deepEqual(await events(), [{ a: 1 }]);
});

test('with a list of origins, redirects lead to these only', async (t) => {
  const { url } = await startServer(t, { redirectOrigins: ['https://shop.example', 'https://*.shop.example'] });
  const status = async (target: string) =>
    (
      await fetch(
        `${url}/3.0/projects/${PROJECT}/events/clicks?api_key=${KEYS.write}&data=e30&redirect=${encodeURIComponent(target)}`,
        { redirect: 'manual' },
      )
    ).status;
  for (const target of ['https://shop.example/a?b', 'https://www.shop.example'])
    assert.equal(await status(target), 302, target);
  for (const target of [
    'https://evil.example',
    'http://shop.example',
    'https://shop.example@evil.example',
    'https://shop.example.evil.example',
  ])
    assert.equal(await status(target), 400, target);
});
