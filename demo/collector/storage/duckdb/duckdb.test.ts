import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import { hashKey, KEY_CLASSES } from '../../model/key.ts';
import { makeEntry } from '../../model/key-entry.ts';
import { extractionOf } from '../../testing/extraction.ts';
import { failingProcess } from '../../testing/process.ts';
import { openStorage } from '../../testing/storage.ts';

const START = Date.parse('2024-05-15T12:00:00Z');

/** A database, and a clock that stands still until the test sets it. */
async function open(t: TestContext, file?: string, now = START) {
  const opened = await openStorage(t, now, file);
  const { storage } = opened;
  const texts = async (collection: string, latest?: number) => {
    const events: string[] = [];
    for await (const chunk of storage.query(extractionOf(collection, latest))) events.push(...chunk);
    return events.map((text) => JSON.parse(text) as { n: number });
  };
  const count = async (collection: string) => {
    const measures = [{ metric: 'count' as const, filters: [] }];
    const counting = {
      type: 'analysis' as const,
      collection,
      filters: [],
      timeframe: undefined,
      measures,
      groupBy: [],
      slices: undefined,
      order: [],
      limit: undefined,
    };
    for await (const [row] of storage.query(counting)) return row!.values[0];
  };
  return { ...opened, texts, count };
}

test('a fingerprint in memory alone does not make a repeat: the database decides', async (t) => {
  const first = await open(t);
  await first.storage.append([first.event('a', { n: 1 }, 't')]);
  await first.close();
  // The filter loads the token before it expires, and still has it afterwards.
  const { send, clock, event } = await open(t, first.file, START + 30.5 * DAY_MS);
  clock.now = START + 31 * DAY_MS;
  assert.equal(await send(event('a', { n: 2 }, 't')), 1);
});

test('a change of keys that the database rejects has no effect', async (t) => {
  const { storage } = await open(t);
  const entry = makeEntry(hashKey('x'), 'write', START);
  const broken = { ...makeEntry(hashKey('y'), 'read', START), name: null as unknown as string };
  await assert.rejects(storage.keys.write({ projectId: 'p', put: [entry, broken] }), /NOT NULL/);
  assert.deepEqual(await storage.keys.read(), { keys: [] });
  await storage.keys.write({ projectId: 'p', put: [entry] });
  assert.deepEqual(await storage.keys.read(), { projectId: 'p', keys: [entry] });
});

test('keys and refusals of a database of 0.1.0 are migrated', async (t) => {
  const first = await open(t);
  await first.close();
  const database = await DuckDBInstance.create(first.file);
  const connection = await database.connect();
  await connection.run('CREATE TABLE keys (class VARCHAR PRIMARY KEY, sha256 BLOB NOT NULL)');
  for (const of of KEY_CLASSES)
    await connection.run('INSERT INTO keys VALUES ($1, unhex($2))', [of, hashKey(`old ${of}`).toString('hex')]);
  await connection.run(
    'CREATE TABLE refusals (refused_at TIMESTAMP, method VARCHAR, route VARCHAR, status USMALLINT, key VARCHAR, origin VARCHAR, reason VARCHAR)',
  );
  for (const n of [2, 1])
    await connection.run(
      `INSERT INTO refusals VALUES (make_timestamp_ms($1::BIGINT), 'POST', '/r', 401, 'read', 'https://shop.example', $2)`,
      [BigInt(START + n), `E: ${n}`],
    );
  connection.closeSync();
  database.closeSync();
  for (let start = 0; start < 2; start++) {
    const { storage, close } = await open(t, first.file);
    const { keys } = await storage.keys.read();
    assert.deepEqual(keys.map(({ class: of }) => of).sort(), [...KEY_CLASSES].sort());
    for (const entry of keys) assert.deepEqual([entry.sha256, entry.active], [hashKey(`old ${entry.class}`), true]);
    const moved = {
      method: 'POST',
      route: '/r',
      status: 401,
      key: 'read',
      keyId: '',
      origin: 'https://shop.example',
      times: 1,
    };
    assert.deepEqual(
      (await storage.refusals.report(9)).newest,
      [2, 1].map((n) => ({ ...moved, id: n, at: START + n, reason: `E: ${n}` })),
    );
    await close();
  }
});

test('a second process cannot open the file', async (t) => {
  const { file } = await open(t);
  // A real second process, because within one process DuckDB would share the file.
  const { code, stderr } = await failingProcess({ DATA: file });
  assert.equal(code, 1);
  assert.match(stderr, /lock/);
});
