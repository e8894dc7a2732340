import assert from 'node:assert/strict';
import { get } from 'node:http';
import { type TestContext, test } from 'node:test';
import { KEYS, PROJECT, startServer, type TestServer } from '../testing/server.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');

interface Page {
  result: { n: number }[];
  next_page_token?: string;
}

/** A server whose clock stands still unless a test sets it. */
async function start(t: TestContext): Promise<TestServer & { clock: { now: number } }> {
  const clock = { now: NOW };
  return { ...(await startServer(t, { now: () => clock.now })), clock };
}

async function record({ ask }: TestServer, events: object[], collection = 'things'): Promise<void> {
  assert.equal((await ask('/events', KEYS.write, { [collection]: events })).status, 200);
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ n: from + index }));
const query = (parameters: object) => ({ event_collection: 'things', ...parameters });

async function page({ ask }: TestServer, parameters: object, key = KEYS.read): Promise<Page> {
  const response = await ask('/queries/extraction', key, query(parameters));
  const body = (await response.json()) as Page;
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

async function refusal({ ask }: TestServer, parameters: object, key = KEYS.read): Promise<string> {
  const response = await ask('/queries/extraction', key, query(parameters));
  const body = (await response.json()) as { message: string; error_code: string };
  assert.deepEqual([response.status, body.error_code], [400, 'InvalidParameterError'], JSON.stringify(body));
  return body.message;
}

test('pages hold each event once, while others arrive and are removed', async (t) => {
  const server = await start(t);
  // Several requests in one millisecond, and later ones.
  for (let from = 0; from < 100; from += 20) {
    await record(server, numbers(from, from + 20));
    if (from % 40) server.clock.now += 10;
  }
  const seen: number[] = [];
  let token: string | undefined;
  let pages = 0;
  do {
    const { result, next_page_token: next } = await page(server, { page_size: 7, ...(token && { page_token: token }) });
    assert.ok(result.length <= 7);
    seen.push(...result.map(({ n }) => n));
    token = next;
    pages++;
    // Later events are on no page, so that the last page comes.
    server.clock.now += 1_000;
    await record(server, numbers(1_000 * pages, 1_000 * pages + 10));
  } while (token);
  assert.equal(pages, 15);
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    numbers(0, 100).map(({ n }) => n),
  );
  // An exact end has no further page.
  assert.equal((await page(server, { page_size: 7, filters: seven })).next_page_token, undefined);
});

const seven = [{ property_name: 'n', operator: 'lt', property_value: 7 }];

test('a page keeps the relative timeframe of the first one', async (t) => {
  const server = await start(t);
  await record(server, numbers(0, 4));
  const first = await page(server, { page_size: 3, timeframe: 'this_1_days' });
  server.clock.now += 86_400_000; // yesterday's events
  const second = await page(server, { page_size: 3, timeframe: 'this_1_days', page_token: first.next_page_token });
  assert.deepEqual([...first.result, ...second.result].map(({ n }) => n).sort(), [0, 1, 2, 3]);
});

test('a token is good for its query alone', async (t) => {
  const server = await start(t);
  await record(server, numbers(0, 9));
  const { next_page_token: token = '' } = await page(server, { page_size: 2 });
  assert.match(token, /^[\w-]+\.[\w-]+$/);
  const [position = '', signature] = token.split('.');
  const other = Buffer.from(Buffer.from(position, 'base64url').toString().replace(/\d/g, '9')).toString('base64url');
  for (const wrong of [
    'x',
    `${position}.`,
    `.${signature}`,
    `${other}.${signature}`,
    `${token}.x`,
    `${token}=`,
    token.slice(0, -1),
    'x'.repeat(100_000),
    1,
    [],
    {},
  ])
    assert.match(await refusal(server, { page_size: 2, page_token: wrong }), /"page_token" is not/, String(wrong));
  for (const others of [
    { filters: seven },
    { timeframe: 'this_1_days' },
    { timezone: 3600 },
    { property_names: ['n'] },
  ])
    assert.match(await refusal(server, { page_size: 2, page_token: token, ...others }), /"page_token" is not/);
  assert.match(await refusal(server, { page_token: token }), /needs a "page_size"/);
  for (const size of [0, 10_001, 1.5, 'many']) assert.match(await refusal(server, { page_size: size }), /1 to 10000/);
  assert.match(await refusal(server, { page_size: 2, latest: 2 }), /exclude each other/);
  // Another size is no other query.
  assert.equal((await page(server, { page_size: 5, page_token: token })).result.length, 5);

  // Nor for a key with other filters.
  const made = await server.ask('/keys', KEYS.master, {
    name: 'one customer',
    is_active: true,
    permitted: ['queries'],
    options: { queries: { filters: seven } },
  });
  const { key } = (await made.json()) as { key: string };
  assert.match(await refusal(server, { page_size: 2, page_token: token }, key), /"page_token" is not/);
});

