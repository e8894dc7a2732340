// The commands on a real cluster of one shard, and two collectors beside them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { type Cluster, startCluster } from '../../../scripts/cluster/cluster.mjs';
import { UnavailableError } from '../../../scripts/cluster/packages.mjs';
import { until } from '../../../scripts/testing/until.ts';
import { hashKey } from '../model/key.ts';
import { makeEntry } from '../model/key-entry.ts';
import { readSettings } from '../settings/read-settings.ts';
import { openDuckDB } from '../storage/duckdb/duckdb.ts';
import { makeEvent } from '../testing/event.ts';
import { clusterCommand } from './cluster-command.ts';

const KEYS = { WRITE_KEY: 'write_2c2c2c2c2c2c', READ_KEY: 'read_2c2c2c2c2c2c', MASTER_KEY: 'master_2c2c2c2c2c2c' };
const PATIENCE_MS = 120_000;
const DAY_MS = 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
const started = await start();
const skip = started instanceof UnavailableError && started.message;
const cluster = started as Cluster;

async function start(): Promise<Cluster | UnavailableError> {
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    const started = await startCluster({
      folder,
      nodes: 1,
      shards: 1,
      replicas: 1,
      env: { ...KEYS, RATE_BY_KEY: '0' },
    });
    after(async () => {
      await started.stop();
      remove();
    });
    return started;
  } catch (error) {
    remove();
    if (!(error instanceof UnavailableError)) throw error;
    console.error(`mailslot: THE TESTS OF THE CLUSTER'S COMMANDS ARE SKIPPED: ${error.message}`);
    return error;
  }
}

/** Runs a command. @returns what it has printed */
async function run(...words: string[]): Promise<string[]> {
  const lines: string[] = [];
  await clusterCommand({
    words,
    settings: readSettings(cluster.settings),
    identity: { keys: {} },
    limits: { seconds: 60, megabytes: 512 },
    print: (line) => lines.push(line),
    inform: (line) => lines.push(line),
  });
  return lines;
}

