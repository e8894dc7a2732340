import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { unavailable } from '../model/errors.ts';
import { KEYS, PROJECT, startServer } from '../testing/server.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const at = (timestamp: string) => ({ keen: { timestamp } });

const PURCHASES = [
  { item: 'stamp', price: 1, user: { id: 'ada' }, ...at('2024-05-13T10:00:00Z') },
  { item: 'stamp', price: 2, user: { id: 'bob' }, ...at('2024-05-13T22:30:00Z') },
  { item: 'ink', price: 6, user: { id: 'ada' }, ...at('2024-05-15T09:00:00Z') },
  { item: 'ink', price: '7', user: { id: 'eve' }, ...at('2024-05-15T10:00:00Z') },
  { item: null, ...at('2024-05-15T11:00:00Z') },
];
const VIEWS = ['ada', 'ada', 'bob', 'cid', 'dan'].map((id) => ({ user: { id }, ...at('2024-05-14T00:00:00Z') }));

async function start(t: TestContext) {
  const server = await startServer(t, { now: () => NOW });
  assert.equal((await server.ask('/events', KEYS.write, { purchases: PURCHASES, views: VIEWS })).status, 200);
  const read = async (response: Response, what: unknown) => {
    const body = (await response.json()) as { result: unknown };
    assert.equal(response.status, 200, JSON.stringify([what, body]));
    return body;
  };
  /** Queries by POST and by GET, which must agree. */
  async function query(type: string, parameters: Record<string, unknown> = {}, key: string = KEYS.read) {
    const sent = { event_collection: 'purchases', ...parameters };
    const posted = await read(await server.ask(`/queries/${type}`, key, sent), sent);
    const texts = Object.entries(sent).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    assert.deepEqual(
      await read(await server.ask(`/queries/${type}?${new URLSearchParams(texts)}`, key), texts),
      posted,
    );
    return posted;
  }
  const result = async (...given: Parameters<typeof query>) => (await query(...given)).result;
  return { ...server, query, result };
}

test('each analysis returns one value', async (t) => {
  const { result } = await start(t);
  const price = { target_property: 'price' };
  const table: [string, object, unknown][] = [
    ['count', {}, 5],
    ['count', { analysis_type: 'count' }, 5],
    ['count_unique', { target_property: 'user.id' }, 3],
    ['sum', price, 9],
    ['average', price, 3],
    ['minimum', price, 1],
    ['maximum', price, 6],
    ['median', price, 2],
    ['percentile', { ...price, percentile: 75 }, 4],
    ['percentile', { ...price, percentile: 0 }, 1],
    ['standard_deviation', price, Math.sqrt(14 / 3)],
    ['select_unique', { target_property: 'item' }, ['ink', 'stamp']],
    ['select_unique', { target_property: 'price' }, [1, 2, 6, '7']],
  ];
  for (const [type, parameters, expected] of table)
    assert.deepEqual(await result(type, parameters as Record<string, unknown>), expected, type);
});

test('without events, a count and a sum are 0, a list is empty, and the others are null', async (t) => {
  const { result } = await start(t);
  const nothing = { timeframe: 'previous_2_years', target_property: 'price', percentile: 50 };
  for (const [types, expected] of [
    [['count', 'count_unique', 'sum'], 0],
    [['average', 'minimum', 'maximum', 'median', 'percentile', 'standard_deviation'], null],
    [['select_unique'], []],
  ] as const) {
    for (const type of types) {
      assert.deepEqual(await result(type, nothing), expected, type);
      assert.deepEqual(await result(type, { ...nothing, group_by: 'item' }), [], type);
      assert.deepEqual(
        await result(type, { ...nothing, timeframe: 'this_1_hours', interval: 'hourly' }),
        [
          {
            value: type === 'count' ? 0 : expected,
            timeframe: { start: '2024-05-15T12:00:00.000Z', end: '2024-05-15T13:00:00.000Z' },
          },
        ],
        type,
      );
    }
  }
});

