import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_MS, createTimeBuckets } from './time-buckets.ts';

test('a bucket is dropped once all of it is before the limit', () => {
  const buckets = createTimeBuckets(() => new Set<number>());
  buckets.at(0).add(1);
  buckets.at(BUCKET_MS - 1).add(2);
  buckets.at(BUCKET_MS).add(3);
  const entries = () => buckets.all().flatMap((bucket) => [...bucket]);
  buckets.dropBefore(BUCKET_MS - 1);
  assert.deepEqual(entries(), [1, 2, 3]);
  buckets.dropBefore(BUCKET_MS);
  assert.deepEqual(entries(), [3]);
  buckets.dropBefore(10 * BUCKET_MS);
  assert.deepEqual(entries(), []);
  buckets.at(10 * BUCKET_MS).add(1);
  assert.deepEqual(entries(), [1]);
});
