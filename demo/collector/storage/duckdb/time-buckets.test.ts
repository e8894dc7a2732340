import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN, spans } from './time-buckets.ts';

test('a span is forgotten once all of it is too old, and not before', () => {
  const sets = spans(() => new Set<number>());
  sets.at(0).add(1);
  sets.at(SPAN - 1).add(2);
  sets.at(SPAN).add(3);
  const known = () => sets.all().flatMap((set) => [...set]);
  sets.forget(SPAN - 1);
  assert.deepEqual(known(), [1, 2, 3]);
  sets.forget(SPAN);
  assert.deepEqual(known(), [3]);
  sets.forget(10 * SPAN);
  assert.deepEqual(known(), []);
  sets.at(10 * SPAN).add(1);
  assert.deepEqual(known(), [1]);
});
