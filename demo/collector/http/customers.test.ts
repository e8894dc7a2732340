import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, startServer } from '../testing/server.ts';

/**
 * The purpose of Keen's Access Keys: each customer of one project has a key, which sees and writes only that customer's
 * events.
 */
test('a customer’s Access Key writes and sees only that customer’s events, in every query', async (t) => {
  const { ask } = await startServer(t);
  const keyOf = async (id: string) => {
    const made = await ask('/keys', KEYS.master, {
      name: id,
      permitted: ['writes', 'queries'],
      options: {
        writes: { autofill: { customer: { id } } },
        queries: { filters: [{ property_name: 'customer.id', operator: 'eq', property_value: id }] },
      },
    });
    return ((await made.json()) as { key: string }).key;
  };
  const [ada, bob] = [await keyOf('ada'), await keyOf('bob')];
  const visits = (who: string, prices: number[], customer: string) =>
    prices.map((price) => ({ who, price, customer: { id: customer } }));
  // Each event claims to be the other customer's, which the autofill corrects.
  await ask('/events', ada, { visits: visits('ada', [1, 2], 'bob'), buys: [{ who: 'ada' }] });
  await ask('/events', bob, { visits: visits('bob', [10, 20, 30], 'ada'), buys: [{ who: 'bob' }] });

  const on = { event_collection: 'visits' };
  const price = { ...on, target_property: 'price' };
  const everyone = [{ property_name: 'customer.id', operator: 'in', property_value: ['ada', 'bob'] }];
  const queries: [type: string, body: Record<string, unknown>, result: unknown][] = [
    ['count', on, 2],
    ['count', { ...on, filters: everyone }, 2],
    ['count', { ...on, filters: [{ property_name: 'customer.id', operator: 'ne', property_value: 'ada' }] }, 0],
    ['count', { ...on, filters: [{ property_name: 'who', operator: 'exists', property_value: false }] }, 0],
    ['count', { ...on, group_by: 'customer.id' }, [{ 'customer.id': 'ada', result: 2 }]],
    ['count_unique', { ...on, target_property: 'who' }, 1],
    ['sum', price, 3],
    ['average', price, 1.5],
    ['minimum', price, 1],
    ['maximum', price, 2],
    ['median', price, 1.5],
    ['percentile', { ...price, percentile: 100 }, 2],
    ['standard_deviation', price, 0.5],
    ['select_unique', { ...on, target_property: 'customer.id' }, ['ada']],
    [
      'extraction',
      { ...on, property_names: ['who', 'price'] },
      [
        { who: 'ada', price: 1 },
        { who: 'ada', price: 2 },
      ],
    ],
    [
      'extraction',
      { ...on, latest: 9, filters: everyone, property_names: 'customer.id' },
      [{ customer: { id: 'ada' } }, { customer: { id: 'ada' } }],
    ],
    [
      'multi_analysis',
      {
        ...on,
        analyses: { all: { analysis_type: 'count' }, most: { analysis_type: 'maximum', target_property: 'price' } },
      },
      { all: 2, most: 2 },
    ],
    [
      'funnel',
      {
        steps: ['visits', 'buys'].map((event_collection) => ({
          event_collection,
          actor_property: 'who',
          timeframe: 'this_2_days',
          filters: everyone,
        })),
      },
      [1, 1],
    ],
  ];
  for (const [type, body, expected] of queries) {
    const timeframe = type === 'funnel' ? {} : { timeframe: 'this_2_days' };
    const asked = await ask(`/queries/${type}`, ada, { ...body, ...timeframe });
    const { result, message } = (await asked.json()) as { result: unknown; message?: string };
    const label = `${type} ${JSON.stringify(body)} ${message ?? ''}`;
    if (type === 'standard_deviation')
      assert.ok(Number(result) < 1, label); // of a sample or of all
    else assert.deepEqual(result, expected, label);
    // As a GET too, with filters as text.
    if (type === 'multi_analysis' || type === 'funnel') continue;
    const parameters = new URLSearchParams(
      Object.entries({ ...body, ...timeframe }).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
    const again = await ask(`/queries/${type}?${parameters}`, ada);
    assert.deepEqual(((await again.json()) as { result: unknown }).result, result, label);
  }
  // Nothing else is permitted: no schema, no keys, no deletion.
  for (const path of ['/events', '/events/visits', '/keys'])
    assert.ok([401, 403].includes((await ask(path, ada)).status), path);
});
