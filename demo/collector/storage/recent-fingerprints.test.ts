import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recentFingerprints, SPAN } from './recent-fingerprints.ts';

test('a span is forgotten once all of it is too old, and not before', () => {
  const recent = recentFingerprints();
  recent.add(1, 0);
  recent.add(2, SPAN - 1);
  recent.add(3, SPAN);
  const known = () => [1, 2, 3].filter(recent.has);
  recent.forget(SPAN - 1);
  assert.deepEqual(known(), [1, 2, 3]);
  recent.forget(SPAN);
  assert.deepEqual(known(), [3]);
  recent.forget(10 * SPAN);
  assert.deepEqual(known(), []);
  recent.add(1, 10 * SPAN);
  assert.deepEqual(known(), [1]);
});
