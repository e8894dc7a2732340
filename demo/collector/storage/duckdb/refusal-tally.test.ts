import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refusal } from '../../model/refusal.ts';
import { refusalTally } from './refusal-tally.ts';

const START = Date.parse('2024-05-15T12:00:00Z');
const refusal = (other: Partial<Refusal> = {}): Refusal => ({
  at: START,
  method: 'POST',
  route: '/r',
  status: 401,
  key: 'write',
  keyId: 'id_1',
  origin: 'https://shop.example',
  reason: 'InvalidApiKeyError: no',
  ...other,
});

test('equal refusals of one minute are one row, with when the last of them was', () => {
  const tally = refusalTally(7);
  for (const at of [0, 59_999, 60_000]) tally.add(refusal({ at: START + at }));
  tally.add(refusal({ at: START + 60_001, status: 403 }));
  assert.deepEqual(tally.take(), [
    { ...refusal({ at: START + 59_999 }), id: 7, times: 2 },
    { ...refusal({ at: START + 60_000 }), id: 8, times: 1 },
    { ...refusal({ at: START + 60_001, status: 403 }), id: 9, times: 1 },
  ]);
  assert.deepEqual(tally.take(), []);
  tally.add(refusal({ at: START + 60_002 }));
  assert.deepEqual(
    tally.take().map(({ id, times }) => [id, times]),
    [[8, 2]],
    'the same row, with all of them',
  );
});

test('rows differ in everything but their time', () => {
  const tally = refusalTally(1);
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
  for (const other of others) tally.add(refusal(other));
  assert.equal(tally.take().length, others.length);
});

test('a flood, however varied, is a few hundred rows a minute, and none of it goes uncounted', () => {
  const tally = refusalTally(1);
  for (let n = 0; n < 50_000; n++)
    tally.add(
      refusal({
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
  tally.add(refusal({ route: '/0', origin: 'https://0.example', reason: 'ResourceNotFoundError: 0' }));
  assert.equal(tally.take()[0]!.times, 2, 'one that has its row still counts there');
});

test('what whoever asks can make long is cut', () => {
  const tally = refusalTally(1);
  for (const end of ['a', 'b'])
    tally.add(
      refusal({
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

test('what could not be written is taken again, but not for ever more', () => {
  const tally = refusalTally(1);
  tally.add(refusal());
  const rows = tally.take();
  tally.putBack(rows);
  tally.add(refusal());
  assert.deepEqual(
    tally.take().map(({ times }) => times),
    [2],
  );
  for (let minute = 0; minute < 40; minute++) {
    for (let n = 0; n < 300; n++) tally.add(refusal({ at: START + minute * 60_000, route: `/${n}` }));
    tally.putBack(tally.take());
  }
  assert.ok(tally.take().length <= 2_000);
});
