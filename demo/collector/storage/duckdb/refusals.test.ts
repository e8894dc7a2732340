import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Refusal } from '../../model/refusal.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import { limit } from '../semaphore.ts';
import { openDuckDB } from './duckdb.ts';
import { openRefusals, readRefusals } from './refusals.ts';
import { TABLES } from './tables.ts';

const START = Date.parse('2024-05-15T12:00:00Z');
const MINUTE = 60_000;
const refusal = (other: Partial<Refusal> = {}): Refusal => ({
  at: START,
  method: 'POST',
  route: '/r',
  status: 401,
  key: 'none',
  keyId: '',
  origin: '',
  reason: 'InvalidApiKeyError: no',
  ...other,
});

/** The table of refusals alone, and what is done with the connection. */
async function open(t: TestContext, file = ':memory:') {
  const database = await DuckDBInstance.create(file);
  const connection = await database.connect();
  const reading = await database.connect();
  await connection.run(TABLES);
  const pen = limit(1);
  const state = { transactions: 0, broken: false, errors: [] as string[] };
  const refusals = await openRefusals(
    connection,
    (task) =>
      pen.run(async () => {
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
  const report = async (most: number, filter = {}) => {
    await refusals.flush();
    return readRefusals(reading, most, filter);
  };
  return { ...refusals, report, state, reading };
}

test('refusals come back newest first, as they were noted, over restarts', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  const noted = [
    refusal({
      origin: 'https://shop.example',
      route: '/ü😀',
      key: 'access',
      keyId: 'id_1',
      status: 403,
      reason: 'AdminOnlyEndpointError: "x"',
    }),
    refusal({ at: START + 1, method: 'GET' }),
  ];
  for (let start = 0; start < 2; start++) {
    const storage = await openDuckDB(file, () => START);
    for (const one of noted) storage.refusals.add({ ...one, at: one.at + start * MINUTE });
    const { newest } = await storage.refusals.report(9);
    const expected = [1, 0]
      .slice(1 - start)
      .flatMap((minute) =>
        [1, 0].map((n) => ({ ...noted[n], id: 1 + n + 2 * minute, at: noted[n]!.at + minute * MINUTE, times: 1 })),
      );
    assert.deepEqual(newest, expected);
    await storage.close();
  }
});

test('they are found by class of key and by kind, and the counts are of all', async (t) => {
  const { add, report } = await open(t);
  for (let n = 0; n < 3; n++) add(refusal({ key: 'write', reason: 'InvalidApiKeyError: revoked' }));
  add(refusal({ at: START + 1, key: 'write', reason: 'InvalidPropertyNameError ×2 of 3 events', status: 200 }));
  add(refusal({ at: START + 2, key: 'read' }));
  const counts = [
    { key: 'write', code: 'InvalidApiKeyError', times: 3 },
    { key: 'read', code: 'InvalidApiKeyError', times: 1 },
    { key: 'write', code: 'InvalidPropertyNameError', times: 1 },
  ];
  const found = async (filter: object, most = 9) => {
    const { newest, counts: all } = await report(most, filter);
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

test('the newest 10,000 rows are kept, and some more until it is worth the work', async (t) => {
  const { add, report, reading } = await open(t);
  for (let minute = 0; minute < 111; minute++) {
    for (let n = 0; n < 100; n++) add(refusal({ at: START + minute * MINUTE + n, route: `/${n}` }));
    await report(1);
  }
  const { newest } = await report(20_000);
  assert.ok(newest.length >= 10_000 && newest.length <= 11_000, `${newest.length}`);
  assert.equal(newest[0]!.at, START + 110 * MINUTE + 99);
  const ats = newest.map(({ at }) => at);
  assert.deepEqual(
    ats,
    [...ats].sort((a, b) => b - a),
  );
  const [[rows]] = (await reading.runAndReadAll('SELECT count(*) FROM refused')).getRows() as [[bigint]];
  assert.equal(Number(rows), newest.length);
});

test('a flood is one transaction of few rows at a time', { timeout: 30_000 }, async (t) => {
  const { add, report, state } = await open(t);
  for (let n = 0; n < 100_000; n++) add(refusal({ route: `/${n % 1000}` }));
  assert.equal(state.transactions, 0, 'whoever is refused waits for nothing');
  const { newest, counts } = await report(10_000);
  assert.deepEqual([state.transactions, newest.length, counts[0]!.times], [1, 201, 100_000]);
  // And by itself, when nobody looks.
  add(refusal());
  while (state.transactions < 2) await new Promise((resolve) => setImmediate(resolve));
});

test('a flood that does not end leaves a file that does not grow', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  const { add, flush, reading } = await open(t, file);
  const sizes: number[] = [];
  for (let hour = 0; hour < 5; hour++) {
    for (let minute = 0; minute < 60; minute++) {
      for (let n = 0; n < 250; n++)
        add(refusal({ at: START + (hour * 60 + minute) * MINUTE, route: `/${hour}-${minute}-${n}` }));
      await flush();
    }
    await reading.run('CHECKPOINT');
    sizes.push(statSync(file).size);
  }
  assert.ok(sizes.at(-1)! <= 2 * sizes[1]!, sizes.join(', '));
});

test('what a failing disk did not take is written later', { timeout: 30_000 }, async (t) => {
  const { add, report, state, reading, flush } = await open(t);
  state.broken = true;
  add(refusal());
  await flush();
  assert.match(state.errors.join(), /refused/);
  add(refusal());
  // By itself, and again and again.
  while (state.errors.length < 3) await new Promise((resolve) => setImmediate(resolve));
  state.broken = false;
  const written = async () => (await readRefusals(reading, 9, {})).newest.length;
  while (!(await written())) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual((await report(9)).newest, [{ ...refusal(), id: 1, times: 2 }]);
});
