import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './folder.ts';
import { type CollectorProcess, runProcess, startProcess } from './process.ts';

// For tests of copies of the database: collectors as processes, and their events.

export const KEYS = {
  WRITE_KEY: 'write_1a1a1a1a1a1a',
  READ_KEY: 'read_2b2b2b2b2b2b',
  MASTER_KEY: 'master_3c3c3c3c3c3c',
};
export const PROJECT_ID = 'p';

/** A folder, paths in it, and settings for a database there. */
export function places(t: TestContext) {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  return { folder, at, DATA: at('events.duckdb'), env: { DATA: at('events.duckdb'), PROJECT_ID } };
}

/** Records events. */
export async function record({ url }: CollectorProcess, n: number): Promise<void> {
  const response = await fetch(`${url}/3.0/projects/${PROJECT_ID}/events`, {
    method: 'POST',
    body: JSON.stringify({ things: Array.from({ length: n }, (_, index) => ({ index })) }),
    headers: { authorization: KEYS.WRITE_KEY, 'content-type': 'application/json' },
  });
  assert.equal(response.status, 200);
}

async function countOf({ url }: CollectorProcess): Promise<number> {
  const response = await fetch(`${url}/3.0/projects/${PROJECT_ID}/queries/count?event_collection=things`, {
    headers: { authorization: KEYS.READ_KEY },
  });
  return ((await response.json()) as { result: number }).result;
}

/** Starts a collector over a file, without keys in the environment, and counts its events. */
export async function countIn(t: TestContext, DATA: string): Promise<number> {
  const collector = await startProcess(t, { DATA });
  assert.equal(collector.stdout.length, 1, 'no key was made');
  assert.equal(collector.projectId, PROJECT_ID);
  const events = await countOf(collector);
  assert.equal(await collector.end('SIGTERM'), 0);
  return events;
}

/** Runs a command that must succeed. @returns its output */
export async function succeed(args: string[], env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runProcess(args, env);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

/** Runs a command that must fail with one sentence. @returns that sentence */
export async function refused(args: string[], env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runProcess(args, env);
  assert.deepEqual([code, stdout], [1, ''], stderr);
  assert.match(stderr, /^mailslot collector: [^\n]+\n$/, 'one sentence');
  return stderr;
}
