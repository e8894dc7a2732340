import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePorts } from '../fixtures/free-ports.ts';
import { temporaryFolder } from '../fixtures/paths.ts';
import { npmEnvironment } from '../fixtures/registry.ts';
import { installInto } from './install.ts';

/** Runs npm with a registry that nobody answers for, and an empty cache. */
async function installWithoutRegistry(t: TestContext, settings: Record<string, string> = {}) {
  const folder = temporaryFolder();
  t.after(() => folder.remove());
  const [port] = await freePorts(1);
  return installInto(
    folder.path,
    npmEnvironment({
      npm_config_registry: `http://127.0.0.1:${port}/`,
      npm_config_cache: join(folder.path, 'cache'),
      ...settings,
    }),
  );
}

test('without a registry, the reason is returned', { timeout: 120_000 }, async (t) => {
  assert.match((await installWithoutRegistry(t))!, /registry does not answer \(ECONNREFUSED\)/);
});

test('any other failure of npm is an error with its output', { timeout: 120_000 }, async (t) => {
  // The clients were made for Node 0.10.
  await assert.rejects(installWithoutRegistry(t, { npm_config_engine_strict: 'true' }), /EBADENGINE/);
});
