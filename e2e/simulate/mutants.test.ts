// The simulation bites: deliberate defects in the core, each found by a rule that speaks of it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../fixtures/paths.ts';
import { bundleCore } from './core-text.mjs';
import { FOUND } from './found.ts';
import { MUTANTS } from './mutants.ts';
import { openPool } from './pool.mjs';

const SEEDS = 1_000;

for (const { defect, edits, breaks } of MUTANTS) {
  test(`it finds out that ${defect}`, async () => {
    const pool = await openPool(await bundleCore('src/index.ts', edits));
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

for (const { defect, edits, breaks, plan } of FOUND) {
  test(`no more: ${defect}`, async () => {
    const [mended, broken] = await Promise.all(
      [[], edits].map(async (some) => {
        const pool = await openPool(await bundleCore('src/index.ts', some), 1);
        return pool.replay(plan).finally(pool.close);
      }),
    );
    assert.deepEqual(mended!.violations, []);
    assert.match(broken!.violations[0]?.kind ?? 'nothing was found', breaks);
  });
}

test('a failing seed can be made smaller, still fails the same way, and can be replayed from its plan', async () => {
  const pool = await openPool(await bundleCore('src/index.ts', MUTANTS[0]!.edits));
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

test('a defect whose marker the core does not have once is an error', async () => {
  const broken = (file: string, marker: string) => bundleCore('src/index.ts', [{ file, marker, becomes: '' }]);
  await assert.rejects(broken('store.ts', 'is not there'), /has 0 markers/);
  await assert.rejects(broken('nowhere.ts', 'commit'), /not part of the core/);
});

test('each marker in the core belongs to a defect', () => {
  const markers = readdirSync(join(root, 'src'))
    .filter((name) => name.endsWith('.ts'))
    .flatMap((file) =>
      [...readFileSync(join(root, 'src', file), 'utf8').matchAll(/\/\/ mutant: (.+)/g)].map(
        ([, marker]) => `${file}: ${marker}`,
      ),
    );
  const used = new Set(
    [...MUTANTS, ...FOUND].flatMap(({ edits }) => edits.map(({ file, marker }) => `${file}: ${marker}`)),
  );
  assert.deepEqual(markers.sort(), [...used].sort());
});
