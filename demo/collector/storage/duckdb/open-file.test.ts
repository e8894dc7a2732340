import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../testing/folder.ts';
import { openFile } from './open-file.ts';

test('a statement that needs too much memory fails, and writes no temporary file', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  const database = await openFile(file, Date.now(), { memory_limit: '30MB' });
  const connection = await database.connect();
  t.after(() => {
    connection.closeSync();
    database.closeSync();
  });
  await assert.rejects(
    connection.run('CREATE TEMP TABLE large AS SELECT repeat(md5(i::VARCHAR), 10) FROM range(200_000) t(i)'),
    /^Error: Out of Memory Error/,
  );
  assert.equal(existsSync(`${file}.tmp`), false);
});

test('a file of a newer collector is refused, and not changed', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  const first = await openFile(file, Date.now());
  const connection = await first.connect();
  await connection.run('UPDATE schema_version SET version = 1000');
  connection.closeSync();
  first.closeSync();
  const before = readFileSync(file);
  for (let attempt = 0; attempt < 2; attempt++)
    await assert.rejects(openFile(file, Date.now()), /newer collector wrote .* schema is 1000/);
  assert.deepEqual(readFileSync(file), before);
});