const asked = ({ ask }: TestServer, accept: string, parameters: object = {}, key = KEYS.read) =>
  ask('/queries/extraction', key, query(parameters), { accept });

test('the Accept header chooses between JSON, NDJSON and CSV', async (t) => {
  const server = await start(t);
  await record(server, numbers(0, 2));
  const json = 'application/json; charset=utf-8';
  const ndjson = 'application/x-ndjson; charset=utf-8';
  const csv = 'text/csv; charset=utf-8; header=present';
  for (const [accept, type] of [
    ['*/*', json],
    ['text/html', json],
    ['application/x-ndjson', ndjson],
    ['APPLICATION/X-NDJSON', ndjson],
    ['text/csv', csv],
    ['text/*', csv],
    ['text/csv, application/json', json],
    ['text/csv;q=0.9, application/x-ndjson;q=0.8', csv],
    ['text/csv;q=0.1, */*;q=0.2', json],
    ['application/json;q=0, */*', ndjson],
    ['text/csv;q=0', json],
    ['text/csv;q=x', json],
    [',;q=', json],
  ] as const) {
    const response = await asked(server, accept);
    assert.equal(response.headers.get('content-type'), type, accept);
    await response.text();
    const head = await fetch(`${server.url}/3.0/projects/${PROJECT}/queries/extraction?event_collection=things`, {
      method: 'HEAD',
      headers: { accept, authorization: KEYS.read },
    });
    assert.deepEqual([head.status, head.headers.get('content-type')], [200, type], `HEAD ${accept}`);
  }
  assert.equal((await asked(server, 'text/csv', { page_size: 1 })).status, 400);
  // Other queries have one form.
  const count = await server.ask('/queries/count?event_collection=things', KEYS.read, undefined, {
    accept: 'text/csv',
  });
  assert.deepEqual(await count.json(), { result: 2 });
});

test('NDJSON has one event on each line, also chosen properties', async (t) => {
  const server = await start(t);
  const events = [
    { n: 1, text: 'two\nlines\u2028' },
    { n: 2, user: { id: 'ü' } },
  ];
  await record(server, events);
  const lines = (await (await asked(server, 'application/x-ndjson')).text()).split('\n');
  assert.equal(lines.pop(), '');
  assert.deepEqual(
    lines.map((line) => (({ keen: _, ...own }) => own)(JSON.parse(line))),
    events,
  );
  assert.equal(
    await (await asked(server, 'application/x-ndjson', { property_names: ['user.id'] })).text(),
    '{}\n{"user":{"id":"ü"}}\n',
  );
  assert.equal(await (await asked(server, 'application/x-ndjson', { event_collection: 'none' })).text(), '');
});

