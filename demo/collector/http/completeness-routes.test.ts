import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, startServer } from '../testing/server.ts';

test('the completeness of a timeframe is received events as a share of numbered ones', async (t) => {
  let now = Date.parse('2024-05-14T12:00:00Z');
  const { ask } = await startServer(t, { now: () => now });
  const send = (page: string, ...numbers: number[]) =>
    ask('/events', KEYS.write, {
      things: numbers.map((n) => ({
        n,
        keen: { uniqueness_token: `0lvz8f3k2-${page}-${n.toString(36).padStart(9, '0')}` },
      })),
    });
  await send('111', 1, 2, 4);
  await send('111', 4);
  now = Date.parse('2024-05-15T12:00:00Z');
  await send('222', 1, 2, 3, 4, 8);
  const read = async (parameters: Record<string, string>, key: string = KEYS.read) => {
    const response = await ask(`/completeness?${new URLSearchParams(parameters)}`, key);
    return [response.status, await response.json()] as const;
  };
  const day = (start: string, end: string) => ({ start: `${start}T00:00:00.000Z`, end: `${end}T00:00:00.000Z` });
  const [first, second] = [
    { pages: 1, received: 3, repeats: 1, missing: 1, completeness: 0.75 },
    { pages: 1, received: 5, repeats: 0, missing: 3, completeness: 0.625 },
  ];
  assert.deepEqual(await read({ timeframe: 'previous_1_days' }), [
    200,
    { result: first, timeframe: day('2024-05-14', '2024-05-15') },
  ]);
  assert.deepEqual(await read({ timeframe: 'this_1_days' }, KEYS.master), [
    200,
    { result: second, timeframe: day('2024-05-15', '2024-05-16') },
  ]);
  // Days are in UTC, so a timeframe that begins within one covers all of it.
  assert.deepEqual(
    await read({ timeframe: JSON.stringify({ start: '2024-05-14T23:00Z', end: '2024-05-15T01:00Z' }) }),
    [
      200,
      {
        result: { pages: 2, received: 8, repeats: 1, missing: 4, completeness: 8 / 12 },
        timeframe: day('2024-05-14', '2024-05-16'),
      },
    ],
  );
  const [, empty] = await read({ timeframe: 'previous_1_years' });
  assert.deepEqual((empty as { result: object }).result, {
    pages: 0,
    received: 0,
    repeats: 0,
    missing: 0,
    completeness: null,
  });

  for (const parameters of [
    {},
    { timeframe: 'soon' },
    { time_frame: 'today' },
    { timeframe: 'today', timezone: 'Moon' },
  ])
    assert.equal((await read(parameters as Record<string, string>))[0], 400, JSON.stringify(parameters));
  assert.equal((await read({ timeframe: 'today' }, KEYS.write))[0], 401);
});
