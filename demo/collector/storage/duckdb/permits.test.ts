import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSemaphore } from '../semaphore.ts';
import { createPermits } from './permits.ts';

/** Longer than a query keeps its permit without a reader. */
const LONG_MS = 10_000;

const noEviction = () => assert.fail('no query is to be ended');

test('a query that waits for its reader gives its permit to others, and takes one again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const permits = createPermits(createSemaphore(1));
  const first = (await permits.acquire(LONG_MS, noEviction))!;
  first.pause();
  t.mock.timers.tick(LONG_MS);
  const second = (await permits.acquire(LONG_MS, noEviction))!;
  const resumed = first.resume(LONG_MS);
  second.release();
  assert.equal(await resumed, true);
});

test('a query that pauses after the release of its permit does not release another one', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const semaphore = createSemaphore(1);
  const permit = (await createPermits(semaphore).acquire(LONG_MS, noEviction))!;
  permit.release();
  permit.pause();
  t.mock.timers.tick(LONG_MS);
  assert.equal(await permit.resume(LONG_MS), false);
  assert.ok(await semaphore.acquire(LONG_MS));
  const without = semaphore.acquire(LONG_MS);
  t.mock.timers.tick(LONG_MS);
  assert.equal(await without, undefined);
});