test('each row of a group has the values of its properties, in the requested order', async (t) => {
  const { result } = await start(t);
  const sums = { target_property: 'price' };
  assert.deepEqual(await result('sum', { ...sums, group_by: 'item' }), [
    { item: 'ink', result: 6 },
    { item: 'stamp', result: 3 },
    { item: null, result: 0 },
  ]);
  assert.deepEqual(
    await result('sum', {
      ...sums,
      group_by: ['item'],
      order_by: { property_name: 'result', direction: 'DESC' },
      limit: 2,
    }),
    [
      { item: 'ink', result: 6 },
      { item: 'stamp', result: 3 },
    ],
  );
  assert.deepEqual(
    await result('sum', { ...sums, group_by: 'item', order_by: [{ property_name: 'result' }], limit: 1 }),
    [{ item: null, result: 0 }],
  );
  assert.deepEqual(
    await result('count', {
      group_by: ['user.id', 'item'],
      order_by: [
        { property_name: 'item', direction: 'desc' },
        { property_name: 'user.id', direction: 'DESC' },
      ],
    }),
    [
      { 'user.id': null, item: null, result: 1 },
      { 'user.id': 'bob', item: 'stamp', result: 1 },
      { 'user.id': 'ada', item: 'stamp', result: 1 },
      { 'user.id': 'eve', item: 'ink', result: 1 },
      { 'user.id': 'ada', item: 'ink', result: 1 },
    ],
  );
});

test('an interval returns a value for each slice, empty ones too, by the days of the time zone', async (t) => {
  const { result } = await start(t);
  const daily = { timeframe: 'this_3_days', interval: 'daily' };
  const day = (date: number, value: unknown) => ({
    value,
    timeframe: { start: `2024-05-${date}T00:00:00.000Z`, end: `2024-05-${date + 1}T00:00:00.000Z` },
  });
  assert.deepEqual(await result('count', daily), [day(13, 2), day(14, 0), day(15, 3)]);
  assert.deepEqual(await result('maximum', { ...daily, target_property: 'price' }), [
    day(13, 2),
    day(14, null),
    day(15, 6),
  ]);
  assert.deepEqual(await result('count', { ...daily, group_by: 'item' }), [
    day(13, [{ item: 'stamp', result: 2 }]),
    day(14, []),
    day(15, [
      { item: 'ink', result: 2 },
      { item: null, result: 1 },
    ]),
  ]);
  assert.deepEqual(
    await result('count', { ...daily, group_by: 'item', order_by: { property_name: 'result' }, limit: 1 }),
    [day(13, [{ item: 'stamp', result: 2 }]), day(14, []), day(15, [{ item: null, result: 1 }])],
  );
  // 22:30 in UTC is the next day in Berlin.
  const berlin = (await result('count', { ...daily, timezone: 'Europe/Berlin' })) as {
    value: number;
    timeframe: { start: string };
  }[];
  assert.deepEqual(
    berlin.map(({ value, timeframe }) => [timeframe.start, value]),
    [
      ['2024-05-12T22:00:00.000Z', 1],
      ['2024-05-13T22:00:00.000Z', 1],
      ['2024-05-14T22:00:00.000Z', 3],
    ],
  );
  assert.deepEqual(await result('count', { ...daily, timezone: 7200 }), berlin);
});

test('a multi-analysis returns a value for each label, each with its own filters', async (t) => {
  const { result } = await start(t);
  const analyses = {
    sold: { analysis_type: 'count' },
    buyers: { analysis_type: 'count_unique', target_property: 'user.id' },
    'dear ink': {
      analysis_type: 'percentile',
      target_property: 'price',
      percentile: 100,
      filters: [{ property_name: 'item', operator: 'eq', property_value: 'ink' }],
    },
  };
  assert.deepEqual(await result('multi_analysis', { analyses }), { sold: 5, buyers: 3, 'dear ink': 6 });
  assert.deepEqual(
    await result('multi_analysis', {
      analyses,
      group_by: 'item',
      order_by: { property_name: 'buyers', direction: 'DESC' },
      limit: 2,
    }),
    [
      { item: 'ink', sold: 2, buyers: 2, 'dear ink': 6 },
      { item: 'stamp', sold: 2, buyers: 2, 'dear ink': null },
    ],
  );
  const [, , today] = (await result('multi_analysis', { analyses, timeframe: 'this_3_days', interval: 'daily' })) as {
    value: unknown;
  }[];
  assert.deepEqual(today!.value, { sold: 3, buyers: 2, 'dear ink': 6 });
  assert.deepEqual(await result('multi_analysis', { analyses: { result: { analysis_type: 'count' } } }), { result: 5 });
});

