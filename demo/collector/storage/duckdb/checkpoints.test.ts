import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { temporaryFolder } from '../../testing/folder.ts';
import { checkpoints } from './checkpoints.ts';

async function open(t: TestContext, options: { from?: number; free?: () => number } = {}) {
  const file = join(temporaryFolder(t), 'events.duckdb');
  const database = await DuckDBInstance.create(file, { checkpoint_threshold: '1GB' });
  t.after(() => database.closeSync());
  const [writing, reading] = [await database.connect(), await database.connect()];
  await writing.run('CREATE TABLE events (text VARCHAR); CREATE TABLE counts (name VARCHAR PRIMARY KEY, count BIGINT)');
  const failures: Error[] = [];
  const sizes = () => [file, `${file}.wal`].map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  const write = (rows: number) => writing.run(`INSERT INTO events SELECT md5(i::VARCHAR) FROM range(${rows}) t(i)`);
  const run = () => writing.run('CHECKPOINT');
  return {
    file,
    reading,
    ...checkpoints(run, file, (error) => failures.push(error), options),
    writing,
    write,
    sizes,
    failures,
  };
}

test('a long log moves into the file, a short one stays', async (t) => {
  const { consider, finish, write, sizes, failures } = await open(t, { from: 100_000 });
  await write(10);
  consider();
  const [, short] = sizes();
  assert.ok(short! > 0 && short! < 100_000);

  await write(10_000);
  const [before] = sizes();
  consider();
  await finish();
  const [after, rest] = sizes();
  assert.ok(after! > before! + 100_000, `${before} to ${after}`);
  assert.equal(rest, 0);
  assert.deepEqual(failures, []);
});

test('without room for a checkpoint the log stays as it is, and goes on', async (t) => {
  const disk = { free: 100_000 };
  const { consider, finish, write, sizes, failures } = await open(t, { from: 100_000, free: () => disk.free });
  await write(10_000);
  const [before, log] = sizes();
  consider();
  await finish();
  assert.deepEqual(sizes(), [before, log]);
  await write(10);
  assert.ok(sizes()[1]! > log!);

  disk.free = 1e9;
  await finish();
  assert.equal(sizes()[1], 0);
  assert.deepEqual(failures, []);
});

test('a query that still reads what was changed since keeps it waiting for its next chance, and that is no failure', async (t) => {
  const { finish, reading, writing, write, sizes, failures } = await open(t);
  await write(10_000);
  await writing.run(`INSERT INTO counts VALUES ('a', 1)`);
  await finish();
  await reading.run('BEGIN');
  await reading.run('SELECT count FROM counts');
  await writing.run('UPDATE counts SET count = 2');
  await finish();
  assert.ok(sizes()[1]! > 0);
  await reading.run('COMMIT');
  await finish();
  assert.equal(sizes()[1], 0);
  assert.deepEqual(failures, []);
});

test('any other failure is told', async (t) => {
  const { file, write } = await open(t);
  await write(10);
  const failures: string[] = [];
  const run = () => Promise.reject(new Error('FATAL Error: broken'));
  const { consider, finish } = checkpoints(run, file, ({ message }) => failures.push(message), { from: 0 });
  consider();
  await finish();
  assert.deepEqual(failures, ['FATAL Error: broken', 'FATAL Error: broken']);
});
