import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
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
