// A part of `npm run simulate`, on the built package.
import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { CLOCK_FAULTS } from './clock.ts';
import { bundleCore } from './core-text.mjs';
import { NETWORK_FAULTS } from './network.ts';
import { STEP_NAMES } from './plan.ts';
import { openPool } from './pool.mjs';

const SEEDS = 2_000;
const SAMPLE = [3, 47, 1_111];

const pool = await openPool(await bundleCore('dist/index.js'));
after(() => pool.close());

const sample = async () => {
  const traces: string[][] = [];
  for (const seed of SAMPLE) traces.push((await pool.trace(seed)).lines);
  return traces;
};
const before = await sample();
const total = await pool.run({ count: SEEDS });

test(`${SEEDS} seeds break no rule: no event is lost or counted twice`, () => {
  const failures = total.failures.map(
    ({ seed, kind, text }) => `npm run simulate -- --core dist/index.js --shrink --seed ${seed}\n${kind}: ${text}`,
  );
  assert.deepEqual(failures, []);
  assert.equal(total.seeds, SEEDS);
});

test('each step and each fault happens at least 50 times in these seeds', () => {
  const rare = [...STEP_NAMES, ...NETWORK_FAULTS, ...CLOCK_FAULTS].filter((name) => !(total.counts[name]! >= 50));
  assert.deepEqual(rare, []);
  assert.ok(
    total.events > 4 * SEEDS && total.requests > 2 * SEEDS,
    `${total.events} events, ${total.requests} requests`,
  );
});

test('a seed always gives the same run', async () => {
  const again = await sample();
  for (const [index, lines] of before.entries()) {
    assert.ok(lines.length > 20, `seed ${SAMPLE[index]} does too little: ${lines.length} lines`);
    assert.deepEqual(again[index], lines, `seed ${SAMPLE[index]}`);
  }
  assert.notDeepEqual(before[0], before[1]);
});
