import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../fixtures/paths.ts';
import { npmEnvironment } from '../fixtures/registry.ts';

/** The folder of Keen's clients. Its packages have advisories, so they are installed for the tests that need them. */
export const CLIENTS = join(root, 'e2e/keen-clients');
const INSTALLED = join(CLIENTS, 'node_modules');
const STAMP = '.mailslot-lock';
const RESULTS = join(root, 'e2e/results');

/** Codes of npm for a registry that cannot be reached, or fails. */
const NO_ANSWER =
  /npm error code (ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|E(NET|HOST)UNREACH|E\w*TIMEOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED|E5\d\d)\b/;

/** Loads one of Keen's clients as a program in their folder would. */
export const requireClient = createRequire(join(CLIENTS, 'package.json'));

/**
 * Runs `npm ci` for Keen's clients, unless the installed ones come from their lock file. Several processes can do so at
 * the same time: each installs into a folder of its own, and one puts it into place.
 * @param env replaces the environment of npm
 * @returns the reason why the clients are missing, if the registry does not answer
 * @throws Error with npm's output, if it fails for any other reason
 */
export function installClients(env = npmEnvironment()): string | undefined {
  const lock = createHash('sha256')
    .update(readFileSync(join(CLIENTS, 'package-lock.json')))
    .digest('hex');
  const isCurrent = () => existsSync(join(INSTALLED, STAMP)) && readFileSync(join(INSTALLED, STAMP), 'utf8') === lock;
  if (isCurrent()) return undefined;

  mkdirSync(RESULTS, { recursive: true });
  const folder = mkdtempSync(join(RESULTS, 'keen-clients-'));
  try {
    const reason = installInto(folder, env);
    if (reason) {
      console.error(`\nmailslot: TESTS OF KEEN'S OLDER CLIENTS ARE SKIPPED: ${reason}\n`);
      return reason;
    }
    writeFileSync(join(folder, 'node_modules', STAMP), lock);
    if (isCurrent()) return undefined;
    if (existsSync(INSTALLED)) renameSync(INSTALLED, join(folder, 'outdated'));
    try {
      renameSync(join(folder, 'node_modules'), INSTALLED);
    } catch (error) {
      // Another process was faster.
      if (!isCurrent()) throw error;
    }
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs into a folder. @returns the reason if the registry does not answer @throws Error if npm fails otherwise */
export function installInto(folder: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(CLIENTS, file), join(folder, file));
  const retries = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-timeout=20000'];
  const { status, error, stderr } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...retries],
    // On Windows npm is a script, which only a shell can start.
    { cwd: folder, env, encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (error) throw error;
  if (status === 0) return undefined;
  const [, code] = NO_ANSWER.exec(stderr) ?? [];
  if (!code) throw new Error(`Keen's clients could not be installed:\n${stderr}`);
  return `npm's registry does not answer (${code}), so Keen's older clients are not installed`;
}
