import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createRetryGate } from './retry.ts';

/** A gate on a clock that starts at `now`; chance is always `random`. */
function createGate(context: TestContext, { now = 5_000, random = 0 } = {}) {
  const world = { now, random };
  context.mock.method(performance, 'now', () => world.now);
  context.mock.method(Math, 'random', () => world.random);
  return { gate: createRetryGate(), world };
}

test('a new gate is open', (context) => {
  assert.ok(createGate(context).gate._wait() <= 0);
});

test('the gate is closed for the time that the collector asked for, and then open', (context) => {
  const { gate, world } = createGate(context);
  gate._failed('7', false);
  assert.equal(gate._wait(), 7_000);
  world.now += 6_999;
  assert.equal(gate._wait(), 1);
  world.now += 1;
  assert.equal(gate._wait(), 0);
  world.now += 1;
  assert.ok(gate._wait() < 0);
});

test('the gate does not follow the wall clock', (context) => {
  const { gate } = createGate(context);
  context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  gate._failed('7', false);
  context.mock.timers.setTime(1_900_000_000_000);
  assert.equal(gate._wait(), 7_000);
});

test('without Retry-After half of the wait has jitter', (context) => {
  for (const [random, wait] of [
    [0, 1_000],
    [0.25, 1_250],
    [0.999, 1_999],
  ] as const) {
    const { gate } = createGate(context, { random });
    gate._failed(null, false);
    assert.equal(gate._wait(), wait);
    context.mock.restoreAll();
  }
});

test('the wait grows with failures in a row, up to 5 minutes', (context) => {
  const { gate, world } = createGate(context);
  const waits: number[] = [];
  for (let failures = 0; failures < 10; failures++) {
    gate._failed(undefined, false);
    waits.push(gate._wait());
    world.now += gate._wait();
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 150_000, 150_000]);
});

test('a failure with progress closes the gate, but does not count as a failure in a row', (context) => {
  const { gate, world } = createGate(context);
  for (let request = 0; request < 5; request++) {
    gate._succeeded();
    gate._failed(null, true);
    assert.equal(gate._wait(), 500);
    world.now += 500;
  }
  gate._failed(null, false);
  assert.equal(gate._wait(), 1_000);
  world.now += 1_000;
  gate._failed(null, true);
  assert.equal(gate._wait(), 1_000);
  world.now += 1_000;
  gate._failed(null, false);
  assert.equal(gate._wait(), 2_000);
});

test('a later failure never shortens a wait', (context) => {
  const { gate, world } = createGate(context);
  gate._failed('60', false);
  world.now += 10_000;
  gate._failed('5', false);
  assert.equal(gate._wait(), 50_000);
  gate._failed(null, false);
  assert.equal(gate._wait(), 50_000);
  gate._failed('90', false);
  assert.equal(gate._wait(), 90_000);
});

test('a failure after a success never shortens the backoff of an earlier one', (context) => {
  const { gate, world } = createGate(context, { random: 0.999 });
  gate._failed(null, false);
  gate._succeeded();
  world.random = 0;
  gate._failed(null, false);
  assert.equal(gate._wait(), 1_999);
  gate._succeeded();
  gate._failed(null, true);
  assert.equal(gate._wait(), 1_999);
});

test('_open ends a backoff, and the next one starts over', (context) => {
  const { gate } = createGate(context);
  for (let failures = 0; failures < 5; failures++) gate._failed(null, false);
  assert.equal(gate._wait(), 16_000);
  gate._open();
  assert.ok(gate._wait() <= 0);
  gate._failed(null, false);
  assert.equal(gate._wait(), 1_000);
});

test('_open does not cut a wait that the collector asked for, but _open(true) does', (context) => {
  const { gate } = createGate(context);
  gate._failed('60', false);
  gate._open();
  assert.equal(gate._wait(), 60_000);
  gate._open(true);
  assert.ok(gate._wait() <= 0);
  gate._failed(null, false);
  assert.equal(gate._wait(), 1_000);
});

