import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DashboardData } from '../dashboard/page/data.ts';
import { logIn } from '../testing/log-in.ts';
import { KEYS, startServer } from '../testing/server.ts';

test('events dated far from their arrival are taken, and told apart in answers and on the dashboard', async (t) => {
  const { url, ask } = await startServer(t);
  const dated = (timestamp: string) => ({ n: 1, keen: { timestamp } });
  const sent = await ask('/events', KEYS.write, {
    visits: [dated('2090-01-01T00:00:00Z'), dated('1971-01-01T00:00:00Z'), dated('1969-01-01T00:00:00Z'), { n: 1 }],
    orders: [{ n: 1 }],
  });
  assert.equal(sent.status, 200);
  const count = async (event_collection: string, key = KEYS.read) =>
    (await ask('/queries/count', key, { event_collection })).json();
  const warning =
    'Of the events of "visits", there are 1 dated more than a day after their arrival, and 2 dated more than ten years before it. A timeframe goes by these dates.';
  assert.deepEqual(await count('visits'), { result: 4, warnings: [warning] });
  assert.deepEqual(await count('orders'), { result: 1 });
  const step = { event_collection: 'visits', actor_property: 'keen.id' };
  const funnel = await ask('/queries/funnel', KEYS.read, { steps: [step, step] });
  assert.deepEqual(((await funnel.json()) as { warnings: string[] }).warnings, [warning]);
  // A key that may not read the schema is told nothing about other events of the collection.
  const made = await ask('/keys', KEYS.master, { name: 'k', is_active: true, permitted: ['queries'], options: {} });
  assert.deepEqual(await count('visits', ((await made.json()) as { key: string }).key), { result: 4 });

  const response = await fetch(`${url}/dashboard/data`, { headers: { cookie: await logIn(url) } });
  assert.deepEqual(((await response.json()) as DashboardData).misdated, { future: 1, past: 2 });
});
