import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { countIn, KEYS, PROJECT_ID, places, record, refused, succeed } from '../testing/copies.ts';
import { startProcess } from '../testing/process.ts';

test('a backup of a running collector has all acknowledged events and its keys', async (t) => {
  const { folder, at, DATA, env } = places(t);
  const collector = await startProcess(t, { ...env, ...KEYS });
  await record(collector, 250);
  const PORT = new URL(collector.url).port;
  const running = { ...env, PORT, MASTER_KEY: KEYS.MASTER_KEY };
  assert.match(
    await succeed(['backup', at('b.duckdb')], running),
    /^Project p with 250 events .* is saved to .*b\.duckdb\.\n$/,
  );
  await record(collector, 50);
  // From another machine, without the file.
  const away = { ...running, DATA: at('none/none.duckdb') };
  await succeed(['backup', at('c.duckdb'), '--url', collector.url], away);
  assert.deepEqual(readdirSync(folder).sort(), ['b.duckdb', 'c.duckdb', 'events.duckdb', 'events.duckdb.wal']);
  assert.equal(statSync(at('b.duckdb')).mode & 0o777, 0o600);

  assert.match(await refused(['backup', at('b.duckdb')], running), /already a file at .*b\.duckdb/);
  assert.match(await refused(['backup', at('no/b.duckdb')], running), /There is no folder .*\/no\./);
  assert.match(await refused(['backup', at('d.duckdb')], { ...env, PORT }), /running collector uses .* MASTER_KEY/);
  assert.match(
    await refused(['backup', at('d.duckdb')], { ...running, MASTER_KEY: 'master_4d4d4d4d4d4d' }),
    /not one of this project/,
  );
  assert.match(await refused(['backup'], running), /The command is: backup FILE/);
  // Opening the copies shows that they are complete.
  assert.deepEqual([await countIn(t, at('b.duckdb')), await countIn(t, at('c.duckdb'))], [250, 300]);
  assert.equal(await collector.end('SIGTERM'), 0);
  assert.equal(await countIn(t, DATA), 300);
});

test('only a Master key gets a backup, and HEAD makes none', async (t) => {
  const { env } = places(t);
  const { url } = await startProcess(t, { ...env, ...KEYS });
  const status = async (method: string, key: string) =>
    (await fetch(`${url}/3.0/projects/${PROJECT_ID}/backup`, { method, headers: { authorization: key } })).status;
  assert.deepEqual(
    [await status('GET', KEYS.WRITE_KEY), await status('GET', KEYS.READ_KEY), await status('HEAD', KEYS.MASTER_KEY)],
    [403, 403, 404],
  );
});

test('a stopped or killed collector is backed up from its file and log', async (t) => {
  const { at, env } = places(t);
  const first = await startProcess(t, { ...env, ...KEYS });
  await record(first, 30);
  await first.end('SIGKILL');
  assert.ok(existsSync(`${env.DATA}.wal`));
  await succeed(['backup', at('killed.duckdb')], env);
  const second = await startProcess(t, env);
  await record(second, 3);
  await second.end('SIGTERM');
  await succeed(['backup', at('stopped.duckdb')], env);
  assert.deepEqual([await countIn(t, at('killed.duckdb')), await countIn(t, at('stopped.duckdb'))], [30, 33]);
  assert.equal(await countIn(t, env.DATA), 33);
  assert.match(await refused(['backup', at('x.duckdb')], { DATA: at('none.duckdb') }), /There is no database at/);
});

test('restore puts a backup where no database is', async (t) => {
  const { folder, at, env } = places(t);
  const first = await startProcess(t, { ...env, ...KEYS });
  await record(first, 40);
  await first.end('SIGKILL');
  await succeed(['backup', at('b.duckdb')], env);
  assert.match(await refused(['restore', at('b.duckdb')], env), /already a file at .*events\.duckdb/);
  assert.match(await refused(['restore', at('none.duckdb')], { DATA: at('new.duckdb') }), /There is no file/);
  writeFileSync(at('text'), 'not a database at all');
  assert.match(await refused(['restore', at('text')], { DATA: at('new.duckdb') }), /is not a DuckDB database/);
  assert.match(
    await succeed(['restore', at('b.duckdb')], { DATA: at('new.duckdb') }),
    /^Project p with 40 events .* is restored to .*new\.duckdb\.\n$/,
  );
  assert.equal(await countIn(t, at('new.duckdb')), 40);
  // Nor one that is in use.
  const second = await startProcess(t, env);
  assert.match(await refused(['restore', env.DATA], { DATA: at('newer.duckdb') }), /A running collector uses/);
  await second.end('SIGTERM');
  assert.deepEqual(readdirSync(folder).sort(), ['b.duckdb', 'events.duckdb', 'new.duckdb', 'text']);
});

test('two first starts at once do not replace each other’s file', async (t) => {
  const { env, folder } = places(t);
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => startProcess(t, { ...env, ...KEYS })));
  const started = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  assert.equal(started.length, 1);
  await record(started[0]!, 5);
  await started[0]!.end('SIGTERM');
  assert.deepEqual(readdirSync(folder), ['events.duckdb']);
  assert.equal(await countIn(t, env.DATA), 5);
});
