// keen-query 3.2.7: a language for queries, whose answers it turns into tables.
import assert from 'node:assert/strict';
import type { Collector } from '../fixtures/collector.ts';
import { TIMEFRAME } from './analyses.ts';
import { clientTest, record } from './client-test.ts';
import { requireClient } from './install.ts';

function connect({ url, projectId, keys }: Collector) {
  const KeenQuery = requireClient('keen-query');
  KeenQuery.setConfig({ KEEN_HOST: `${url}/3.0`, KEEN_PROJECT_ID: projectId, KEEN_READ_KEY: keys.read });
  /** The rows of the table that a query makes. */
  return async (query: string) => (await KeenQuery.build(query).print('json')).rows;
}

const WHEN = `absTime(${TIMEFRAME.start},${TIMEFRAME.end})`;
const filter = (condition: string, count: number): [string, unknown] => [`count()->filter(${condition})`, count];

/** Queries of `purchases` with one value, by their part after the collection. */
const VALUES: [string, unknown][] = [
  ['count()', 4],
  ['count(user.id)', 3],
  ['min(n)', 1],
  ['max(n)', 6],
  ['sum(n)', 12],
  ['avg(n)', 3],
  ['median(n)', 2.5],
  ['percentile(n,50)', 2.5],
  ['select(user.id)', ['ada', 'bob', 'cy']],
  filter('n=2', 1),
  filter('n!=2', 3),
  filter('n>2', 2),
  filter('n>=2', 3),
  filter('n<2', 1),
  filter('n<=2', 2),
  filter('item~ink', 3),
  filter('item!~ink', 1),
  filter('n?1,6,7', 2),
  filter('n!?1,6,7', 2),
  filter('user.id', 4),
  filter('!user.id', 0),
  filter('item=red ink', 1),
];

clientTest('keen-query computes one value', async (collector) => {
  const rows = connect(collector);
  for (const [query, value] of VALUES) {
    const [[label, shown], ...others] = await rows(`purchases->${query}->${WHEN}`);
    assert.deepEqual([typeof label, shown, others], ['string', value, []], query);
  }
});

clientTest('keen-query groups by properties and by time', async (collector) => {
  const rows = connect(collector);
  const grouped = [
    ['ada', 2],
    ['bob', 1],
    ['cy', 1],
  ];
  for (const tidy of ['', '->tidy()', '->tidy(true)'])
    assert.deepEqual(await rows(`purchases->count()->group(user.id)${tidy}->${WHEN}`), grouped);
  assert.deepEqual(await rows(`purchases->sum(n)->group(user.id,item)->${WHEN}`), [
    // The columns are ink, pen and red ink.
    ['ada', 3, 1, 0],
    ['bob', 2, 0, 0],
    ['cy', 0, 0, 6],
  ]);
  for (const interval of ['d', '1_d']) {
    const days = await rows(`purchases->sum(n)->${WHEN}->interval(${interval})`);
    assert.deepEqual(
      days.map(([{ start }, sum]: [{ start: string }, number]) => [start, sum]),
      [
        ['2024-05-14T00:00:00.000Z', 3],
        ['2024-05-15T00:00:00.000Z', 9],
      ],
    );
  }
  const both = await rows(`purchases->count()->group(user.id)->${WHEN}->interval(d)`);
  assert.deepEqual(
    both.map(([, ...counts]: unknown[]) => counts),
    [
      [1, 1, 0],
      [1, 0, 1],
    ],
  );
});

clientTest('keen-query asks for relative timeframes', async (collector) => {
  await record(collector, { today: [{ n: 1 }] });
  const rows = connect(collector);
  const count = async (query: string) => (await rows(query))[0][1];
  assert.equal(await count('today->count()'), 1);
  assert.equal(await count('today->count()->relTime(2)'), 1);
  assert.equal(await count('today->count()->relTime(8_weeks)'), 1);
  assert.equal(await count('purchases->count()->relTime(previous_3_hours)'), 0);
});

clientTest('keen-query extracts events', async (collector) => {
  connect(collector);
  const query = requireClient('keen-query').build(`purchases->extract(n,user.id)->${WHEN}->filter(n>2)`);
  assert.deepEqual(await query.print('raw'), {
    result: [
      { n: 6, user: { id: 'cy' } },
      { n: 3, user: { id: 'ada' } },
    ],
  });
});

clientTest('keen-query combines queries', async (collector) => {
  const rows = connect(collector);
  const counts = `refunds->count()->${WHEN},purchases->count()->${WHEN}`;
  const values = { ratio: 0.25, pct: 25, sum: 5, subtract: -3 };
  for (const [aggregator, value] of Object.entries(values))
    assert.equal((await rows(`@${aggregator}(${counts})`))[0][1], value, aggregator);
  const users = `purchases->count()->group(user.id),purchases->sum(n)->group(user.id)`;
  assert.deepEqual(await rows(`@concat(${users})->${WHEN}`), [
    ['ada', 2, 4],
    ['bob', 1, 2],
    ['cy', 1, 6],
  ]);
  const steps = `purchases->count()->filter(n>0),refunds->count()`;
  assert.deepEqual(await rows(`@funnel(${steps})->with(user.id)->${WHEN}`), [
    ['count purchases', 3],
    ['count refunds', 1],
  ]);
});
