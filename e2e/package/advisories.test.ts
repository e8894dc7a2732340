import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { root } from '../fixtures/paths.ts';
import { readAudit } from './audit-report.mjs';

const ADVISORY = {
  id: 1,
  title: 'Anybody can read everything',
  url: 'https://advisories.example/1',
  severity: 'high',
  vulnerable_versions: '<99.0.0',
};

/** Runs the command with a registry that gives this answer about advisories. */
async function run(t: TestContext, status: number, advisories: object): Promise<{ code: number; output: string }> {
  const server = createServer((request, response) => {
    request.resume();
    const isQuestion = request.url!.endsWith('/advisories/bulk');
    response.writeHead(isQuestion ? status : 200, { 'content-type': 'application/json' });
    const versions = { '1.0.0': { name: request.url!.slice(1), version: '1.0.0' } };
    response.end(JSON.stringify(isQuestion ? advisories : { name: request.url!.slice(1), versions }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const child = spawn(process.execPath, ['e2e/package/advisories.mjs'], {
    cwd: root,
    env: {
      ...process.env,
      npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      npm_config_fetch_retries: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code: code as number, output };
}

test('without known advisories the command succeeds', { timeout: 120_000 }, async (t) => {
  const { code, output } = await run(t, 200, {});
  assert.equal(code, 0, output);
  assert.match(output, /^None of \d{3,} packages has a known advisory\.$/m);
});

test('an advisory is named, and fails the command', { timeout: 120_000 }, async (t) => {
  const { code, output } = await run(t, 200, { 'fast-check': [ADVISORY] });
  assert.equal(code, 1, output);
  assert.match(output, /^high: fast-check .*Anybody can read everything \(https:\/\/advisories\.example\/1\)/m);
  assert.match(output, /^1 of \d{3,} packages have known advisories\.$/m);
});

test('a registry without such answers is named as the reason, and no error', { timeout: 120_000 }, async (t) => {
  const { code, output } = await run(t, 405, {});
  assert.equal(code, 0, output);
  assert.match(output, /^NOT CHECKED: the registry does not answer questions about advisories \(.*405/m);
});

test('whatever npm prints, nothing counts as checked without a report', () => {
  for (const output of ['', 'npm error', '{}', 'null', '{"error": {"summary": "no lock file"}}']) {
    const { checked, summary } = readAudit(output);
    assert.equal(checked, false);
    assert.match(summary, /^NOT CHECKED/);
  }
});