const ask = (url: string, path: string, init: RequestInit = {}, key = KEYS.MASTER_KEY, project = cluster.projectId) =>
  fetch(`${url}/3.0/projects/${project}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });

/** The count of a collection, as soon as the cluster is not behind. */
async function count(collection: string): Promise<number> {
  const answer = await until(
    `a count of ${collection}`,
    async () => {
      const response = await ask(cluster.urls[0]!, `/queries/count?event_collection=${collection}`);
      const body = (await response.json()) as { result: number };
      return response.ok ? body : undefined;
    },
    PATIENCE_MS,
  );
  return answer.result;
}

/** A file with events of two collections, of two years, with and without tokens, and of more than one chunk. */
async function makeFile(t: TestContext): Promise<string> {
  const file = join(folder, `${t.name.replaceAll(/\W/g, '')}.duckdb`);
  let now = Date.now() - 600 * DAY_MS;
  const storage = await openDuckDB(file, () => now);
  const events = (collection: string, length: number, token: (index: number) => string | null) =>
    Array.from({ length }, (_, index) =>
      makeEvent(collection, { index, keen: { uniqueness_token: token(index) } }, now),
    );
  await storage.append(events('old', 50, (index) => `t${index}`));
  now = Date.now() - DAY_MS;
  await storage.append(events('old', 50, (index) => `t${index}`));
  await storage.append(events('new', 6_000, (index) => (index % 2 ? `n${index}` : null)));
  await storage.keys.write({
    projectId: cluster.projectId,
    put: [makeEntry(hashKey('write_from_the_file'), 'write', 1)],
  });
  await storage.close();
  return file;
}

test('a file’s events and keys are brought over, and bringing them over again changes nothing', { skip }, async (t) => {
  const file = await makeFile(t);
  // Its sender has sent it again, to the cluster, before the file came.
  const again = { new: [{ index: 1, keen: { uniqueness_token: 'n1' } }] };
  assert.equal((await ask(cluster.urls[0]!, '/events', { method: 'POST', body: JSON.stringify(again) })).status, 200);
  const said = await run('import', file);
  assert.match(said.at(-1)!, /^All events of 2 collections/);
  assert.deepEqual([await count('old'), await count('new')], [100, 6_000]);
  assert.match((await run('import', file)).join('\n'), /^0 events were read now/m);
  assert.deepEqual([await count('old'), await count('new')], [100, 6_000]);
  const known = async () =>
    (await ask(cluster.urls[1]!, '/events/old', { method: 'POST', body: '{"x":1}' }, 'write_from_the_file')).status;
  await until('the file’s key', async () => (await known()) === 201, PATIENCE_MS);
});

/** Events of the file for the interrupted import: some twelve chunks. */
const MANY = 60_000;

test('an import that is killed goes on where it was, and no event is missing or there twice', { skip }, async (t) => {
  const file = join(folder, 'killed.duckdb');
  const now = Date.now() - DAY_MS;
  const storage = await openDuckDB(file, () => now);
  for (let from = 0; from < MANY; from += 10_000) {
    const events = Array.from({ length: 10_000 }, (_, index) => {
      const n = from + index;
      return makeEvent('killed', { n, keen: { uniqueness_token: n % 2 ? `k${n}` : null } }, now);
    });
    await storage.append(events);
  }
  await storage.close();
  let imported = 0;
  let kills = 0;
  // On a slow machine an import can end while its events are counted.
  for (let round = 0; round < 3 && imported < MANY; round++) {
    const child = spawn(process.execPath, ['demo/dist/collector.js', 'cluster', 'import', file], {
      env: { ...process.env, ...cluster.settings },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    const before = imported;
    while (imported === before && child.exitCode === null) imported = await count('killed');
    child.kill('SIGKILL');
    const [, signal] = await ended;
    if (signal) kills++;
  }
  assert.ok(kills > 0, 'each import ended before it was killed');
  const said = (await run('import', file)).join('\n');
  const [, rest] = /^(\d+) events were read now/m.exec(said)!;
  assert.ok(Number(rest) < MANY, `${rest} events were read after the last kill`);
  assert.match(said, /All events of 1 collections are in the cluster\.$/);
  assert.equal(await count('killed'), MANY);
  const unique = await ask(cluster.urls[0]!, '/queries/count_unique?event_collection=killed&target_property=n');
  assert.equal(((await unique.json()) as { result: number }).result, MANY);
});

test('a revoked key is refused by the other collector too', { skip }, async () => {
  const [one, other] = cluster.urls as [string, string];
  const made = (await (await ask(one, '/keys', { method: 'POST', body: '{"class":"read"}' })).json()) as {
    key: string;
    id: string;
  };
  const status = async (url: string) => (await ask(url, '/events', {}, made.key)).status;
  await until('the new key', async () => (await status(other)) === 200, PATIENCE_MS);
  assert.equal((await ask(one, `/keys/${made.id}/revoke`, { method: 'POST', body: '{}' })).ok, true);
  const revokedAt = performance.now();
  // 503 is allowed, if the machine is so busy that its keys are a second old. What is not: an answer after that second.
  await until(
    'the refusal',
    async () => {
      const askedAt = performance.now();
      const answer = await status(other);
      assert.ok(answer !== 200 || askedAt - revokedAt < 1_000, 'a revoked key was accepted after more than a second');
      return answer === 401;
    },
    PATIENCE_MS,
  );
});

test('the status names every partition, replica and version, and init can be repeated', { skip }, async () => {
  const status = (await run('status')).join('\n');
  assert.match(status, /^NATS 2\.\d+\.\d+: 6 partitions, \d+ records$/m);
  assert.match(
    status,
    /^shard 1, http:\/\/127\.0\.0\.1:\d+: ClickHouse \d+\.\d+.*, (up to date|\d+ records behind the log)$/m,
  );
  assert.doesNotMatch(status, /no leader|refused/);
  assert.deepEqual(await run('init'), ['6 partitions with 1 replica each, and the tables, are there.']);
  await assert.rejects(run('init', '7'), /6 partitions, and their number cannot change/);
  await assert.rejects(run('init', 'x'), /whole number/);
  await assert.rejects(run('load', 'http://elsewhere:1'), /as it stands in CLICKHOUSE_URLS/);
  await assert.rejects(run('start'), /The commands for a cluster are/);
});
