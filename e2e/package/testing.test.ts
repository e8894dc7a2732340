// mailslot/testing as a user of the package has it: the documentation's snippets under Vitest, in each environment.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../fixtures/paths.ts';
import { openDocument } from '../fixtures/readme.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
const documentation = openDocument('src/tools/testing/README.md');

/** The switch, with everything watched that a tracker could use. */
const OFF = `import { createTracker } from 'mailslot';
import { expect, test, vi } from 'vitest';
import type { ShopEvents } from './shop';

test('a tracker that is off sends, stores and says nothing', async () => {
  const projectId = 'shop';
  const writeKey = 'write_0c1f';
  const spies = (['log', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name));
  spies.push(vi.spyOn(globalThis, 'setTimeout') as never, vi.spyOn(globalThis, 'addEventListener' as never));
  const fetch = vi.fn();
  vi.stubGlobal('fetch', fetch);
  vi.stubGlobal('indexedDB', { open: fetch, deleteDatabase: fetch });
  const tracker = SNIPPET
  expect(await tracker.track('purchases', { item: 'stamp', price: 1.2 })).toBe('dropped');
  await tracker.flush();
  await tracker.close();
  for (const spy of [...spies, fetch]) expect(spy).not.toHaveBeenCalled();
});
`;

// Inside of the repository, so that its packages are found.
const folder = join(root, 'e2e/results/testing', String(process.pid));
after(() => rmSync(folder, { recursive: true, force: true }));

before(() => {
  const installed = join(folder, 'node_modules/mailslot');
  mkdirSync(installed, { recursive: true });
  // Without `prepack`, which would build under the other tests' feet.
  const output = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ filename }] = JSON.parse(output) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components', '1']);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const section = 'Vitest, Jest and node:test';
  writeFileSync(join(folder, 'shop.ts'), documentation.snippet(section, 'ts', 0));
  writeFileSync(join(folder, 'shop.test.ts'), documentation.snippet(section, 'ts', 1));
  writeFileSync(join(folder, 'off.test.ts'), OFF.replace('SNIPPET', documentation.snippet('Off', 'ts')));
  // Without IndexedDB its tracker warns, as the documentation says.
  writeFileSync(
    join(folder, 'own.page.test.ts'),
    documentation.snippet('Code with a tracker of its own', 'ts').replace('test(', `console.warn = () => {};\ntest(`),
  );
});

const ENVIRONMENTS = { node: 3, jsdom: 4, 'happy-dom': 4 };

for (const [environment, count] of Object.entries(ENVIRONMENTS)) {
  test(`the documentation's tests pass under Vitest in ${environment}, and nothing is printed`, async () => {
    // A tracker of one's own drops its events in Node, as on a server.
    const files = environment === 'node' ? ['shop.test', 'off.test'] : [];
    // The switch of a page: in Node there is nothing to listen on.
    const off = readFileSync(join(folder, 'off.test.ts'), 'utf8');
    const file = join(folder, 'off.test.ts');
    if (environment === 'node') {
      writeFileSync(file, off.replace(/, vi\.spyOn\(globalThis, 'addEventListener' as never\)/, ''));
    }
    const { stdout, stderr } = await run(
      process.execPath,
      [vitest, 'run', '--root', folder, '--environment', environment, '--reporter', 'json', ...files],
      { cwd: folder, env: { ...process.env, NODE_ENV: 'test' } },
    ).catch((error: { stdout: string; stderr: string }) => assert.fail(error.stdout + error.stderr));
    writeFileSync(file, off);
    assert.equal(stderr, '');
    const { numPassedTests, numTotalTests } = JSON.parse(stdout.slice(stdout.indexOf('{')));
    assert.deepEqual([numPassedTests, numTotalTests], [count, count]);
  });
}
