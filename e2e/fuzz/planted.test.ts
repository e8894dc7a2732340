// Every class and form of key, in every path, parameter, header and member of every route.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { routeName } from '../../demo/collector/testing/routes.ts';
import { PROJECT } from '../../demo/collector/testing/server.ts';
import { answerProblem } from './checks.ts';
import { startFuzzed } from './collector.ts';
import { FORMS, KEY_NAMES, placeholder, tracesOf } from './keys.ts';
import type { FuzzRequest } from './requests.ts';
import { createAgent, send } from './send.ts';

/** Each place of a route has one of them; the next place has the next one. */
const SECRETS = KEY_NAMES.flatMap((name) => FORMS.map((form) => placeholder(name, form)));
const PARAMETERS = [
  ...[
    'event_collection',
    'target_property',
    'filters',
    'timeframe',
    'timezone',
    'interval',
    'group_by',
    'order_by',
    'limit',
  ],
  ...[
    'percentile',
    'analyses',
    'steps',
    'latest',
    'property_names',
    'email',
    'page_size',
    'page_token',
    'ordered',
    'within',
    'analysis_type',
    'include_metadata',
    'jsonp',
  ],
  ...['data', 'redirect', 'class', 'span', 'key', 'code', 'token', '_', 'api_key'],
];
const HEADERS = [
  ...[
    'authorization',
    'origin',
    'referer',
    'user-agent',
    'cookie',
    'content-type',
    'content-encoding',
    'accept',
    'range',
  ],
  ...['x-forwarded-for', 'x-request-id', 'accept-encoding', 'if-none-match', 'sec-fetch-site', 'expect', 'keen-sdk'],
];
const TOO_LONG = 'x'.repeat(10_000);

type Place = [name: string, plant: (request: FuzzRequest, secret: string) => FuzzRequest];
const withBody =
  (body: (secret: string) => unknown): Place[1] =>
  (request, secret) => ({
    ...request,
    body: JSON.stringify(body(secret)),
  });

/** Bodies that no route records: values of events are stored as they are. */
const REFUSED_BODIES: Place[] = [
  ['a name in an event', withBody((secret) => ({ [secret]: TOO_LONG }))],
  ['a name in `keen`', withBody((secret) => ({ a: 1, keen: { [secret]: 1 } }))],
  ['an event of a batch', withBody((secret) => ({ things: [{ [`$${secret}`]: 1 }, secret] }))],
  ['the body', withBody((secret) => secret)],
  ['broken JSON', (request, secret) => ({ ...request, body: `{"${secret}": ` })],
];
/** Bodies of the other routes. */
const BODIES: Place[] = [
  ...REFUSED_BODIES,
  ['a member', withBody((secret) => ({ [secret]: secret, event_collection: 'things' }))],
  ['a permission', withBody((secret) => ({ name: 'n', permitted: [secret] }))],
  ['an option', withBody((secret) => ({ name: 'n', permitted: [], options: { [secret]: 1 } }))],
  [
    'an autofill',
    withBody((secret) => ({ name: 'n', permitted: [], options: { writes: { autofill: { [secret]: TOO_LONG } } } })),
  ],
  ['a class', withBody((secret) => ({ class: secret }))],
  ...PARAMETERS.slice(0, -2).map(
    (name): Place => [
      `the parameter ${name} of a body`,
      withBody((secret) => ({ event_collection: 'things', target_property: 'a', [name]: secret })),
    ],
  ),
  [
    'an operator',
    withBody((secret) => ({ event_collection: 'things', filters: [{ property_name: 'a', operator: secret }] })),
  ],
  ['an order', withBody((secret) => ({ event_collection: 'things', group_by: ['a'], order_by: secret }))],
  [
    'a label',
    withBody((secret) => ({ event_collection: 'things', analyses: { [secret]: { analysis_type: secret } } })),
  ],
];

const addQuery = (request: FuzzRequest, pair: string): FuzzRequest => ({
  ...request,
  path: `${request.path}${request.path.includes('?') ? '&' : '?'}${pair}`,
});

