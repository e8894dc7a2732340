// README's table of compatibility with Keen. Each line has an exercise here, and a line without one fails.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ANALYSES } from './queries/parse-analysis.ts';
import { CLIENT_REQUESTS } from './testing/keen-clients.ts';
import { KEYS, PROJECT, startServer, type TestServer } from './testing/server.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const URL_ROOT = `/3.0/projects/${PROJECT}`;

/** The table's lines: what it is about → what the README says of it. */
function readTable(): Map<string, string> {
  const [, part = ''] = readFileSync(join(HERE, 'README.md'), 'utf8').split('## Compatibility with Keen');
  const lines = part
    .split(/^###/m)[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return new Map(
    lines.slice(2).map(
      (line) =>
        line
          .split('|')
          .slice(1, 3)
          .map((cell) => cell.trim()) as [string, string],
    ),
  );
}

type Ask = TestServer['ask'];
const json = async (response: Response) => (await response.json()) as any;
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const status = async (answer: Promise<Response>) => (await answer).status;
const count = async (ask: Ask, event_collection: string, more: object = {}) =>
  (await json(await ask('/queries/count', KEYS.read, { event_collection, ...more }))).result as number;
/** A request without a body to the server's root. */
const raw = (url: string, method: string, path: string, key?: string) =>
  fetch(url + path, { method, redirect: 'manual', headers: key === undefined ? {} : { authorization: key } });
async function isNotThere(answers: Promise<Response>[], expected = 404) {
  for (const answer of answers) {
    const response = await answer;
    assert.equal(response.status, expected);
    assert.equal(typeof (await json(response)).error_code, 'string');
  }
}

