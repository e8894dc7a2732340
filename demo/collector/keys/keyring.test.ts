import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashKey } from '../model/key.ts';
import { type KeyChange, makeEntry } from '../model/key-entry.ts';
import { memoryKeys } from '../testing/memory-keys.ts';
import { MAX_KEYS, openKeyring } from './keyring.ts';

const write = makeEntry(hashKey('write_1'), 'write', 0);
const master = makeEntry(hashKey('master_1'), 'master', 0);

async function withKeys(keys = [write, master], store = async (_change: KeyChange) => {}) {
  return openKeyring(memoryKeys(keys, store));
}

test('an entry is found by its key and by its id', async () => {
  const keyring = await withKeys();
  assert.equal(keyring.find('write_1'), write);
  for (const wrong of ['', 'write_', 'WRITE_1', 'write_1 ', 'master_2', write.id])
    assert.equal(keyring.find(wrong), undefined, wrong);
  assert.equal(keyring.get('write_1'), write);
  assert.equal(keyring.get(write.id), write);
  assert.equal(keyring.get('nobody'), undefined);
});

test('a change takes effect once it is on disk, and not if it fails', async () => {
  let fail = true;
  const stored: KeyChange[] = [];
  const keyring = await withKeys([write, master], async (change) => {
    if (fail) throw new Error('disk full');
    stored.push(change);
  });
  const change = () => ({ put: [{ ...write, active: false }] });
  await assert.rejects(keyring.change(change), /disk full/);
  assert.equal(keyring.find('write_1')!.active, true);
  fail = false;
  await keyring.change(change);
  assert.equal(keyring.find('write_1')!.active, false);
  await keyring.change(() => ({ remove: [write.id] }));
  assert.equal(keyring.find('write_1'), undefined);
  assert.deepEqual(keyring.list(), [master]);
  assert.deepEqual(stored, [change(), { remove: [write.id] }]);
});

test('changes run one after the other, and each sees the result of the one before', async () => {
  const keyring = await withKeys();
  const add = (letter: string) =>
    keyring.change(() => ({ put: [{ ...write, name: keyring.get(write.id)!.name + letter }] }));
  await Promise.all(['a', 'b', 'c'].map(add));
  assert.equal(keyring.get(write.id)!.name, 'abc');
});

test('the last Master key can be neither revoked nor deleted', async () => {
  const keyring = await withKeys();
  for (const change of [{ put: [{ ...master, active: false }] }, { remove: [master.id] }]) {
    await assert.rejects(
      keyring.change(() => change),
      { code: 'ConflictError' },
    );
  }
  const second = makeEntry(hashKey('master_2'), 'master', 0);
  await keyring.change(() => ({ put: [second, { ...master, active: false }] }));
  await keyring.change(() => ({ remove: [master.id] }));
  await assert.rejects(
    keyring.change(() => ({ remove: [second.id] })),
    { code: 'ConflictError' },
  );
});

test('the number of keys is limited', async () => {
  const many = Array.from({ length: MAX_KEYS - 1 }, (_, n) => makeEntry(hashKey(`${n}`), 'write', 0));
  const keyring = await withKeys([master, ...many]);
  await assert.rejects(
    keyring.change(() => ({ put: [write] })),
    { code: 'ConflictError' },
  );
  await keyring.change(() => ({ put: [write], remove: [many[0]!.id] }));
  assert.equal(keyring.list().length, MAX_KEYS);
});

test('a change by another collector holds at once, also one during the start', async () => {
  const keys = memoryKeys([write, master]);
  const keyring = await openKeyring(keys);
  await keys.write({ put: [{ ...write, active: false }] });
  assert.equal(keyring.find('write_1')!.active, false);
  await keys.write({ remove: [write.id] });
  assert.equal(keyring.find('write_1'), undefined);

  const starting = await openKeyring({
    ...keys,
    async read() {
      const before = await keys.read();
      await keys.write({ put: [{ ...master, name: 'renamed' }] });
      return before;
    },
  });
  assert.equal(starting.get(master.id)!.name, 'renamed');
});

test('no key is judged while a revocation could be missing', async () => {
  let current = true;
  const keyring = await openKeyring({ ...memoryKeys([write, master]), isCurrent: () => current });
  keyring.checkCurrent();
  current = false;
  assert.throws(keyring.checkCurrent, { code: 'ServiceUnavailableError' });
  current = true;
  keyring.checkCurrent();
});