test('a CSV quotes what needs it, and no cell is a formula', async (t) => {
  const server = await start(t);
  await record(server, [
    { a: 'plain', b: 'one, two', c: 'say "hi"', d: 'two\r\nlines', e: ' space', f: '', g: null, h: -1.5, i: true },
    { a: '=1+1', b: '+1', c: '-1', d: '@SUM(1)', e: '\t=1', f: '\r=1', g: "'", h: '=a,"b"', i: [1, '=2'] },
    { 'a/b': 1, user: { id: 7, deep: { er: '=x' } } },
    { '=name': 1 },
  ]);
  const csv = async (property_names: string[]) =>
    (await (await asked(server, 'text/csv', { property_names })).text()).split('\r\n');
  const rows = await csv(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
  assert.deepEqual(
    [rows[0], ...rows.slice(3)],
    [
      'a,b,c,d,e,f,g,h,i',
      `'=1+1,'+1,'-1,'@SUM(1),'\t=1,"'\r=1",',"'=a,""b""","[1,""=2""]"`,
      ',,,,,,,,',
      ',,,,,,,,',
      '',
    ],
  );
  assert.equal(rows.slice(1, 3).join('\r\n'), 'plain,"one, two","say ""hi""","two\r\nlines"," space","",,-1.5,true');
  assert.deepEqual((await csv(['user.id', 'user', 'user.deep.er', 'nowhere', '=name', 'a/b'])).slice(3), [
    `7,"{""id"":7,""deep"":{""er"":""=x""}}",'=x,,,1`,
    `,,,,1,`,
    '',
  ]);
});

test('the columns of a CSV are those of the schema, which a key must be permitted to read', async (t) => {
  const server = await start(t);
  await record(server, [{ b: 1, a: { x: 2 } }]);
  const [header] = (await (await asked(server, 'text/csv')).text()).split('\r\n');
  assert.equal(header, 'a.x,b,keen.created_at,keen.id,keen.timestamp');
  const made = await server.ask('/keys', KEYS.master, {
    name: 'k',
    is_active: true,
    permitted: ['queries'],
    options: {},
  });
  const { key } = (await made.json()) as { key: string };
  const refused = await asked(server, 'text/csv', {}, key);
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /needs \\"property_names/);
  assert.equal(await (await asked(server, 'text/csv', { property_names: ['b'] }, key)).text(), 'b\r\n1\r\n');
  assert.equal(await (await asked(server, 'text/csv', { event_collection: 'none' })).text(), '\r\n');
});

test('a stream has no limit of rows, and each chunk waits until the client reads', async (t) => {
  const server = await start(t);
  const batch = numbers(0, 10_100).map(({ n }) => ({ n, text: 'x'.repeat(100) }));
  for (let round = 0; round < 10; round++) await record(server, batch);
  assert.equal((await server.ask('/queries/extraction', KEYS.read, query({}))).status, 422);
  for (const accept of ['application/x-ndjson', 'text/csv']) {
    const lines = (await (await asked(server, accept, { property_names: ['n'] })).text()).trimEnd().split('\n');
    assert.equal(lines.length, 101_000 + Number(accept === 'text/csv'));
  }
  // Two slots for queries: clients that go away, after they have stopped reading, must give them back.
  for (const accept of ['application/x-ndjson', 'text/csv', 'application/x-ndjson', 'text/csv']) {
    await new Promise<void>((resolve, reject) => {
      const url = `${server.url}/3.0/projects/${PROJECT}/queries/extraction?event_collection=things`;
      const request = get(url, { headers: { accept, authorization: KEYS.read } }, (response) => {
        response.once('readable', () => {
          response.read(1);
          request.destroy();
        });
        response.once('close', resolve);
      });
      request.once('error', reject);
      request.once('close', resolve);
    });
  }
  assert.equal((await server.ask('/queries/count', KEYS.read, query({}))).status, 200);
});

test('"target_property" of an extraction needs "property_names", which count', async (t) => {
  const server = await start(t);
  await record(server, [{ a: 1, b: 2 }]);
  const both = { target_property: 'a,b', property_names: ['a', 'b'] };
  assert.deepEqual((await page(server, both)).result, [{ a: 1, b: 2 }]);
  for (const empty of ['', null])
    assert.deepEqual(Object.keys((await page(server, { target_property: empty })).result[0]!), ['a', 'b', 'keen']);
  for (const alone of [{}, { property_names: '' }, { property_names: null }])
    assert.match(await refusal(server, { target_property: 'a', ...alone }), /in "property_names"/);
  assert.match(await refusal(server, { target_propertys: 'a' }), /Is it "target_property"/);
});
