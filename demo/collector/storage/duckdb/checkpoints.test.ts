import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { temporaryFolder } from '../../testing/folder.ts';
import { type CheckpointOptions, createCheckpoints } from './checkpoints.ts';

async function open(t: TestContext, options: CheckpointOptions = {}) {
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
    ...createCheckpoints(run, file, (error) => failures.push(error), options),
    writing,
    write,
    sizes,
    failures,
  };
}

test('a long log moves into the file, a short one stays', async (t) => {
  const { runIfDue, finish, write, sizes, failures } = await open(t, { minLogBytes: 100_000 });
  await write(10);
  runIfDue();
  const [, short] = sizes();
  assert.ok(short! > 0 && short! < 100_000);

  await write(10_000);
  const [before] = sizes();
  runIfDue();
  await finish();
  const [after, rest] = sizes();
  assert.ok(after! > before! + 100_000, `${before} to ${after}`);
  assert.equal(rest, 0);
  assert.deepEqual(failures, []);
});

test('without disk space for a checkpoint the log stays and grows', async (t) => {
  const disk = { free: 100_000 };
  const { runIfDue, finish, write, sizes, failures } = await open(t, {
    minLogBytes: 100_000,
    freeBytes: () => disk.free,
  });
  await write(10_000);
  const [before, log] = sizes();
  runIfDue();
  await finish();
  assert.deepEqual(sizes(), [before, log]);
  await write(10);
  assert.ok(sizes()[1]! > log!);

  disk.free = 1e9;
  await finish();
  assert.equal(sizes()[1], 0);
  assert.deepEqual(failures, []);
});

test('a query that reads an older version of a row postpones the checkpoint, without an error', async (t) => {
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

test('any other failure is reported', async (t) => {
  const { file, write } = await open(t);
  await write(10);
  const failures: string[] = [];
  const run = () => Promise.reject(new Error('FATAL Error: broken'));
  const { runIfDue, finish } = createCheckpoints(run, file, ({ message }) => failures.push(message), {
    minLogBytes: 0,
  });
  runIfDue();
  await finish();
  assert.deepEqual(failures, ['FATAL Error: broken', 'FATAL Error: broken']);
});