function placesOf(request: FuzzRequest, url: string): Place[] {
  const parameters = url.split('/').filter((segment) => segment.startsWith(':') || segment === '*');
  return [
    ...parameters
      // Names of collections are data, so those that can record have another one.
      .filter((name) => !(name === ':collection' && /POST|carriesEvent/.test(request.route)))
      .map(
        (name): Place => [`the path's ${name}`, (_, secret) => ({ ...request, path: pathOf(url, { [name]: secret }) })],
      ),
    ['a longer path', (_, secret) => ({ ...request, path: `${request.path}/${secret}/${secret}` })],
    ...PARAMETERS.map(
      (name): Place => [`the parameter ${name}`, (_, secret) => addQuery(request, `${name}=${secret}`)],
    ),
    ["a parameter's name", (_, secret) => addQuery(request, `${secret}=1`)],
    ...HEADERS.map(
      (name): Place => [
        `the header ${name}`,
        (_, secret) => ({ ...request, headers: { ...request.headers, [name]: secret } }),
      ],
    ),
    ...(request.method === 'GET' ? [] : /POST .*\/events/.test(request.route) ? REFUSED_BODIES : BODIES),
  ];
}

function pathOf(url: string, given: Record<string, string> = {}): string {
  const values: Record<string, string> = {
    ':id': PROJECT,
    ':collection': 'things',
    ':property': 'a',
    ':key': 'IDx0x',
    '*': 'index.html',
    ...given,
  };
  return url
    .replace(/^\*$/, '/*')
    .split('/')
    .map((segment) => values[segment] ?? segment)
    .join('/');
}

/** Every value of every table, because the file itself can have compressed text. */
async function dump(file: string): Promise<string> {
  const database = await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' });
  const connection = await database.connect();
  const tables = (await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()')).getRows();
  const rows = [];
  for (const [table] of tables)
    rows.push((await connection.runAndReadAll(`SELECT * FROM ${String(table)}`)).getRowsJson());
  connection.closeSync();
  database.closeSync();
  assert.ok(rows.flat().length > 0);
  return JSON.stringify(rows);
}

test('no key that stands anywhere in a request is in an answer, the log, the dashboard or the database', {
  timeout: 170_000,
}, async (t) => {
  const collector = await startFuzzed(0);
  t.after(collector.stop);
  const traces = tracesOf(collector.keys);
  const agent = createAgent();
  t.after(() => agent.destroy());
  await collector.renewSpareKeys();
  const places = new Map<string, string>();
  let sent = 0;
  for (const route of collector.routes) {
    if (route.method === 'HEAD') continue;
    const name = routeName(route);
    const base: FuzzRequest = {
      route: name,
      method: route.method,
      path: pathOf(route.url) + (route.constraint ? '?data=e30=' : ''),
      key: 'master',
      scheme: 'Bearer ',
      headers: { 'content-type': 'application/json' },
      body: undefined,
      encoding: 'none',
    };
    for (const [place, plant] of placesOf(base, route.url)) {
      const request = plant(base, SECRETS[sent++ % SECRETS.length]!);
      const key = 'authorization' in request.headers ? undefined : request.key;
      const answer = await send({ ...request, key }, collector, agent);
      const problem = answerProblem(request, answer, traces);
      assert.equal(problem, undefined, `${name}, with a key in ${place}: ${answer.text.slice(0, 1_000)}`);
    }
  }
  assert.ok(sent > 1_500, `${sent} requests`);

  places.set('log', collector.takeLog().join('\n'));
  places.set('refusals', JSON.stringify(await collector.storage.refusals.report(10_000)));
  for (const path of ['data', 'activity/data?limit=1000']) {
    const answer = await fetch(`${collector.url}/dashboard/${path}`, { headers: { cookie: collector.cookie } });
    assert.equal(answer.status, 200);
    places.set(path, await answer.text());
  }
  await collector.close();
  for (const file of readdirSync(collector.folder))
    places.set(file, readFileSync(join(collector.folder, file), 'latin1'));
  places.set('every table', await dump(join(collector.folder, 'events.duckdb')));
  for (const [place, text] of places) {
    assert.ok(text.length > 100, `${place} is empty`);
    const trace = traces.find((one) => text.includes(one));
    const at = trace === undefined ? -1 : text.indexOf(trace);
    assert.equal(trace, undefined, `${place}: ${text.slice(Math.max(0, at - 200), at + 100)}`);
  }
});
