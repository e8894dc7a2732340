import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashKey } from '../model/key.ts';
import type { KeyChange, KeyEntry } from '../model/key-entry.ts';
import { identify } from './identify.ts';

/** A collector's stored keys over several starts. */
function starts() {
  const stored: { projectId?: string; keys: KeyEntry[] } = { keys: [] };
  const keys = {
    read: async () => ({ ...stored, keys: stored.keys.map((entry) => ({ ...entry })) }),
    write: async ({ projectId, put = [] }: KeyChange) => {
      stored.projectId = projectId!;
      for (const entry of put) stored.keys = [...stored.keys.filter(({ id }) => id !== entry.id), entry];
    },
  };
  let now = 0;
  const start = (given: Parameters<typeof identify>[1]['keys'] = {}, projectId?: string) =>
    identify({ keys }, { keys: given, ...(projectId && { projectId }) }, ++now);
  const active = (key: string) => stored.keys.find(({ sha256 }) => sha256.equals(hashKey(key)))?.active;
  return { start, active, stored };
}

test('an id or key that neither the settings nor the database have is generated, once', async () => {
  const { start, active, stored } = starts();
  const first = await start();
  assert.deepEqual(Object.keys(first.made), ['write', 'read', 'master']);
  for (const key of Object.values(first.made)) assert.equal(active(key), true);
  const second = await start();
  assert.deepEqual(second, { projectId: first.projectId, made: {}, revoked: [] });
  assert.equal(stored.keys.length, 3);
  assert.equal((await start({}, 'another')).projectId, 'another');
});

test('a new key from the settings replaces all others of its class', async () => {
  const { start, active } = starts();
  const { made } = await start({ write: 'w1' });
  assert.deepEqual(Object.keys(made), ['read', 'master']);
  await start({ write: 'w2', read: 'r2' });
  assert.deepEqual(
    [active('w1'), active('w2'), active(made.read!), active('r2'), active(made.master!)],
    [false, true, false, true, true],
  );
});

test('a revoked key from the settings stays revoked', async () => {
  const { start, active, stored } = starts();
  await start({ write: 'w1' });
  await start({ write: 'w2' });
  const { revoked, made } = await start({ write: 'w1' });
  assert.deepEqual([revoked, made], [['write'], {}]);
  assert.deepEqual([active('w1'), active('w2')], [false, true]);
  // If all keys of a class are revoked, none is generated, because the operator revoked them on purpose.
  for (const entry of stored.keys) if (entry.class === 'write') entry.active = false;
  assert.deepEqual((await start()).made, {});
});

test('a key from the settings cannot change its class', async () => {
  const { start } = starts();
  await start({ read: 'k' });
  await assert.rejects(start({ write: 'k' }), { name: 'SettingsError', message: /another class/ });
});
