import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, startServer } from '../testing/server.ts';

const step = (event_collection: string, more: object = {}) => ({ event_collection, actor_property: 'who', ...more });
const at = (who: string, time: string) => ({ who, keen: { timestamp: `2024-05-15T${time}Z` } });

const EVENTS = {
  visits: [at('a', '10:00:00'), at('b', '10:00:00'), at('c', '10:00:00'), at('c', '12:00:00'), at('d', '10:00:00')],
  orders: [at('a', '11:00:00'), at('b', '09:00:00'), at('c', '12:30:00'), at('d', '10:00:00')],
  returns: [at('a', '11:00:01'), at('c', '12:10:00')],
};

test('a funnel in order counts an actor only if each step is later than the one before', async (t) => {
  const { ask } = await startServer(t);
  await ask('/events', KEYS.write, EVENTS);
  const funnel = async (parameters: object) => {
    const response = await ask('/queries/funnel', KEYS.read, parameters);
    return (await response.json()) as { result: number[]; actors: unknown[]; message: string; error_code: string };
  };
  const steps = [step('visits'), step('orders', { with_actors: true })];
  assert.deepEqual((await funnel({ steps })).result, [4, 4]);
  // b ordered before the visit, and d at the same moment.
  const ordered = await funnel({ steps, ordered: true });
  assert.deepEqual(
    [ordered.result, ordered.actors],
    [
      [4, 2],
      [null, ['a', 'c']],
    ],
  );
  // From the latest visit that leads there: c's second one.
  assert.deepEqual((await funnel({ steps, ordered: true, within: '30_minutes' })).result, [4, 1]);
  assert.deepEqual((await funnel({ steps, ordered: true, within: '1799_seconds' })).result, [4, 0]);
  assert.deepEqual((await funnel({ steps, ordered: true, within: '1_hour' })).result, [4, 2]);
  // The time runs from the first step, not from the one before.
  const three = [step('visits'), step('orders'), step('returns')];
  assert.deepEqual((await funnel({ steps: three, ordered: true })).result, [4, 2, 1]);
  assert.deepEqual((await funnel({ steps: three, ordered: true, within: '60_minutes' })).result, [4, 2, 0]);
  // In a URL too.
  const inUrl = await ask(
    `/queries/funnel?ordered=true&within=1_hour&steps=${encodeURIComponent(JSON.stringify(steps))}`,
    KEYS.read,
  );
  assert.deepEqual(((await inUrl.json()) as { result: number[] }).result, [4, 2]);

  for (const [parameters, message] of [
    [{ within: '1_hour' }, /"within" needs "ordered"/],
    [{ ordered: false, within: '1_hour' }, /"within" needs "ordered"/],
    [{ ordered: 1 }, /"ordered" must be true or false/],
    [{ orderd: true }, /Is it "ordered"\?/],
    ...['1_month', '0_days', '1.5_hours', 'soon', 3_600_000, '1234567_days', []].map(
      (within) => [{ ordered: true, within }, /"within" must be a number of seconds/] as const,
    ),
  ] as const) {
    const answer = await funnel({ steps, ...parameters });
    assert.equal(answer.error_code, 'InvalidParameterError', JSON.stringify(parameters));
    assert.match(answer.message, message);
  }
});
