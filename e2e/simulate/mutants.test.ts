// The simulation bites: deliberate defects in the core, each found by a rule that speaks of it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { bundleCore } from './core-text.mjs';
import { FOUND } from './found.ts';
import { MUTANTS } from './mutants.ts';
import { openPool } from './pool.mjs';

const SEEDS = 1_000;

for (const { defect, edit, breaks } of MUTANTS) {
  test(`it finds out that ${defect}`, async () => {
    const pool = await openPool(await bundleCore('src/index.ts', [edit]));
    try {
      const { failures, seeds } = await pool.run({ count: SEEDS, stop: true });
      const [first] = failures;
      assert.ok(first, `${seeds} seeds found nothing`);
      assert.match(first.kind, breaks, first.text);
    } finally {
      await pool.close();
    }
  });
}

for (const { defect, edit, breaks, plan } of FOUND) {
  test(`no more: ${defect}`, async () => {
    const [mended, broken] = await Promise.all(
      [[], [edit]].map(async (edits) => {
        const pool = await openPool(await bundleCore('src/index.ts', edits), 1);
        return pool.replay(plan).finally(pool.close);
      }),
    );
    assert.deepEqual(mended!.violations, []);
    assert.match(broken!.violations[0]?.kind ?? 'nothing was found', breaks);
  });
}

test('a failing seed can be made smaller, still fails the same way, and can be replayed from its plan', async () => {
  const pool = await openPool(await bundleCore('src/index.ts', [MUTANTS[0]!.edit]));
  try {
    const { failures } = await pool.run({ count: SEEDS, stop: true });
    const { seed, kind } = failures[0]!;
    const { plan, result } = await pool.shrink(seed);
    assert.equal(result.violations[0]?.kind, kind);
    assert.ok(plan.steps.length <= 4, `${plan.steps.length} steps are left`);
    assert.match(result.lines.join('\n'), /VIOLATION/);
    assert.deepEqual((await pool.replay(JSON.parse(JSON.stringify(plan)))).lines, result.lines);
  } finally {
    await pool.close();
  }
});

test('a defect whose text the core does not have once is an error', async () => {
  await assert.rejects(
    bundleCore('src/index.ts', [{ file: 'store.ts', text: 'is not there', becomes: '' }]),
    /0 times/,
  );
  await assert.rejects(bundleCore('src/index.ts', [{ file: 'store.ts', text: 'await', becomes: '' }]), /\d+ times/);
  await assert.rejects(
    bundleCore('src/index.ts', [{ file: 'nowhere.ts', text: 'a', becomes: '' }]),
    /not part of the core/,
  );
});