test('a funnel counts the actors of each step, and lists them if the step asks', async (t) => {
  const { query } = await start(t);
  const step = (event_collection: string, more: object = {}) => ({
    event_collection,
    actor_property: 'user.id',
    ...more,
  });
  const counts = async (...steps: object[]) => (await query('funnel', { steps })).result;
  assert.deepEqual(await counts(step('views'), step('purchases')), [4, 2]);
  assert.deepEqual(await counts(step('views'), step('purchases', { inverted: true }), step('views')), [4, 2, 2]);
  assert.deepEqual(await counts(step('views'), step('purchases', { optional: true }), step('views')), [4, 2, 4]);
  assert.deepEqual(
    await counts(step('views'), step('purchases', { timeframe: 'this_1_days' }), step('nowhere')),
    [4, 1, 0],
  );
  assert.deepEqual(
    await counts(
      step('purchases', {
        timeframe: { start: '2024-05-13', end: '2024-05-14' },
        filters: [{ property_name: 'price', operator: 'gt', property_value: 1 }],
      }),
    ),
    [1],
  );

  const answer = await query('funnel', {
    steps: [
      step('views', { with_actors: true }),
      step('purchases', { timeframe: 'this_1_days', timezone: 'Europe/Berlin' }),
    ],
  });
  const defaults = { actor_property: 'user.id', filters: [], inverted: false, optional: false };
  assert.deepEqual(answer, {
    result: [4, 1],
    actors: [['ada', 'bob', 'cid', 'dan'], null],
    steps: [
      { event_collection: 'views', ...defaults, timeframe: null, timezone: null, with_actors: true },
      {
        event_collection: 'purchases',
        ...defaults,
        timeframe: 'this_1_days',
        timezone: 'Europe/Berlin',
        with_actors: false,
      },
    ],
  });
});

test('the filters of an Access Key apply to every event of a query, and do not appear in the answer', async (t) => {
  const { ask, result, query } = await start(t);
  const filters = [{ property_name: 'user.id', operator: 'ne', property_value: 'ada' }];
  const made = await ask('/keys', KEYS.master, {
    name: 'no ada',
    is_active: true,
    permitted: ['queries'],
    options: { queries: { filters } },
  });
  const { key } = (await made.json()) as { key: string };
  assert.equal(await result('count', {}, key), 3);
  assert.equal(
    await result('count', { filters: [{ property_name: 'user.id', operator: 'eq', property_value: 'ada' }] }, key),
    0,
  );
  assert.deepEqual(await result('select_unique', { target_property: 'user.id' }, key), ['bob', 'eve']);
  assert.deepEqual(
    await result(
      'multi_analysis',
      {
        analyses: {
          a: { analysis_type: 'count' },
          b: { analysis_type: 'count', filters: [{ property_name: 'item', operator: 'eq', property_value: 'stamp' }] },
        },
      },
      key,
    ),
    { a: 3, b: 1 },
  );
  assert.equal(((await result('extraction', {}, key)) as unknown[]).length, 3);
  assert.deepEqual(
    await result('count', { group_by: 'user.id', timeframe: 'this_3_days', interval: 'every_3_days' }, key),
    [
      {
        value: [
          { 'user.id': 'bob', result: 1 },
          { 'user.id': 'eve', result: 1 },
          { 'user.id': null, result: 1 },
        ],
        timeframe: { start: '2024-05-13T00:00:00.000Z', end: '2024-05-16T00:00:00.000Z' },
      },
    ],
  );
  // Every step, also an inverted one.
  const steps = [
    { event_collection: 'views', actor_property: 'user.id', with_actors: true },
    { event_collection: 'purchases', actor_property: 'user.id', inverted: true, with_actors: true },
  ];
  const funnel = (await query('funnel', { steps }, key)) as {
    result: number[];
    actors: string[][];
    steps: { filters: unknown[] }[];
  };
  assert.deepEqual(
    [funnel.result, funnel.actors],
    [
      [3, 2],
      [
        ['bob', 'cid', 'dan'],
        ['cid', 'dan'],
      ],
    ],
  );
  assert.deepEqual(
    funnel.steps.map((step) => step.filters),
    [[], []],
  );
});

