import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SettingsError } from '../../model/settings-error.ts';
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

test('a path that cannot be a database ends the start with one sentence, and is left as it is', async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  mkdirSync(at('folder'));
  writeFileSync(at('text'), 'some text that is long enough');
  writeFileSync(at('lone.wal'), 'a log');
  symlinkSync(at('loop'), at('loop'));
  symlinkSync(at('missing/file'), at('dangling'));
  execFileSync('mkfifo', [at('pipe')]);
  const before = readdirSync(folder, { recursive: true }).sort();
  for (const [path, message] of [
    [at('folder'), /is no file\.$/],
    [at('pipe'), /is no file\.$/],
    ['/dev/null', /is no file\.$/],
    [at('text'), /is not a DuckDB database\.$/],
    [at('text/file'), /ENOTDIR/],
    [at('loop'), /ELOOP/],
    [at('loop/file'), /ELOOP/],
    [at('dangling'), /is a link to a file that does not exist\.$/],
    [at('lone'), /is the log of a database that is missing/],
    ['/proc/none/file', /cannot be created/],
  ] as const)
    await assert.rejects(openFile(path, Date.now()), (error: NodeJS.ErrnoException) => {
      assert.match(error.message, message, path);
      assert.doesNotMatch(error.message, /\n/);
      // `main` prints only the message of these.
      assert.ok(error instanceof SettingsError || error.syscall, path);
      return true;
    });
  assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), before);
});

test('an empty file becomes a database', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  writeFileSync(file, '');
  (await openFile(file, Date.now())).closeSync();
  (await openFile(file, Date.now())).closeSync();
});
