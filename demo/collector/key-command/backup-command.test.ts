import assert from 'node:assert/strict';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { countIn, KEYS, PROJECT_ID, places, record, refused, succeed } from '../testing/copies.ts';
import { startProcess } from '../testing/process.ts';

test('a backup of a running collector has all acknowledged events and its keys', async (t) => {
  const { folder, at, env } = places(t);
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

  assert.match(await refused(['backup', at('d.duckdb')], { ...env, PORT }), /running collector uses .* MASTER_KEY/);
  await collector.end('SIGTERM');
  // Opening the copies shows that they are complete.
  assert.deepEqual([await countIn(t, at('b.duckdb')), await countIn(t, at('c.duckdb'))], [250, 300]);
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
