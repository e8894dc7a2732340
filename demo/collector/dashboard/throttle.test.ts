import assert from 'node:assert/strict';
import { test } from 'node:test';
import { throttle } from './throttle.ts';

test('a question that takes long is asked rarely, and those who ask meanwhile share the answer', async () => {
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
  assert.equal(await ask(), 3, 'what takes no time may be asked at any time');
});

test('a failure is told to who asked, and the next one asks anew', async () => {
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
