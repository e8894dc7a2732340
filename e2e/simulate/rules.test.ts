// The rules about waits: what they must allow, and what they must find. A page fails, waits and sends, step by step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sent } from './network.ts';
import { createPlan } from './plan.ts';
import { createWorld } from './world.ts';

const KEY = 'Bearer write';

/** A world with one page, whose tracker the test plays. */
function openPage() {
  const world = createWorld(0, { ...createPlan(0).settings, resolution: 0, maxBatch: 500 }, false);
  const page = world.open({ slot: 0, prerendering: false, hidden: false, gpc: false });
  let count = 0;
  world.network = { ...world.network, sent: () => count };
  world.rules.of(page).key = 'write';

  const send = (): Sent => {
    const body = '{}';
    const request = { page, authorization: KEY, body, marks: [], keepalive: false, size: 2, settled: false };
    const sent = { ...request, index: count++, killed: false };
    world.rules.sent(sent);
    return sent;
  };

  return {
    world,
    page,
    send,

    /** The request fails. `handle` is what the page does about it within the step, which takes time. */
    fail(sent: Sent, retryAfter: string | undefined, handle: () => void) {
      world.rules.answered(sent, { answer: { status: 500, body: '', ...(retryAfter && { retryAfter }) } });
      handle();
      world.rules.afterStep();
    },

    /** What was found, apart from the missing events of these requests. */
    found: () => world.violations.map(({ kind }) => kind).filter((kind) => kind !== 'empty request'),
  };
}

test('a request before the end of a backoff is too early', () => {
  const { world, page, send, fail, found } = openPage();
  fail(send(), undefined, () => page.draws.push(0));
  world.pass(999);
  assert.deepEqual(found(), []);
  send();
  assert.deepEqual(found(), ['sent too early']);
});

test('a failure without a random number has no jitter', () => {
  const { send, fail, found } = openPage();
  fail(send(), undefined, () => {});
  assert.deepEqual(found(), ['no jitter']);
});

test('a date of Retry-After that is less than a second away when the failure is handled needs no random number', () => {
  const { world, send, fail, found } = openPage();
  world.pass(999);
  fail(send(), new Date(world.wall() + 1_001).toUTCString(), () => world.pass(50));
  send();
  assert.deepEqual(found(), []);
});

test('a date of Retry-After that is less than a second away before the failure is none', () => {
  const { world, send, fail, found } = openPage();
  world.pass(1_001);
  fail(send(), new Date(world.wall() + 999).toUTCString(), () => world.pass(50));
  assert.deepEqual(found(), ['no jitter']);
});

test('a flush that ends a backoff in the step of a failure ends the wait for that failure too', () => {
  const { world, page, send, fail, found } = openPage();
  const [first, second] = [send(), send()];
  fail(first, undefined, () => page.draws.push(0.9));
  world.pass(10);
  world.rules.hurried(page);
  fail(second, undefined, () => {
    page.draws.push(0.9);
    world.pass(10);
    send();
  });
  world.pass(10);
  send();
  assert.deepEqual(found(), []);
});

test('a flush that ended a backoff before a failure does not end the wait for that failure', () => {
  const { world, page, send, fail, found } = openPage();
  const [first, second] = [send(), send()];
  fail(first, undefined, () => page.draws.push(0.9));
  world.pass(10);
  world.rules.hurried(page);
  send();
  world.pass(10);
  fail(second, undefined, () => page.draws.push(0.9));
  world.pass(10);
  send();
  assert.deepEqual(found(), ['sent too early']);
});
