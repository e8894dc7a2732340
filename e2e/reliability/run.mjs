// npm run reliability: runs the fault matrix in real browsers. Writes e2e/RELIABILITY.md once all of it has passed with
// one build.
//   npm run reliability                          runs all rows in all engines
//   npm run reliability -- --browser firefox     runs one engine
//   npm run reliability -- --row "killed"        runs the rows with this text in their names
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideBrowser } from '../../scripts/browsers.mjs';
import { install, root } from '../../scripts/install.mjs';

const { values } = parseArgs({ options: { browser: { type: 'string' }, row: { type: 'string', default: '' } } });
const engines = ['chromium', 'firefox', 'webkit'];
if (values.browser !== undefined && !engines.includes(values.browser)) {
  console.error(`mailslot: there is no browser "${values.browser}"; there are ${engines.join(', ')}`);
  process.exit(1);
}

install();
// Playwright's configuration always needs Chromium.
for (const engine of values.browser ? ['chromium', values.browser] : engines) provideBrowser(engine);
const built = spawnSync(process.execPath, [join(root, 'esbuild.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
if (built.status !== 0) process.exit(1);

const cli = join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js');
const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const { status } = spawnSync(
  process.execPath,
  [
    cli,
    'test',
    '-c',
    'e2e/runner/playwright.config.ts',
    '--project',
    'reliability',
    '--workers',
    '1',
    '-g',
    `${values.browser ?? ''}.*: .*${escapeRegExp(values.row)}`,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MAILSLOT_WHOLE: '1' },
  },
);
process.exitCode = status ?? 1;
