// npm run pollution: the journey of e2e/pollution in real browsers; `npm test` runs a third of it, in Chromium only.
//   npm run pollution                          runs all pollutions in all engines
//   npm run pollution -- --browser firefox     runs one engine
//   npm run pollution -- --name "zone.js"      runs the pollutions with this text in their names
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideBrowser } from '../../scripts/browsers.mjs';
import { install, root } from '../../scripts/install.mjs';

const { values } = parseArgs({
  options: { browser: { type: 'string', default: 'all' }, name: { type: 'string', default: '' } },
});
const engines = ['chromium', 'firefox', 'webkit'];
if (values.browser !== 'all' && !engines.includes(values.browser)) {
  console.error(`mailslot: there is no browser "${values.browser}"; there are ${engines.join(', ')} and all`);
  process.exit(1);
}
const chosen = values.browser === 'all' ? engines : [values.browser];

install();
// Playwright's configuration always needs Chromium.
for (const engine of new Set(['chromium', ...chosen])) provideBrowser(engine);
const built = spawnSync(process.execPath, [join(root, 'esbuild.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
if (built.status !== 0) process.exit(1);

const cli = join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js');
const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const { status } = spawnSync(
  process.execPath,
  [
    ...[cli, 'test', '-c', 'e2e/runner/playwright.config.ts', '--project=chromium'],
    ...['specs/pollution.spec.ts', '-g', `: .*${escapeRegExp(values.name)}`],
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MAILSLOT_ENGINES: chosen.join(',') },
  },
);
process.exitCode = status ?? 1;