test('an invalid parameter gets 400 with its name', async (t) => {
  const { ask } = await start(t);
  const step = { event_collection: 'views', actor_property: 'user.id' };
  const table: [string, Record<string, unknown>, RegExp][] = [
    ['sum', {}, /"target_property"/],
    ['sum', { target_property: 'a..b' }, /"target_property"/],
    ['sum', { target_property: ['price'] }, /"target_property"/],
    ['percentile', { target_property: 'price' }, /"percentile"/],
    ['percentile', { target_property: 'price', percentile: 101 }, /"percentile"/],
    ['percentile', { target_property: 'price', percentile: '' }, /"percentile"/],
    ['count', { interval: 'daily' }, /"interval" needs a "timeframe"/],
    ['count', { interval: 'sometimes', timeframe: 'today' }, /"interval"/],
    ['count', { interval: 'minutely', timeframe: 'this_2_years' }, /"interval"/],
    ['count', { group_by: [] }, /"group_by"/],
    ['count', { group_by: [1] }, /"group_by"/],
    ['count', { group_by: '[' }, /"group_by"/],
    ['count', { group_by: Array(21).fill('a') }, /"group_by"/],
    ['count', { order_by: { property_name: 'result' } }, /"order_by" needs a "group_by"/],
    ['count', { group_by: 'item', order_by: { property_name: 'price' } }, /"order_by".*"result", "item"/],
    ['count', { group_by: 'item', order_by: { property_name: 'item', direction: 'up' } }, /"direction"/],
    ['count', { limit: 3 }, /"limit" needs a "group_by"/],
    ['count', { group_by: 'item', limit: 0 }, /"limit"/],
    ['multi_analysis', {}, /"analyses"/],
    ['multi_analysis', { analyses: {} }, /"analyses"/],
    ['multi_analysis', { analyses: { a: {} } }, /"analysis_type"/],
    ['multi_analysis', { analyses: { a: { analysis_type: 'extraction' } } }, /"analysis_type"/],
    ['multi_analysis', { analyses: { a: { analysis_type: 'sum' } } }, /"target_property"/],
    ['funnel', {}, /"steps"/],
    ['funnel', { steps: [] }, /"steps"/],
    ['funnel', { steps: [1] }, /"steps"/],
    ['funnel', { steps: [{ event_collection: 'views' }] }, /"actor_property"/],
    ['funnel', { steps: [{ actor_property: 'a' }] }, /"event_collection"/],
    ['funnel', { steps: [{ ...step, inverted: true }] }, /"inverted"/],
    ['funnel', { steps: [step, { ...step, optional: 'yes' }] }, /"optional"/],
    ['funnel', { steps: [step, { ...step, timeframe: 'once' }] }, /"timeframe"/],
    ['extraction', { email: 'a@example.com' }, /"email" .*sends no mail/],
    ['count', { include_metadata: true }, /"include_metadata"/],
    ['funnel', { steps: [step], include_metadata: 'true' }, /"include_metadata"/],
    ['extraction', { include_metadata: 1 }, /"include_metadata"/],
    ['count', { jsonp: 'cb' }, /"jsonp"/],
    ['count', { group_by: { property_name: 'price', buckets: { size: 10 } } }, /"group_by" .*"buckets" .*"ranges"/],
    ['count', { group_by: [{ property_name: 'price', ranges: [{ from: 0, to: 1 }] }] }, /"group_by" .*"ranges"/],
    ['count', { filters: [{ operator: 'or', operands: [] }] }, /"operands"/],
    ['count', { event_collection: undefined }, /"event_collection"/],
    ['count', { timeframe: 'today', timezone: 'Moon' }, /"timezone"/],
    // Misspelt parameters would otherwise be ignored, and the query would count everything.
    ['count', { analysis_type: 'sum' }, /"analysis_type" must be count/],
    ['count', { time_frame: 'today' }, /"time_frame" .*"timeframe"\?/],
    ['sum', { target_property: 'price', groupby: 'item' }, /"groupby" .*"group_by"\?/],
    ['count', { filter: [] }, /"filter" .*"filters"\?/],
    ['count', { latest: 3 }, /"latest" is no parameter of count/],
    ['count', { group_by: 'item', order_by: { property_name: 'item', dir: 'DESC' } }, /"dir" .*"direction"\?/],
    ['multi_analysis', { analyses: { a: { analysis_type: 'count', filter: [] } } }, /"filter" .*"filters"\?/],
    ['multi_analysis', { analysis: {} }, /"analysis" .*"analyses"\?/],
    ['funnel', { steps: [{ ...step, timeframes: 'today' }] }, /"timeframes" .*"timeframe"\?/],
    ['funnel', { steps: [step], filters: [] }, /"filters" is no parameter of funnel/],
    ['extraction', { property_name: ['item'] }, /"property_name" .*"property_names"\?/],
    ['count', { [KEYS.master]: 1 }, /^A parameter of count is unknown/],
    ['count', { __proto__x: 1 }, /"__proto__x"/],
  ];
  for (const [type, parameters, message] of table) {
    const response = await ask(`/queries/${type}`, KEYS.read, { event_collection: 'purchases', ...parameters });
    const body = (await response.json()) as { message: string; error_code: string };
    assert.deepEqual(
      [response.status, body.error_code],
      [400, 'InvalidParameterError'],
      `${type} ${JSON.stringify(parameters)}`,
    );
    assert.match(body.message, message);
  }
  for (const path of ['count?time_frame=today', 'count?groupby=item', 'count?filter=[]', 'extraction?lastest=1']) {
    const response = await ask(`/queries/${path.replace('?', '?event_collection=purchases&')}`, KEYS.read);
    assert.equal(response.status, 400, path);
    assert.match(((await response.json()) as { message: string }).message, /is no parameter of .*Is it "\w+"\?$/);
  }
  for (const path of ['/queries/count?timeframe=this_7_days', '/queries/extraction?latest=1']) {
    const response = await ask(path, KEYS.read, { event_collection: 'purchases' });
    assert.equal(response.status, 400, `${path}: parameters of a POST in the URL`);
  }
  for (const type of ['saved', 'saved/mine/result', 'standard', '__proto__'])
    assert.equal((await ask(`/queries/${type}`, KEYS.read)).status, 404, type);
});

