import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurn, nextTurn } from './turns.ts';

const workFor = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
};

test('work gives way after five milliseconds, and not before', async () => {
  const turn = createTurn();
  assert.equal(turn.giveWay(), undefined);
  workFor(6);
  const next = turn.giveWay();
  assert.ok(next);
  await next;
  assert.equal(turn.giveWay(), undefined, 'the next turn has its own five milliseconds');
});

test('many pieces of work take turns in order, one in each pass of the event loop', async () => {
  const order: string[] = [];
  let passes = 0;
  const count = () => {
    passes++;
    if (order.length < 6) setImmediate(count);
  };
  setImmediate(count);
  const work = async (name: string) => {
    for (const round of [1, 2]) {
      await nextTurn();
      order.push(`${name}${round}`);
    }
  };
  await Promise.all(['a', 'b', 'c'].map(work));
  assert.deepEqual(order, ['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  assert.ok(passes >= 5, `${passes} passes`);
});