/** What each line promises. Each runs on a collector of its own, which has two events in `things`. */
const EXERCISES: Record<string, (server: TestServer) => Promise<void>> = {
  '`POST /events/COLLECTION`': async ({ ask }) => {
    const { gzipSync } = await import('node:zlib');
    const response = await ask('/events/c', KEYS.write, { a: 1 });
    assert.deepEqual([response.status, await json(response)], [201, { created: true }]);
    const gzip = { 'content-encoding': 'gzip' };
    assert.equal(await status(ask('/events/c', KEYS.write, gzipSync('{"a":2}'), gzip)), 201);
    const plain = { 'content-type': 'text/plain;charset=UTF-8' };
    assert.equal(await status(ask('/events/c', KEYS.write, '{"a":3}', plain)), 201);
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    assert.equal(await status(ask('/events/c', KEYS.write, nested(100))), 201);
    assert.equal(await status(ask('/events/c', KEYS.write, nested(101))), 400);
    const wide = (properties: number) => Object.fromEntries(Array.from({ length: properties }, (_, i) => [`p${i}`, i]));
    assert.equal(await status(ask('/events/c', KEYS.write, wide(1_000))), 201);
    assert.equal(await status(ask('/events/c', KEYS.write, wide(1_001))), 400);
    assert.equal(await count(ask, 'c'), 5);
  },
  '`POST /events`': async ({ ask }) => {
    const events = Array.from({ length: 20_000 }, (_, n) => ({ n }));
    const response = await ask('/events', KEYS.write, { c: [...events, {}] });
    const { c } = await json(response);
    assert.deepEqual([response.status, c.length, c[0]], [200, 20_001, { success: true }]);
    assert.equal(c.at(-1).error.name, 'InvalidEventError');
    const tooLarge = JSON.stringify({ c: [{ text: 'x' }] }).padEnd(10_000_001);
    assert.equal(await status(ask('/events', KEYS.write, tooLarge)), 413);
    assert.equal(await status(ask('/events', KEYS.write, `{"c":[${'{},'.repeat(200_000)}{}]}`)), 413);
  },
  '`GET /events/COLLECTION?data=BASE64`': async ({ url, ask }) => {
    const response = await raw(url, 'GET', `${URL_ROOT}/events/c?api_key=${KEYS.write}&data=${base64({ a: 1 })}`);
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'image/gif']);
    assert.equal(await count(ask, 'c'), 1);
  },
  '… with `&redirect=URL`': async ({ url, ask }) => {
    const link = (target: string) =>
      raw(
        url,
        'GET',
        `${URL_ROOT}/events/c?api_key=${KEYS.write}&data=${base64({ a: 1 })}&redirect=${encodeURIComponent(target)}`,
      );
    const response = await link('https://shop.example/a');
    assert.deepEqual([response.status, response.headers.get('location')], [302, 'https://shop.example/a']);
    assert.equal((await link('http://shop.example/')).status, 302);
    assert.equal((await link('javascript:alert(1)')).status, 400);
    assert.equal(await count(ask, 'c'), 2);
  },
  '… with `&jsonp=NAME`': async ({ url }) => {
    const script = (name: string, data: unknown) =>
      raw(url, 'GET', `${URL_ROOT}/events/c?api_key=${KEYS.write}&data=${base64(data)}&jsonp=${name}`);
    assert.equal(await (await script('cb', { a: 1 })).text(), 'cb({"created":true})');
    assert.equal((await script('a.b', { a: 1 })).status, 400);
    assert.equal((await json(await script('cb', {}))).error_code, 'InvalidEventError');
  },
  '`keen.timestamp`, `keen.uniqueness_token`, `keen.location`, `${keen.ip}`, `${keen.user_agent}`': async ({ ask }) => {
    const keen = {
      timestamp: '2024-05-15T12:00:00+02:00',
      uniqueness_token: 'once',
      location: { coordinates: [13.4, 52.5] },
    };
    const event = { ip: '${keen.ip}', agent: '${keen.user_agent}', keen };
    for (const _ of [1, 2])
      assert.equal(await status(ask('/events/c', KEYS.write, event, { 'user-agent': 'tests' })), 201);
    const { result } = await json(await ask('/queries/extraction?event_collection=c', KEYS.read));
    assert.equal(result.length, 1);
    assert.deepEqual([result[0].ip, result[0].agent], ['127.0.0.1', 'tests']);
    assert.equal(result[0].keen.timestamp, '2024-05-15T10:00:00.000Z');
    assert.deepEqual(result[0].keen.location, keen.location);
  },
  '`keen.addons`': async ({ ask }) => {
    const addon = (name: string, input: object) => ({ name, input, output: name.slice(5) });
    const addons = [
      addon('keen:ip_to_geo', { ip: 'ip' }),
      addon('keen:ua_parser', { ua_string: 'agent' }),
      addon('keen:url_parser', { url: 'url' }),
      addon('keen:referrer_parser', { referrer_url: 'referrer', page_url: 'url' }),
      addon('keen:date_time_parser', { date_time: 'keen.timestamp' }),
    ];
    const own = {
      ip: '1.2.3.4',
      agent: 'Mozilla/5.0 Firefox/120.0',
      url: 'https://a.example/b?c=1',
      referrer: 'https://www.google.com/',
    };
    assert.equal(await status(ask('/events/c', KEYS.write, { ...own, keen: { addons } })), 201);
    const { result } = await json(await ask('/queries/extraction?event_collection=c', KEYS.read));
    for (const name of ['ua_parser', 'url_parser', 'referrer_parser', 'date_time_parser'])
      assert.ok(result[0][name], name);
    // Different: without a database of places the event is stored all the same, and says what is missing.
    assert.match(result[0].keen.addon_errors.join(), /keen:ip_to_geo/);
  },
  '`GET`, `HEAD`, `POST /queries/TYPE`: thirteen types, filters, timeframes, intervals, `group_by`, `order_by`, `limit`':
    async ({ url, ask }) => {
      const analysis = { event_collection: 'things', target_property: 'n', percentile: 50 };
      const bodies: [string, object][] = [
        ...ANALYSES.map((type): [string, object] => [type, analysis]),
        ['multi_analysis', { event_collection: 'things', analyses: { a: { analysis_type: 'count' } } }],
        ['funnel', { steps: [{ event_collection: 'things', actor_property: 'n' }] }],
        ['extraction', { event_collection: 'things' }],
      ];
      assert.equal(bodies.length, 13);
      for (const [type, body] of bodies) {
        const parameters = Object.entries(body).map(([name, value]): [string, string] => [
          name,
          typeof value === 'object' ? JSON.stringify(value) : String(value),
        ]);
        const path = `/queries/${type}?${new URLSearchParams(parameters)}`;
        const [posted, got] = [await ask(`/queries/${type}`, KEYS.read, body), await ask(path, KEYS.read)];
        assert.deepEqual([posted.status, await json(posted)], [got.status, await json(got)], type);
        const head = await raw(url, 'HEAD', URL_ROOT + path, KEYS.read);
        assert.deepEqual([got.status, head.status, await head.text()], [200, 200, ''], type);
      }
      const filters = [{ property_name: 'n', operator: 'gt', property_value: 1 }];
      assert.equal(await count(ask, 'things', { filters, timeframe: 'this_2_days' }), 1);
      const order_by = { property_name: 'n', direction: 'DESC' };
      const grouped = { group_by: 'n', order_by, limit: 1, timeframe: 'this_1_days', interval: 'daily' };
      assert.deepEqual(((await count(ask, 'things', grouped)) as any)[0].value, [{ n: 2, result: 1 }]);
    },
  "… `group_by` with `buckets` or `ranges`, `include_metadata`, `jsonp`, an extraction's `email`": async ({ ask }) => {
    const refused = (type: string, more: object) =>
      ask(`/queries/${type}`, KEYS.read, { event_collection: 'things', ...more });
    await isNotThere(
      [
        refused('count', { group_by: { property_name: 'n', buckets: { size: 10 } } }),
        refused('count', { group_by: [{ property_name: 'n', ranges: [{ from: 0, to: 1 }] }] }),
        refused('count', { include_metadata: true }),
        refused('count', { jsonp: 'cb' }),
        refused('extraction', { email: 'a@example.com' }),
      ],
      400,
    );
  },
  '`GET /3.0`, `GET /3.0/projects`, `GET /3.0/projects/ID`': async ({ url }) => {
    assert.deepEqual(await json(await raw(url, 'GET', '/3.0', KEYS.master)), {
      projects_resource_url: '/3.0/projects',
    });
    const [project] = await json(await raw(url, 'GET', '/3.0/projects', KEYS.master));
    assert.deepEqual(await json(await raw(url, 'GET', URL_ROOT, KEYS.master)), project);
    assert.deepEqual([project.id, project.name, project.api_key], [PROJECT, PROJECT, undefined]);
    assert.deepEqual(project.events, [{ name: 'things', url: `${URL_ROOT}/events/things` }]);
  },
  '`GET /queries`': async ({ ask }) => {
    const urls = await json(await ask('/queries', KEYS.read));
    assert.equal(Object.keys(urls).length, 13);
    assert.equal(urls.count_url, `${URL_ROOT}/queries/count`);
  },
  '`GET /events`, `GET /events/COLLECTION`, `GET /events/COLLECTION/properties/NAME`': async ({ ask }) => {
    const one = await json(await ask('/events/things', KEYS.read));
    assert.deepEqual([one.name, one.url, one.properties.n], ['things', `${URL_ROOT}/events/things`, 'num']);
    assert.deepEqual(await json(await ask('/events', KEYS.read)), [one]);
    const property = await json(await ask('/events/things/properties/n', KEYS.read));
    assert.deepEqual(property, { property_name: 'n', type: 'num', url: `${URL_ROOT}/events/things/properties/n` });
  },
  '`DELETE /events/COLLECTION`, `DELETE /events/COLLECTION/properties/NAME`': async ({ url, ask }) => {
    const remove = async (path: string) => (await raw(url, 'DELETE', URL_ROOT + path, KEYS.master)).status;
    assert.equal(await remove('/events/things?filter=[]'), 400);
    assert.equal(await remove('/events/things?filters=[]'), 400);
    assert.equal(await remove('/events/things/properties/text'), 204);
    const filters = encodeURIComponent('[{"property_name":"n","operator":"eq","property_value":1}]');
    assert.equal(await remove(`/events/things?filters=${filters}`), 204);
    assert.equal(await count(ask, 'things'), 1);
    assert.equal(await remove('/events/things'), 204);
    assert.equal(await count(ask, 'things'), 0);
  },
  'saved queries, cached queries, cached datasets': async ({ ask }) =>
    isNotThere(
      [
        '/queries/saved',
        '/queries/saved/a/result',
        '/queries/saved/cached',
        '/datasets',
        '/datasets/a',
        '/datasets/a/results',
      ].map((path) => ask(path, KEYS.master)),
    ),
  '`POST`, `GET /keys`; `GET`, `POST`, `DELETE /keys/KEY`; `POST /keys/KEY/revoke`, `/unrevoke`': async ({
    url,
    ask,
  }) => {
    const made = await json(await ask('/keys', KEYS.master, { name: 'n', permitted: ['writes'] }));
    // Different: later answers have the id in place of the key.
    assert.deepEqual(
      (await json(await ask('/keys', KEYS.master))).map(({ key }: any) => key),
      [made.id],
    );
    assert.equal((await json(await ask(`/keys/${made.key}`, KEYS.master))).key, made.id);
    assert.equal((await json(await ask(`/keys/${made.id}`, KEYS.master, { name: 'm' }))).name, 'm');
    assert.equal((await json(await ask(`/keys/${made.key}/revoke`, KEYS.master, {}))).is_active, false);
    assert.equal(await status(ask('/events/c', made.key, { a: 1 })), 401);
    assert.equal((await json(await ask(`/keys/${made.key}/unrevoke`, KEYS.master, {}))).is_active, true);
    assert.equal(await status(ask('/events/c', made.key, { a: 1 })), 201);
    assert.equal((await raw(url, 'DELETE', `${URL_ROOT}/keys/${made.key}`, KEYS.master)).status, 204);
    assert.equal(await status(ask('/events/c', made.key, { a: 1 })), 401);
  },
  'Scoped Keys, which clients encrypt with the Master key': async ({ ask }) =>
    isNotThere([ask('/queries/count?event_collection=things', 'A1B2C3D4E5F60718'.repeat(12))], 401),
  'organizations: `POST /organizations/ID/projects`': async ({ url }) =>
    isNotThere([raw(url, 'POST', '/3.0/organizations/4f5775ad163d666a6100000e/projects', KEYS.master)]),
  // These run in a browser.
  'keen-tracking 5.0.1 in a browser': async () => runsInBrowser('keen-tracking', '5.0.1'),
  'keen-analysis 3.7.0 in a browser': async () => runsInBrowser('keen-analysis', '3.7.0'),
  // The tests of these install them.
  'keen-js 3.2.5, 4.3.1 and 5.0.4 in a browser': async () => {
    const versions = { 'keen-js-3.2': '3.2.5', 'keen-js-4': '4.3.1', 'keen-js-5': '5.0.4' };
    for (const [name, version] of Object.entries(versions))
      isInstalledBy('e2e/specs/keen-js.spec.ts', `${name}/dist`, name, `npm:keen-js@${version}`);
  },
  'keen-js 3.5.0 in Node': async () =>
    isInstalledBy('e2e/keen-clients/keen-js.test.ts', "requireClient('keen-js')", 'keen-js', '3.5.0'),
  'keen.io 0.1.5 in Node': async () =>
    isInstalledBy('e2e/keen-clients/keen-io.test.ts', "requireClient('keen.io')", 'keen.io', '0.1.5'),
  'keen-query 3.2.7 in Node': async () =>
    isInstalledBy('e2e/keen-clients/keen-query.test.ts', "requireClient('keen-query')", 'keen-query', '3.2.7'),
  'queries with the types of @keen.io/query 1.2.2': async () =>
    isInstalledBy('e2e/keen-clients/typed/queries.ts', "from '@keen.io/query'", '@keen.io/query', '1.2.2'),
  'clients for Python, Ruby, Java, .NET, PHP, Perl, Go and Node, keen-js 3': async () => {
    // `keen-clients.test` sends all of these.
    const clients = [...new Set(CLIENT_REQUESTS.map(({ client }) => client))].join();
    for (const name of [
      'Python',
      'gem',
      'Java',
      '-net',
      'PHP',
      'Perl|WWW',
      'go-',
      'keen.io',
      'keen-query',
      'keen-js 3',
    ])
      assert.match(clients, new RegExp(name));
    assert.ok(existsSync(join(HERE, 'keen-clients.test.ts')));
  },
};

