// What the commands of the long runs share.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { provideBrowser } from '../../scripts/browsers.mjs';
import { install, root } from '../../scripts/install.mjs';

const ENGINES = ['chromium', 'firefox', 'webkit'];

/** Installs packages, and runs esbuild.mjs with these arguments. Ends the process if the build fails. */
export function buildProject(...args) {
  install();
  const { status } = spawnSync(process.execPath, [join(root, 'esbuild.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(1);
}

/** Runs a TypeScript file of the project. */
export async function runBundled(file) {
  const { bundle } = await import('./unit.mjs');
  await import(pathToFileURL(await bundle(file)).href);
}

/** The engines that `--browser` names: all of them by default. Ends the process if there is no such engine. */
export function chooseEngines(name = 'all') {
  if (name === 'all') return ENGINES;
  if (ENGINES.includes(name)) return [name];
  console.error(`mailslot: there is no browser "${name}"; there are ${ENGINES.join(', ')} and all`);
  return process.exit(1);
}

/**
 * Builds the package, and runs Playwright in engines of Debian or Playwright.
 * @param env variables besides those of this process
 */
export function runPlaywright(engines, args, env) {
  buildProject();
  // Playwright's configuration always needs Chromium.
  for (const engine of new Set(['chromium', ...engines])) provideBrowser(engine);
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js');
  const { status } = spawnSync(process.execPath, [cli, 'test', '-c', 'e2e/runner/playwright.config.ts', ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  process.exitCode = status ?? 1;
}

export const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
