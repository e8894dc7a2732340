// Three of the projects that need no registry: their packages are this repository's own. `npm run ecosystem` runs all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium } from 'playwright';
import { findBrowser } from '../../scripts/browsers.mjs';
import { until } from '../../scripts/testing/until.ts';
import { temporaryFolder } from '../fixtures/paths.ts';
import { ownVersion, pack, readManifest } from './project.ts';
import type { Row } from './row.ts';
import { rows } from './rows.ts';
import { runRow } from './run-row.ts';

const QUICK = ['no-bundler', 'esbuild', 'rollup'];
const folder = temporaryFolder();
const executable = findBrowser('chromium');
let browser: Browser;

before(async () => {
  if (!executable) return;
  pack(folder.path);
  const { executablePath, args } = executable;
  browser = await chromium.launch({ executablePath, args });
});
after(async () => {
  await browser?.close();
  folder.remove();
});

const find = (name: string): Row => rows.find((row) => row.name === name)!;
const skip = executable ? false : 'no Chromium is installed';

for (const name of QUICK) {
  test(`${find(name).environment} works`, { skip, timeout: 240_000 }, async () => {
    const { devDependencies = {} } = readManifest(name);
    for (const [dependency, version] of Object.entries(devDependencies)) {
      assert.equal(version, ownVersion(dependency), `${dependency} of the project and of this repository`);
    }
    const { install, types, build, runs, delivered, bytes } = await runRow(find(name), folder.path, browser);
    for (const step of [install, types, build, runs]) assert.notEqual(step.state, 'failed', JSON.stringify(step));
    assert.equal(runs.state, 'passed');
    assert.deepEqual([delivered?.stored, delivered?.tracked], [2, 2]);
    assert.ok(bytes! > 4000 && bytes! < 11_000, `${bytes} bytes`);
  });
}

test('A project that fails says at which step and why', { skip, timeout: 240_000 }, async () => {
  const never: Row = {
    ...find('no-bundler'),
    visits: [
      {
        site: { kind: 'folder', folder: '.' },
        async check({ open }) {
          const page = await open('/');
          await page.evaluate(() => console.warn('a warning of the page'));
        },
      },
    ],
  };
  const { runs } = await runRow(never, folder.path, browser);
  assert.deepEqual(runs, { state: 'failed', reason: 'the page says:\nwarning: a warning of the page' });

  const strict: Row = {
    ...find('no-bundler'),
    visits: [
      {
        site: { kind: 'folder', folder: '.' },
        async check({ open, expectEvents, collector }) {
          await open('/');

          await until('the view', async () => (await collector.count('pageviews')) === 1, 60_000);
          await expectEvents({ pageviews: [{ path: '/other' }] });
        },
      },
    ],
  };
  const other = await runRow(strict, folder.path, browser);
  assert.equal(other.runs.state, 'failed');
  assert.match((other.runs as { reason: string }).reason, /the events of pageviews/);
});
