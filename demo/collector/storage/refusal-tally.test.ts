import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refusal } from '../model/refusal.ts';
import { makeRefusal } from '../testing/refusal.ts';
import { createRefusalTally } from './refusal-tally.ts';

const START = makeRefusal().at;

test('equal refusals of one minute are one row, with the time of the latest', () => {
  const tally = createRefusalTally(7);
  for (const at of [0, 59_999, 60_000]) tally.add(makeRefusal({ at: START + at }));
  tally.add(makeRefusal({ at: START + 60_001, status: 403 }));
  assert.deepEqual(tally.take(), [
    { ...makeRefusal({ at: START + 59_999 }), id: 7, times: 2 },
    { ...makeRefusal({ at: START + 60_000 }), id: 8, times: 1 },
    { ...makeRefusal({ at: START + 60_001, status: 403 }), id: 9, times: 1 },
  ]);
  assert.deepEqual(tally.take(), []);
  tally.add(makeRefusal({ at: START + 60_002 }));
  assert.deepEqual(
    tally.take().map(({ id, times }) => [id, times]),
    [[8, 2]],
    'the same row, with the total',
  );
});

test('refusals that differ in any member but the time have rows of their own', () => {
  const tally = createRefusalTally(1);
  const others: Partial<Refusal>[] = [
    {},
    { method: 'GET' },
    { route: '/s' },
    { status: 404 },
    { key: 'read' },
    { keyId: 'id_2' },
    { origin: '' },
    { reason: 'InvalidApiKeyError: other' },
  ];
  for (const other of others) tally.add(makeRefusal(other));
  assert.equal(tally.take().length, others.length);
});

test('a flood of different refusals is a few hundred rows a minute, and all of them are counted', () => {
  const tally = createRefusalTally(1);
  for (let n = 0; n < 50_000; n++)
    tally.add(
      makeRefusal({
        route: `/${n}`,
        origin: `https://${n}.example`,
        reason: `${n % 2 ? 'InvalidApiKeyError' : 'ResourceNotFoundError'}: ${n}`,
      }),
    );
  const rows = tally.take();
  assert.equal(rows.length, 202);
  assert.equal(
    rows.reduce((sum, { times }) => sum + times, 0),
    50_000,
  );
  const many = rows.slice(200);
  assert.deepEqual(
    many.map(({ method, route, keyId, origin, key }) => [method, route, keyId, origin, key]),
    Array(2).fill(['…', '…', '', '', 'write']),
  );
  assert.deepEqual(many.map(({ reason }) => reason.split(':')[0]).sort(), [
    'InvalidApiKeyError',
    'ResourceNotFoundError',
  ]);
  tally.add(makeRefusal({ route: '/0', origin: 'https://0.example', reason: 'ResourceNotFoundError: 0' }));
  assert.equal(tally.take()[0]!.times, 2, 'a refusal with a row of its own still counts there');
});

test('texts that a client can choose are truncated', () => {
  const tally = createRefusalTally(1);
  for (const end of ['a', 'b'])
    tally.add(
      makeRefusal({
        route: `/${'x'.repeat(20_000)}${end}`,
        origin: 'y'.repeat(400),
        reason: `InvalidApiKeyError: ${'z'.repeat(400)}`,
      }),
    );
  const [row, ...more] = tally.take();
  assert.deepEqual(
    [row!.route.length, row!.origin.length, row!.reason.length, row!.times, more],
    [300, 300, 300, 2, []],
  );
});

test('rows of a failed write are taken again, up to a limit', () => {
  const tally = createRefusalTally(1);
  tally.add(makeRefusal());
  const rows = tally.take();
  tally.putBack(rows);
  tally.add(makeRefusal());
  assert.deepEqual(
    tally.take().map(({ times }) => times),
    [2],
  );
  for (let minute = 0; minute < 40; minute++) {
    for (let n = 0; n < 300; n++) tally.add(makeRefusal({ at: START + minute * 60_000, route: `/${n}` }));
    tally.putBack(tally.take());
  }
  assert.ok(tally.take().length <= 2_000);
});
