// npm run next-router: the views of an app with Next's router, installed from npm and built. It is no part of `npm test`, because Next
// takes 340 MB and a minute to build.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { provideBrowser } from '../../scripts/browsers.mjs';
import { install, root } from '../../scripts/install.mjs';

const app = join(root, 'e2e/next-router');

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

install();
provideBrowser('chromium');

// Its packages have a lock file of their own.
const lock = createHash('sha256')
  .update(readFileSync(join(app, 'package-lock.json')))
  .digest('hex');
const stamp = join(app, 'node_modules/.mailslot-lock');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  // On Windows npm is a script, which only a shell can start.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: app, shell: process.platform === 'win32' });
  writeFileSync(stamp, lock);
}
run(process.execPath, [join(root, 'esbuild.mjs'), '--package']);
// Next takes no files from above its own folder.
rmSync(join(app, 'mailslot'), { recursive: true, force: true });
cpSync(join(root, 'dist'), join(app, 'mailslot'), { recursive: true });
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
run(process.execPath, [join(app, 'node_modules/next/dist/bin/next'), 'build'], { cwd: app, env });

const cli = join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js');
run(process.execPath, [cli, 'test', '-c', 'e2e/runner/playwright.config.ts', '--project', 'next-router'], {
  env: { ...process.env, MAILSLOT_NEXT: '1' },
});