test('HEAD of a query answers as GET does, without a body', async (t) => {
  const { url, ask } = await start(t);
  const head = (path: string, key: string = KEYS.read) =>
    fetch(`${url}/3.0/projects/${PROJECT}/queries/${path}`, { method: 'HEAD', headers: { authorization: key } });
  for (const [path, status] of [
    ['count?event_collection=purchases', 200],
    ['multi_analysis?event_collection=purchases&analyses={"a":{"analysis_type":"count"}}', 200],
    ['funnel?steps=[{"event_collection":"views","actor_property":"user.id"}]', 200],
    ['extraction?event_collection=purchases', 200],
    ['extraction?event_collection=purchases&latest=0', 400],
    ['sum?event_collection=purchases', 400],
    ['nothing', 404],
  ] as const) {
    const [headed, got] = [await head(path), await ask(`/queries/${path}`, KEYS.read)];
    assert.deepEqual([headed.status, got.status], [status, status], path);
    assert.equal(headed.headers.get('content-type'), got.headers.get('content-type'), path);
    assert.equal(await headed.text(), '');
  }
  assert.equal((await head('count?event_collection=purchases', KEYS.write)).status, 401);
});

test('max_age changes nothing, and include_metadata can be false', async (t) => {
  const { result } = await start(t);
  assert.equal(await result('count', { max_age: 300 }), 5);
  for (const include_metadata of [false, 'false', '']) assert.equal(await result('count', { include_metadata }), 5);
});

test('or filters hold in every place that takes filters', async (t) => {
  const { ask, url, result, query } = await start(t);
  const or = [
    {
      operator: 'or',
      operands: [
        { property_name: 'user.id', operator: 'eq', property_value: 'ada' },
        {
          operator: 'or',
          operands: [
            { property_name: 'user.id', operator: 'eq', property_value: 'dan' },
            { property_name: 'price', operator: 'gt', property_value: 5 },
          ],
        },
      ],
    },
  ];
  assert.equal(await result('count', { filters: or }), 2);
  assert.equal(((await result('extraction', { filters: or })) as unknown[]).length, 2);
  assert.deepEqual(await result('multi_analysis', { analyses: { some: { analysis_type: 'count', filters: or } } }), {
    some: 2,
  });
  const step = { event_collection: 'views', actor_property: 'user.id' };
  const funnel = (await query('funnel', { steps: [{ ...step, filters: or }, step] })) as unknown as {
    steps: { filters: unknown }[];
  };
  assert.deepEqual(
    { ...funnel, steps: funnel.steps.map(({ filters }) => filters) },
    { result: [2, 2], steps: [or, []], warnings: ['The schema of "views" has no property "price".'] },
  );

  const made = await ask('/keys', KEYS.master, {
    name: 'ada, dan or expensive',
    permitted: ['queries'],
    options: { queries: { filters: or } },
  });
  const { key } = (await made.json()) as { key: string };
  assert.equal(await result('count', {}, key), 2);
  assert.equal(await result('count', { event_collection: 'views' }, key), 3);

  const removed = await fetch(
    `${url}/3.0/projects/${PROJECT}/events/views?filters=${encodeURIComponent(JSON.stringify(or))}`,
    { method: 'DELETE', headers: { authorization: KEYS.master } },
  );
  assert.equal(removed.status, 204);
  assert.deepEqual(await result('select_unique', { event_collection: 'views', target_property: 'user.id' }), [
    'bob',
    'cid',
  ]);
});

