import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEYS, startServer } from '../testing/server.ts';
import { jsonPieces, MAX_AT_ONCE } from './large-answer.ts';

test('the pieces of a value are its JSON, and each of them is short', () => {
  const many = Array.from({ length: 2.5 * MAX_AT_ONCE }, (_, n) => (n % 2 ? n : `"ä${n}`));
  const values = [
    null,
    'text',
    1.5,
    [],
    {},
    [[]],
    { a: {} },
    { a: [], b: undefined, c: null },
    [undefined, null, [undefined]],
    JSON.parse('{"__proto__": [1], "a\\"b": {"c": [{}]}}'),
    { result: many },
    { result: many.map((value) => ({ value, list: [value] })), warnings: ['x'] },
    { result: [{ value: many, timeframe: { start: 'a', end: 'b' } }] },
  ];
  for (const value of values) {
    const pieces = [...jsonPieces(value)];
    assert.equal(pieces.join(''), JSON.stringify(value));
    for (const piece of pieces) assert.ok(piece.length < 20_000, `${piece.length} characters`);
  }
});

test('a large answer is the same as many small ones', async (t) => {
  const { ask } = await startServer(t);
  const good = Array.from({ length: MAX_AT_ONCE }, (_, n) => ({ n }));
  const response = await ask('/events', KEYS.write, { a: [...good, {}], __proto__: null, b: [{ c: 1 }], 'c"': [] });
  assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
  const answer = (await response.json()) as Record<string, { success: boolean; error?: { name: string } }[]>;
  assert.deepEqual(Object.keys(answer), ['a', 'b', 'c"']);
  assert.equal(answer.a!.length, MAX_AT_ONCE + 1);
  assert.ok(answer.a!.slice(0, -1).every(({ success }) => success));
  assert.equal(answer.a!.at(-1)!.error!.name, 'InvalidEventError');
  assert.deepEqual(answer.b, [{ success: true }]);
  assert.deepEqual(answer['c"'], []);

  const groups = await ask(`/queries/count?event_collection=a&group_by=n&order_by=n`, KEYS.read);
  const { result } = (await groups.json()) as { result: { n: number; result: number }[] };
  assert.deepEqual(
    result,
    good.map(({ n }) => ({ n, result: 1 })),
  );
});