async function runsInBrowser(name: string, version: string): Promise<void> {
  const installed = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as { version: string };
  assert.equal(installed.version, version);
  assert.match(readFileSync(`e2e/specs/${name}.spec.ts`, 'utf8'), new RegExp(`${name}/`));
}

/** Whether this test uses a client of `e2e/keen-clients`, in this version. */
function isInstalledBy(test: string, use: string, name: string, version: string): void {
  const lock = JSON.parse(readFileSync('e2e/keen-clients/package-lock.json', 'utf8'));
  assert.equal(lock.packages[''].dependencies[name], version);
  assert.equal(lock.packages[`node_modules/${name}`].version, version.replace(/^npm:.*@/, ''));
  assert.ok(readFileSync(test, 'utf8').includes(use));
}

const table = readTable();

test('each line of the table has an exercise', () => {
  assert.deepEqual([...table.keys()], Object.keys(EXERCISES));
  for (const [line, answer] of table)
    assert.match(answer, /^(same|different|\[different\]|not there|works unchanged|their requests)/, line);
});

for (const [line, exercise] of Object.entries(EXERCISES)) {
  test(`README: ${line}: ${table.get(line)}`, async (t) => {
    const server = await startServer(t);
    const things = [{ n: 1, text: 'a' }, { n: 2 }];
    assert.equal(await status(server.ask('/events', KEYS.write, { things })), 200);
    await exercise(server);
  });
}