test('times have a minimum and a maximum, also by group and in order', async (t) => {
  const { result } = await start(t);
  const time = { target_property: 'keen.timestamp' };
  assert.equal(await result('minimum', time), '2024-05-13T10:00:00.000Z');
  assert.equal(await result('maximum', time), '2024-05-15T11:00:00.000Z');
  assert.equal(await result('maximum', { target_property: 'keen.created_at' }), new Date(NOW).toISOString());
  assert.equal(await result('minimum', { ...time, event_collection: 'nothing' }), null);
  // When was each user first seen?
  assert.deepEqual(
    await result('minimum', { ...time, group_by: 'user.id', order_by: { property_name: 'result', direction: 'DESC' } }),
    [
      { 'user.id': null, result: '2024-05-15T11:00:00.000Z' },
      { 'user.id': 'eve', result: '2024-05-15T10:00:00.000Z' },
      { 'user.id': 'bob', result: '2024-05-13T22:30:00.000Z' },
      { 'user.id': 'ada', result: '2024-05-13T10:00:00.000Z' },
    ],
  );
});

test('a sum has no more decimal places than its numbers', async (t) => {
  const { ask, result } = await start(t);
  const cents = Array.from({ length: 3_000 }, (_, n) => (n * 7_919) % 10_000);
  const sales = cents.map((cent, n) => ({ price: cent / 100, even: n % 2 === 0 }));
  const odd = [
    [0.1, 0.2],
    [1e-7, 2e-7],
    [0.1, '0.123'],
    [-0.1, 0.1, 1e-20],
    [1e18, 1e18],
  ];
  assert.equal((await ask('/events', KEYS.write, { sales })).status, 200);
  const total = (some: number[]) => some.reduce((sum, cent) => sum + cent, 0) / 100;
  const sum = { event_collection: 'sales', target_property: 'price' };
  assert.equal(await result('sum', sum), total(cents));
  assert.deepEqual(await result('sum', { ...sum, group_by: 'even' }), [
    { even: false, result: total(cents.filter((_, n) => n % 2)) },
    { even: true, result: total(cents.filter((_, n) => n % 2 === 0)) },
  ]);
  for (const [index, expected] of [0.3, 3e-7, 0.1, 1e-20, 2e18].entries()) {
    await ask('/events', KEYS.write, { [`odd${index}`]: odd[index]!.map((n) => ({ n })) });
    const found = await result('sum', { event_collection: `odd${index}`, target_property: 'n' });
    assert.ok(Math.abs((found as number) - expected) <= Math.abs(expected) * 1e-15, `${odd[index]}: ${found}`);
  }
});

