import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { temporaryFolder } from '../../testing/folder.ts';
import { dropCache } from './cache.ts';

/** A database with about 40 MB in its file. */
async function open(t: TestContext) {
  const database = await DuckDBInstance.create(join(temporaryFolder(t), 'x.duckdb'), {
    memory_limit: '500MB',
    temp_directory: '',
  });
  const connection = await database.connect();
  t.after(() => {
    connection.closeSync();
    database.closeSync();
  });
  await connection.run('CREATE TABLE texts (text VARCHAR USING COMPRESSION uncompressed)');
  await connection.run('INSERT INTO texts SELECT repeat(md5(i::VARCHAR), 10) FROM range(120_000) t(i)');
  await connection.run('CHECKPOINT');
  const used = async (tag: string) => {
    const rows = await connection.runAndReadAll('SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = $1', [tag]);
    return Number(rows.getRows()[0]![0]);
  };
  const readAll = () => connection.run('SELECT max(text) FROM texts');
  const limit = async () => (await connection.runAndReadAll(`SELECT current_setting('memory_limit')`)).getRows()[0]![0];
  return { connection, used, readAll, limit };
}

test('dropCache frees the cache of the file and keeps the memory limit', async (t) => {
  const { connection, used, readAll, limit } = await open(t);
  await readAll();
  const before = await limit();
  await dropCache(connection, 500);
  assert.ok((await used('BASE_TABLE')) <= 16e6, `${await used('BASE_TABLE')}`);
  assert.equal(await limit(), before);
});

test('dropCache succeeds if memory outside the cache exceeds its limit', async (t) => {
  const { connection, used, readAll, limit } = await open(t);
  await connection.run('CREATE TEMP TABLE more AS FROM texts');
  await readAll();
  assert.ok((await used('BASE_TABLE')) > 30e6);
  const before = await limit();
  await dropCache(connection, 500);
  assert.ok((await used('IN_MEMORY_TABLE')) > 30e6);
  assert.ok((await used('BASE_TABLE')) < 10e6);
  assert.equal(await limit(), before);
  assert.equal((await connection.runAndReadAll('SELECT count(*) FROM more')).getRows()[0]![0], 120_000n);
});