test('_open does not cut the wait if a failure without Retry-After follows one with it', (context) => {
  const { gate } = createGate(context);
  gate._failed('60', false);
  gate._failed(null, false);
  gate._open();
  assert.equal(gate._wait(), 60_000);
});

test('_open ends one wait in a second, so that a page which answers each failure with it makes no storm', (context) => {
  for (const retryAfter of [null, '60']) {
    const { gate, world } = createGate(context, { random: 0.999 });
    const waits: number[] = [];
    for (let failures = 0; failures < 4; failures++) {
      gate._failed(retryAfter);
      gate._open(true);
      gate._open(true);
      waits.push(gate._wait());
      world.now += gate._wait();
    }
    assert.deepEqual(waits, [0, 1_000, 1_000, 1_000]);
    context.mock.restoreAll();
  }
});

test('an _open that ends nothing leaves the next one its effect', (context) => {
  const { gate } = createGate(context);
  gate._open(true);
  gate._failed('60');
  gate._open();
  gate._open(true);
  assert.ok(gate._wait() <= 0);
});

test('_succeeded starts over: a short backoff, which _open can end', (context) => {
  const { gate, world } = createGate(context);
  for (let failures = 0; failures < 5; failures++) gate._failed('60', false);
  world.now += 60_000;
  gate._succeeded();
  assert.ok(gate._wait() <= 0);
  gate._failed(null, false);
  assert.equal(gate._wait(), 1_000);
  gate._open();
  assert.ok(gate._wait() <= 0);
});

test('a Retry-After counts for its own wait alone', (context) => {
  const { gate, world } = createGate(context);
  gate._failed('60', false);
  world.now += 60_000;
  for (let failures = 0; failures < 5; failures++) gate._failed(null, false);
  assert.equal(gate._wait(), 32_000);
  gate._open();
  assert.ok(gate._wait() <= 0);
});

test('_hurry ends a backoff once a second, and later failures still wait longer', (context) => {
  const { gate, world } = createGate(context);
  gate._failed(null, false);
  gate._hurry();
  assert.ok(gate._wait() <= 0);
  gate._failed(null, false);
  assert.equal(gate._wait(), 2_000);
  gate._hurry();
  gate._hurry();
  assert.equal(gate._wait(), 1_000);
  world.now += 1_000;
  assert.ok(gate._wait() <= 0);
  gate._failed(null, false);
  assert.equal(gate._wait(), 4_000);
});

test('_hurry of an open gate uses nothing up', (context) => {
  const { gate } = createGate(context);
  gate._hurry();
  gate._failed(null, false);
  gate._hurry();
  assert.ok(gate._wait() <= 0);
});

test('_hurry does not cut a wait that the collector asked for', (context) => {
  const { gate, world } = createGate(context);
  gate._failed(null, false);
  gate._failed('60', false);
  gate._hurry();
  assert.equal(gate._wait(), 60_000);
  world.now += 10_000;
  gate._hurry();
  assert.equal(gate._wait(), 50_000);
});

for (const [header, expected] of [
  ['7', 7000],
  ['120', 120_000],
  [' 3 ', 3000],
  ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
  ['999999999', 86_400_000],
  ['Wed, 21 Oct 2037 07:28:30 GMT', 86_400_000],
  // Less than a second, a date in the past or an unreadable value counts as no header.
  ['0.999', undefined],
  ['1e-9', undefined],
  ['Wed, 21 Oct 2020 07:28:30 GMT', undefined],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
  [null, undefined],
] as [string | null, number | undefined][]) {
  test(`Retry-After ${JSON.stringify(header)} means ${expected ?? 'no'} ms`, (context) => {
    const { gate } = createGate(context);
    context.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-10-21T07:28:00Z') });
    gate._failed(header);
    // Without a wait that the collector asked for there is a backoff, which can be ended.
    assert.equal(gate._wait(), expected ?? 1_000);
    gate._open();
    assert.equal(gate._wait() > 0, expected !== undefined);
  });
}