test('an answer warns of a collection or property that never came', async (t) => {
  const { ask, query, result } = await start(t);
  const filter = (property_name: string) => ({ property_name, operator: 'exists', property_value: true });
  const warnings = async (...given: Parameters<typeof query>) =>
    ((await query(...given)) as { warnings?: string[] }).warnings;
  assert.deepEqual(await query('count', { event_collection: 'purchase' }), {
    result: 0,
    warnings: ['The schema has no collection "purchase".'],
  });
  const no = (...paths: string[]) => paths.map((path) => `The schema of "purchases" has no property "${path}".`);
  assert.deepEqual(await warnings('sum', { target_property: 'prize' }), no('prize'));
  assert.deepEqual(
    await warnings('count', { group_by: ['item', 'itm'], filters: [filter('user'), filter('usr.id')] }),
    no('itm', 'usr.id'),
  );
  const or = (...operands: object[]) => ({ operator: 'or', operands });
  assert.deepEqual(
    await warnings('count', { filters: [or(filter('item'), filter('itm'), or(filter('usr.id')))] }),
    no('itm', 'usr.id'),
  );
  const analyses = { a: { analysis_type: 'sum', target_property: 'prize', filters: [filter('x')] } };
  assert.deepEqual(await warnings('multi_analysis', { analyses }), no('prize', 'x'));
  assert.deepEqual(await warnings('extraction', { property_names: ['item', 'itm'] }), no('itm'));
  assert.deepEqual(await query('extraction', { event_collection: 'purchase' }), {
    result: [],
    warnings: ['The schema has no collection "purchase".'],
  });
  const steps = [{ event_collection: 'purchases', actor_property: 'usr' }];
  assert.deepEqual(await warnings('funnel', { steps }), no('usr'));
  assert.equal(await warnings('minimum', { target_property: 'keen.timestamp', group_by: 'user' }), undefined);

  // A key that may not read the schema is told nothing about it.
  const made = await ask('/keys', KEYS.master, { name: 'a', permitted: ['queries'] });
  const { key } = (await made.json()) as { key: string };
  assert.deepEqual(await query('count', { event_collection: 'purchase' }, key), { result: 0 });
  assert.equal(await result('count'), 5);
});

test('an interrupted answer is no valid JSON, and the next one is complete', async (t) => {
  const { storage, ask } = await startServer(t);
  await ask('/events/things', KEYS.write, { a: 1 });
  async function* breakOff() {
    yield ['{"a":1}'];
    throw new Error('the disk is gone');
  }
  const broken = await startServer(t, { storage: { ...storage, query: breakOff as typeof storage.query } });
  await assert.rejects(
    broken.ask('/queries/extraction?event_collection=things', KEYS.read).then((response) => response.text()),
    /terminated/,
  );
  assert.equal((await broken.ask('/events', KEYS.read)).status, 200);
  assert.equal(
    ((await (await ask('/queries/extraction?event_collection=things', KEYS.read)).json()) as { result: unknown[] })
      .result.length,
    1,
  );
});

