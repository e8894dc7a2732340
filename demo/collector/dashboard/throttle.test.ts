import assert from 'node:assert/strict';
import { test } from 'node:test';
import { throttle } from './throttle.ts';

test('a slow call runs rarely, and callers in between share its answer', async () => {
  let now = 0;
  let takes = 100;
  let asked = 0;
  const ask = throttle(
    async () => {
      now += takes;
      return ++asked;
    },
    () => now,
  );
  assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  now += 399;
  assert.equal(await ask(), 1);
  now += 1;
  takes = 0;
  assert.equal(await ask(), 2);
  assert.equal(await ask(), 3, 'a fast call is not limited');
});

test('callers of a failed call get the error, and the next call runs again', async () => {
  let fails = true;
  const ask = throttle(
    async () => {
      if (fails) throw new Error('no');
      return 'yes';
    },
    () => 0,
  );
  await assert.rejects(ask(), /no/);
  fails = false;
  assert.equal(await ask(), 'yes');
});
