import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { countIn, KEYS, places, record, refused, succeed } from '../testing/copies.ts';
import { startProcess } from '../testing/process.ts';

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
