import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { temporaryFolder } from '../../testing/folder.ts';
import { makeRefusal } from '../../testing/refusal.ts';
import { createSemaphore } from '../semaphore.ts';
import { openDuckDB } from './duckdb.ts';
import { openRefusalWriter, readRefusals } from './refusals.ts';
import { TABLES } from './tables.ts';

const START = makeRefusal().at;
const MINUTE_MS = 60_000;

/** A database with a refusal writer, whose table can be made unavailable. */
async function open(t: TestContext, file = ':memory:') {
  const database = await DuckDBInstance.create(file);
  const connection = await database.connect();
  const reading = await database.connect();
  await connection.run(TABLES);
  const writeLock = createSemaphore(1);
  const state = { transactions: 0, broken: false, errors: [] as string[] };
  const refusals = await openRefusalWriter(
    connection,
    (task) =>
      writeLock.run(async () => {
        const { broken } = state;
        if (broken) await connection.run('ALTER TABLE refused RENAME TO elsewhere');
        state.transactions++;
        await task().finally(() => broken && connection.run('ALTER TABLE elsewhere RENAME TO refused'));
      }),
    (error) => state.errors.push(error.message),
  );
  t.after(async () => {
    await refusals.end();
    reading.closeSync();
    connection.closeSync();
    database.closeSync();
  });
  const report = async (limit: number, filter = {}) => {
    await refusals.flush();
    return readRefusals(reading, limit, filter);
  };
  return { ...refusals, report, state, reading };
}

test('refusals are listed newest first, also after a restart', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  const added = [
    makeRefusal({
      origin: 'https://shop.example',
      route: '/ü😀',
      key: 'access',
      keyId: 'id_1',
      status: 403,
      reason: 'AdminOnlyEndpointError: "x"',
    }),
    makeRefusal({ at: START + 1, method: 'GET' }),
  ];
  for (let start = 0; start < 2; start++) {
    const storage = await openDuckDB(file, () => START);
    for (const one of added) storage.refusals.add({ ...one, at: one.at + start * MINUTE_MS });
    const { newest } = await storage.refusals.report(9);
    const expected = [1, 0]
      .slice(1 - start)
      .flatMap((minute) =>
        [1, 0].map((n) => ({ ...added[n], id: 1 + n + 2 * minute, at: added[n]!.at + minute * MINUTE_MS, times: 1 })),
      );
    assert.deepEqual(newest, expected);
    await storage.close();
  }
});

test('a filter selects rows by class of key and error code, but not counts', async (t) => {
  const { add, report } = await open(t);
  for (let n = 0; n < 3; n++) add(makeRefusal({ key: 'write', reason: 'InvalidApiKeyError: revoked' }));
  add(makeRefusal({ at: START + 1, key: 'write', reason: 'InvalidPropertyNameError ×2 of 3 events', status: 200 }));
  add(makeRefusal({ at: START + 2, key: 'read' }));
  const counts = [
    { key: 'write', code: 'InvalidApiKeyError', times: 3 },
    { key: 'read', code: 'InvalidApiKeyError', times: 1 },
    { key: 'write', code: 'InvalidPropertyNameError', times: 1 },
  ];
  const found = async (filter: object, limit = 9) => {
    const { newest, counts: all } = await report(limit, filter);
    assert.deepEqual(all, counts);
    return newest.map(({ key, reason, times }) => `${key} ${reason.split(/\W/)[0]} ${times}`);
  };
  assert.deepEqual(await found({}), [
    'read InvalidApiKeyError 1',
    'write InvalidPropertyNameError 1',
    'write InvalidApiKeyError 3',
  ]);
  assert.deepEqual(await found({ key: 'write' }), ['write InvalidPropertyNameError 1', 'write InvalidApiKeyError 3']);
  assert.deepEqual(await found({ code: 'InvalidApiKeyError' }), [
    'read InvalidApiKeyError 1',
    'write InvalidApiKeyError 3',
  ]);
  assert.deepEqual(await found({ key: 'write', code: 'InvalidApiKeyError' }), ['write InvalidApiKeyError 3']);
  assert.deepEqual(await found({ key: 'master' }), []);
  assert.deepEqual(await found({}, 1), ['read InvalidApiKeyError 1']);
});

test('a flood of different refusals over days does not displace the ones before it, and all are counted', {
  timeout: 60_000,
}, async (t) => {
  const { add, report, reading } = await open(t);
  for (let n = 0; n < 5; n++) add(makeRefusal({ at: START - n, route: `/honest-${n}`, key: 'write', status: 400 }));
  add(makeRefusal({ at: START - 5, route: '/alone' }));
  await report(1);
  let added = 6;
  const hours = 60;
  for (let minute = 10; minute < hours * 60; minute += 10) {
    for (let n = 0; n < 100; n++, added++)
      add(makeRefusal({ at: START + minute * MINUTE_MS + n, route: `/${minute}-${n}` }));
    await report(1);
  }
  const { newest, counts } = await report(20_000);
  assert.ok(newest.length <= 11_000, `${newest.length}`);
  assert.equal(
    counts.reduce((sum, { times }) => sum + times, 0),
    added,
  );
  const routes = newest.map(({ route }) => route);
  for (let n = 0; n < 5; n++) assert.ok(routes.includes(`/honest-${n}`));
  assert.ok(routes.includes('/alone'));
  assert.equal(newest[0]!.at, START + (hours * 60 - 10) * MINUTE_MS + 99);
  assert.ok(newest.some(({ reason, times }) => /: many different ones in one hour$/.test(reason) && times > 100));
  assert.equal(new Set(newest.map(({ id }) => id)).size, newest.length);
  const [[rows]] = (await reading.runAndReadAll('SELECT count(*) FROM refused')).getRows() as [[bigint]];
  assert.equal(Number(rows), newest.length);
});

test('a flood is one transaction of few rows', { timeout: 30_000 }, async (t) => {
  const { add, report, state } = await open(t);
  for (let n = 0; n < 100_000; n++) add(makeRefusal({ route: `/${n % 1000}` }));
  assert.equal(state.transactions, 0, 'a refused request does not wait for a transaction');
  const { newest, counts } = await report(10_000);
  assert.deepEqual([state.transactions, newest.length, counts[0]!.times], [1, 201, 100_000]);
  // A timer writes them without a call of `flush`.
  add(makeRefusal());
  while (state.transactions < 2) await new Promise((resolve) => setImmediate(resolve));
});

test('the file stops growing during an endless flood', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  const { add, flush, reading } = await open(t, file);
  const sizes: number[] = [];
  for (let hour = 0; hour < 5; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      for (let n = 0; n < 250; n++)
        add(makeRefusal({ at: START + (hour * 60 + minute) * MINUTE_MS, route: `/${hour}-${minute}-${n}` }));
      await flush();
    }
    await reading.run('CHECKPOINT');
    sizes.push(statSync(file).size);
  }
  assert.ok(sizes.at(-1)! <= 2 * sizes[1]!, sizes.join(', '));
});

test('refusals of a failed transaction are written later', { timeout: 30_000 }, async (t) => {
  const { add, report, state, reading, flush } = await open(t);
  state.broken = true;
  add(makeRefusal());
  await flush();
  assert.match(state.errors.join(), /refused/);
  add(makeRefusal());
  // The timer tries again after each failure.
  while (state.errors.length < 3) await new Promise((resolve) => setImmediate(resolve));
  state.broken = false;
  const written = async () => (await readRefusals(reading, 9, {})).newest.length;
  while (!(await written())) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual((await report(9)).newest, [{ ...makeRefusal(), id: 1, times: 2 }]);
});
