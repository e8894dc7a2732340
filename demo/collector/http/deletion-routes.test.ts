import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');

const EVENTS = [
  { n: 1, user: { id: 'a', plan: 'free' }, keen: { timestamp: '2024-05-13T23:00:00Z' } },
  { n: 2, user: 'b', 'odd/~': 1, keen: { timestamp: '2024-05-14T23:00:00Z' } },
  { n: 3, user: { id: null }, 'odd/~': { deep: 2 }, keen: { timestamp: '2024-05-15T01:00:00Z' } },
];

async function start(t: TestContext) {
  const { ask, url } = await startServer(t, { now: () => NOW });
  assert.equal((await ask('/events', KEYS.write, { things: EVENTS, others: [{ n: 9 }] })).status, 200);
  const remove = async (path: string, key = KEYS.master, body?: string) => {
    const response = await fetch(`${url}/3.0/projects/${PROJECT}/events/${path}`, {
      method: 'DELETE',
      headers: { authorization: key, 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    return `${response.status} ${await response.text()}`;
  };
  const read = async () =>
    (
      (await (await ask('/queries/extraction?event_collection=things', KEYS.read)).json()) as {
        result: { n: number; keen?: unknown }[];
      }
    ).result;
  const schema = async () => (await (await ask('/events', KEYS.read)).json()) as { name: string; properties: object }[];
  return { ask, remove, read, schema, numbers: async () => (await read()).map(({ n }) => n) };
}

const only = (parameters: Record<string, unknown>) =>
  `things?${new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, JSON.stringify(value)]))}`;

test('filters and a timeframe select the events to delete, for a Master key alone', async (t) => {
  const { remove, numbers, schema } = await start(t);
  for (const key of [KEYS.read, KEYS.write]) assert.match(await remove('things', key), /^403 .*AdminOnlyEndpointError/);
  assert.deepEqual(await numbers(), [1, 2, 3]);
  // As Keen's client sends them: each value as JSON, strings too.
  assert.equal(
    await remove(
      only({
        timeframe: 'this_1_days',
        timezone: 'Europe/Berlin',
        filters: [{ property_name: 'n', operator: 'lt', property_value: 3 }],
      }),
    ),
    '204 ',
  );
  assert.deepEqual(await numbers(), [1, 3]);
  assert.equal(await remove(only({ timeframe: { start: '2024-05-13', end: '2024-05-14' } })), '204 ');
  assert.deepEqual(await numbers(), [3]);
  assert.deepEqual(
    (await schema()).map(({ name }) => name),
    ['things', 'others'],
  );
});

test('a collection disappears with its last event, and can be used again', async (t) => {
  const { ask, remove, schema, read } = await start(t);
  assert.equal(await remove('things', KEYS.master, '""'), '204 ');
  assert.deepEqual(
    (await schema()).map(({ name }) => name),
    ['others'],
  );
  assert.equal((await ask('/events/things', KEYS.read)).status, 404);
  assert.equal(await remove('things'), '204 ');
  assert.equal((await ask('/events/things', KEYS.write, { fresh: true })).status, 201);
  assert.equal((await read()).length, 1);
  const [, things] = await schema();
  assert.deepEqual(
    Object.keys(things!.properties).filter((path) => !path.startsWith('keen.')),
    ['fresh'],
  );
});

test('a DELETE with misspelt or empty parameters deletes nothing', async (t) => {
  const { remove, numbers } = await start(t);
  const table: [string, RegExp, string?][] = [
    [only({ filters: [{ property_name: 'user', operator: 'regex', property_value: '(' }] }), /regular expression/],
    ['things?filters=', /"filters" is empty/],
    ['things?filter=[]', /"filter" is no parameter/],
    ['things?timeframe=soon', /"timeframe"/],
    ['things?filters=[', /"filters"/],
    ['things?timeframe=today&timezone=Moon', /"timezone"/],
    ['_things', /event_collection/],
    ['things', /in the URL/, '{"filters": []}'],
    ['things/properties/a..b', /property/],
    ...['keen', 'keen.id', 'keen.timestamp', 'keen.created_at'].map((name): [string, RegExp] => [
      `things/properties/${name}`,
      /cannot be removed/,
    ]),
  ];
  for (const [path, message, body] of table) {
    const answer = await remove(path, KEYS.master, body);
    assert.match(answer, /^400 .*"InvalidParameterError"/, path);
    assert.match(JSON.parse(answer.slice(4)).message, message, path);
  }
  assert.deepEqual(await numbers(), [1, 2, 3]);
});

test('a property is deleted from every event, with everything inside of it', async (t) => {
  const { ask, remove, read, schema } = await start(t);
  const own = async () => (await read()).map(({ keen, ...rest }) => rest);
  const paths = async () =>
    Object.keys((await schema())[0]!.properties)
      .filter((path) => !path.startsWith('keen.'))
      .sort();
  assert.match(await remove('things/properties/n', KEYS.read), /^403/);
  assert.equal(await remove('things/properties/user.id'), '204 ');
  assert.deepEqual(await own(), [
    { n: 1, user: { plan: 'free' } },
    { n: 2, user: 'b', 'odd/~': 1 },
    { n: 3, user: {}, 'odd/~': { deep: 2 } },
  ]);
  assert.deepEqual(await paths(), ['n', 'odd/~', 'odd/~.deep', 'user', 'user.plan']);
  assert.equal(await remove(`things/properties/${encodeURIComponent('odd/~')}`), '204 ');
  assert.equal(await remove('things/properties/user'), '204 ');
  assert.equal(await remove('things/properties/nothing'), '204 ');
  assert.deepEqual(await own(), [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.deepEqual(await paths(), ['n']);
  // Other collections keep theirs.
  assert.equal(
    (
      (await (await ask('/queries/sum?event_collection=others&target_property=n', KEYS.read)).json()) as {
        result: number;
      }
    ).result,
    9,
  );
});

test('a parameter that selects nothing deletes nothing, whatever its spelling', async (t) => {
  const { remove, numbers } = await start(t);
  const empty = [
    '',
    '[]',
    ' [] ',
    '[ ]',
    '%5B%5D',
    '""',
    '"[]"',
    'null',
    '{}',
    '[null]',
    '[[]]',
    '[]&filters=[]',
    '%00',
  ];
  for (const value of empty)
    assert.match(await remove(`things?filters=${value}`), /^400 .*InvalidParameterError/, value);
  for (const value of ['', '""', 'null', '{}', '[]', '[]&timeframe=[]'])
    assert.match(await remove(`things?timeframe=${value}`), /^400 .*InvalidParameterError/, value);
  for (const value of ['UTC', '0', '""', 'null', 'UTC&filters=[]'])
    assert.match(await remove(`things?timezone=${value}`), /^400 .*InvalidParameterError/, value);
  assert.match(await remove('things?timeframe=today&filters=[]'), /^400 /);
  assert.deepEqual(await numbers(), [1, 2, 3]);
});
