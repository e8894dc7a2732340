import assert from 'node:assert/strict';
import { copyFileSync, existsSync } from 'node:fs';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { countIn, KEYS, places, record, refused, succeed } from '../testing/copies.ts';
import { failingProcess, startProcess } from '../testing/process.ts';

test('a file that was copied from a running collector without its log is refused', async (t) => {
  const { at, env } = places(t);
  const first = await startProcess(t, { ...env, ...KEYS });
  await record(first, 20);
  copyFileSync(env.DATA, at('early.duckdb'));
  await first.end('SIGTERM');
  const second = await startProcess(t, env);
  await record(second, 5);
  copyFileSync(env.DATA, at('late.duckdb'));
  await second.end('SIGKILL');
  for (const name of ['early', 'late']) {
    const { code, stdout, stderr } = await failingProcess({ DATA: at(`${name}.duckdb`) });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^mailslot collector: [^\n]* was copied from a running collector without its log[^\n]*\n$/);
  }
  // Nor for any command.
  for (const args of [
    ['keys', 'list'],
    ['backup', at('x.duckdb')],
  ])
    assert.match(await refused(args, { DATA: at('late.duckdb') }), /without its log/);
  assert.match(await refused(['restore', at('late.duckdb')], { DATA: at('new.duckdb') }), /without its log/);
  await succeed(['restore', at('late.duckdb'), '--incomplete'], { DATA: at('new.duckdb') });
  assert.equal(await countIn(t, at('new.duckdb')), 20);
  // A database of an older collector without its log has no table at all.
  (await DuckDBInstance.create(at('empty.duckdb'))).closeSync();
  assert.match((await failingProcess({ DATA: at('empty.duckdb') })).stderr, /without its log/);
  assert.match(
    await refused(['restore', at('empty.duckdb'), '--incomplete'], { DATA: at('newer.duckdb') }),
    /holds nothing at all/,
  );
  // With both files, and in its own place without a log, nothing is lost.
  copyFileSync(env.DATA, at('both.duckdb'));
  copyFileSync(`${env.DATA}.wal`, at('both.duckdb.wal'));
  assert.deepEqual([await countIn(t, at('both.duckdb')), await countIn(t, env.DATA)], [25, 25]);
  const third = await startProcess(t, env);
  await third.end('SIGKILL');
  assert.equal(await countIn(t, env.DATA), 25);
});

test('a log without its database is refused', async (t) => {
  const { at, env } = places(t);
  const first = await startProcess(t, { ...env, ...KEYS });
  await record(first, 20);
  copyFileSync(`${env.DATA}.wal`, at('lone.duckdb.wal'));
  assert.match((await failingProcess({ DATA: at('lone.duckdb') })).stderr, /is the log of a database that is missing/);
  assert.equal(existsSync(at('lone.duckdb')), false);
});