test('a client that goes away frees its place for the next', async (t) => {
  const { storage } = await startServer(t);
  const signals: AbortSignal[] = [];
  const waiting = (_query: unknown, signal: AbortSignal) => ({
    async *[Symbol.asyncIterator]() {
      signals.push(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw unavailable('nobody waits');
    },
  });
  const { url } = await startServer(t, { storage: { ...storage, query: waiting as unknown as typeof storage.query } });
  const own = {
    count: {},
    multi_analysis: { analyses: { a: { analysis_type: 'count' } } },
    funnel: { steps: [{ event_collection: 'things', actor_property: 'a' }] },
    extraction: {},
  };
  for (const [type, parameters] of Object.entries(own)) {
    const client = new AbortController();
    const body = JSON.stringify({ event_collection: 'things', ...parameters });
    const answer = fetch(`${url}/3.0/projects/${PROJECT}/queries/${type}`, {
      method: 'POST',
      body,
      headers: { authorization: KEYS.read, 'content-type': 'application/json' },
      signal: client.signal,
    });
    while (!signals.length) await new Promise((resolve) => setImmediate(resolve));
    const signal = signals.pop()!;
    assert.equal(signal.aborted, false);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    client.abort();
    await assert.rejects(answer, { name: 'AbortError' });
    await aborted;
  }
});

test('any string, even half a surrogate pair, is treated as a value only', async (t) => {
  const { ask, result } = await start(t);
  const odd = ['\ud800', 'a\u0000b', '"', "'; DROP TABLE events; --", '$1', '%', '\\', '\u2028', '/~1'];
  await ask('/events', KEYS.write, { odd: odd.map((text) => ({ text, list: [text] })) });
  for (const text of odd) {
    for (const operator of ['eq', 'contains', 'gte']) {
      const found = await result('count', {
        event_collection: 'odd',
        filters: [{ property_name: 'text', operator, property_value: text }],
      });
      assert.ok((found as number) >= 1, JSON.stringify([operator, text]));
    }
    assert.equal(
      await result('count', {
        event_collection: 'odd',
        filters: [{ property_name: 'text', operator: 'in', property_value: [text] }],
      }),
      1,
      JSON.stringify(text),
    );
    assert.equal(
      await result('count', {
        event_collection: 'odd',
        filters: [{ property_name: 'list', operator: 'in', property_value: [text] }],
      }),
      1,
      JSON.stringify(text),
    );
    // As a name too; a URL cannot hold half a surrogate pair.
    if (text !== odd[0])
      assert.deepEqual(await result('count', { event_collection: 'odd', group_by: `x${text}` }), [
        { [`x${text}`]: null, result: odd.length },
      ]);
  }
  assert.equal(await result('count'), 5);
});

test('parameters out of range get 400', async (t) => {
  const { ask } = await startServer(t);
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const filter = `{"property_name": "a", "operator": "exists", "property_value": true, "more": ${deep(20_000)}}`;
  const timeframe = `{"start": "2024-01-01", "end": "2024-01-02", "more": ${deep(20_000)}}`;
  const step = '"event_collection": "things", "actor_property": "a"';
  const bodies: [string, string][] = [
    ...['years', 'quarters', 'months', 'weeks', 'days'].flatMap((unit): [string, string][] =>
      ['this', 'previous'].flatMap((which): [string, string][] =>
        ['UTC', 'Europe/Berlin'].map((timezone) => [
          'count',
          JSON.stringify({ event_collection: 'things', timeframe: `${which}_99999_${unit}`, timezone }),
        ]),
      ),
    ),
    ['count', '{"event_collection": "things", "timeframe": {"start": "0000-01-01T00:00+01:00", "end": "2024-01-01"}}'],
    ['count', '{"event_collection": "things", "timeframe": {"start": "2024-01-01", "end": "9999-12-31T23:59-01:00"}}'],
    ['funnel', `{"steps": [{${step}, "filters": [${filter}]}]}`],
    ['funnel', `{"steps": [{${step}, "timeframe": ${timeframe}}]}`],
    ['funnel', `{"steps": [{${step}}], "timeframe": ${timeframe}}`],
    ['count', '{"event_collection": "things", "group_by": ["a", "a"]}'],
    ['count', '{"event_collection": "things", "group_by": "result"}'],
    [
      'multi_analysis',
      '{"event_collection": "things", "group_by": "n", "analyses": {"n": {"analysis_type": "count"}}}',
    ],
    ['count', JSON.stringify({ event_collection: 'things', group_by: 'a', order_by: Array(200_000).fill('a') })],
    [
      'count',
      '{"event_collection": "things", "filters": [{"property_name": "a", "operator": "gt", "property_value": 1e999}]}',
    ],
  ];
  for (const [type, body] of bodies) {
    const { status } = await ask(`/queries/${type}`, KEYS.read, body);
    const isLong = /_(weeks|days|months|quarters)/.test(body);
    assert.ok(status === 400 || (isLong && status === 200), `${status} for ${type} ${body.slice(0, 120)}`);
  }
  const options = [`{"queries": {"filters": [${filter}]}}`, `{"datasets": {"a": ${deep(20_000)}}}`];
  for (const option of options) {
    const body = `{"name": "n", "permitted": ["queries"], "options": ${option}}`;
    assert.equal((await ask('/keys', KEYS.master, body)).status, 400);
  }
});

test('each interval can slice any timeframe of any zone', async (t) => {
  const { ask } = await startServer(t);
  await ask('/events/things', KEYS.write, { a: 1, keen: { timestamp: '2024-05-05T12:00:00Z' } });
  const timeframes = [
    { start: '0000-01-01', end: '9999-12-31T00:00Z' },
    { start: '0000-01-01', end: '0000-01-02T00:00Z' },
    { start: '9999-12-31', end: '9999-12-31T23:59:59.999Z' },
    { start: '2000-01-01', end: '2027-05-01T00:00Z' },
  ];
  for (const timezone of ['UTC', 'Europe/Berlin', 'Pacific/Apia', 86_400]) {
    for (const timeframe of timeframes) {
      for (const interval of ['daily', 'every_9999_days', 'every_9999_years', 'every_9999_minutes', 'yearly']) {
        const answer = await ask('/queries/count', KEYS.read, {
          event_collection: 'things',
          timeframe,
          timezone,
          interval,
        });
        const label = JSON.stringify([timezone, timeframe, interval]);
        const { result, message } = (await answer.json()) as {
          result?: { timeframe: { end: string } }[];
          message?: string;
        };
        if (answer.status === 400) assert.match(message!, /more than 10000 parts/, label);
        else assert.equal(result?.at(-1)?.timeframe.end, new Date(timeframe.end).toISOString(), label);
      }
    }
  }
});
