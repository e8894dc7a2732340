import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { promisifyRequest } from 'idb-keyval';
import type { Entry } from './event.ts';
import { openStore as create, type Page } from './store.ts';

const item = (id: string): Entry => [id, 'purchases', `{"id":"${id}"}`];
const ids = (page: Page) => page._records.map((record) => record?.[0]);
const always = () => true;

const openStore = (name: string, durability: 'relaxed' | 'strict') => {
  const { _put, _read, _delete, _trim, _destroy } = create(name, { durability });
  const remove = (items: Entry[]) => _delete(items.map(([id]) => id));
  const trim = async (cutoff: string, limit: number) => {
    let gone: unknown;
    const left = await _trim(cutoff, limit, (ids) => (gone = ids));
    return [gone, left];
  };
  return [_put, _read, remove, trim, _destroy] as const;
};

// Node 20 has none.
Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });

let name: string;
let count = 0;
beforeEach(() => {
  name = `mailslot:${++count}`;
});

/** What another script of the origin does to the same database. */
async function tamper(job: (store: IDBObjectStore) => void) {
  const db = await promisifyRequest(indexedDB.open(name));
  const transaction = db.transaction(name, 'readwrite');
  job(transaction.objectStore(name));
  await promisifyRequest(transaction);
  db.close();
}

test('reads what was put in order, page by page', async () => {
  const [put, read] = openStore(name, 'relaxed');
  await put(['c', 'a', 'e', 'b', 'd'].map(item), always);
  assert.deepEqual(await read('', 2), { _records: ['a', 'b'].map(item), _last: 'b' });
  assert.deepEqual(ids(await read('b', 2)), ['c', 'd']);
  assert.deepEqual(ids(await read('d', 2)), ['e']);
  assert.deepEqual(await read('e', 2), { _records: [], _last: undefined });
});

test('another tab, or the next visit, reads it too', async () => {
  await openStore(name, 'strict')[0]([item('a')], always);
  assert.deepEqual(ids(await openStore(name, 'relaxed')[1]('', 9)), ['a']);
});

test('puts nothing that is no longer wanted', async () => {
  const [put, read] = openStore(name, 'relaxed');
  assert.equal(await put([item('a')], () => false), false);
  assert.deepEqual(ids(await read('', 9)), []);
  assert.equal(await put([item('a')], () => true), true);
  assert.deepEqual(ids(await read('', 9)), ['a']);
});

test("removes what is settled and never another tab's record between", async () => {
  const [put, read, remove] = openStore(name, 'relaxed');
  await put(['a1', 'a2', 'a3', 'a4'].map(item), always);
  await openStore(name, 'relaxed')[0]([item('a2-other-tab')], always);
  await remove(['a1', 'a2', 'a3'].map(item));
  assert.deepEqual(ids(await read('', 9)), ['a2-other-tab', 'a4']);
});

test('removes the same number of other records only by mistake, so it compares', async () => {
  const [put, read, remove] = openStore(name, 'relaxed');
  // Of three settled ones one is gone already, while a stranger lies between: three records in the range.
  await put(['a1', 'a3', 'a2-other-tab'].map(item), always);
  await remove(['a1', 'a2', 'a3'].map(item));
  assert.deepEqual(ids(await read('', 9)), ['a2-other-tab']);
});

test('removes in whatever order, and what is gone already', async () => {
  const [put, read, remove] = openStore(name, 'relaxed');
  await put(['a', 'b', 'c'].map(item), always);
  await remove(['c', 'a'].map(item));
  await remove(['a', 'x'].map(item));
  assert.deepEqual(ids(await read('', 9)), ['b']);
});

test('trims the oldest over the limit, and the too old, and counts', async () => {
  const [put, read, , trim] = openStore(name, 'relaxed');
  await put(['a', 'b', 'c', 'd', 'e'].map(item), always);
  assert.deepEqual(await trim('', 5), [[], 5]);
  assert.deepEqual(await trim('', 3), [['a', 'b'], 3]);
  assert.deepEqual(ids(await read('', 9)), ['c', 'd', 'e']);
  assert.deepEqual(await trim('c~', 3), [['c'], 2]);
  assert.deepEqual(ids(await read('', 9)), ['d', 'e']);
});

test('a key that no tracker made is old at once', async () => {
  const [put, read, , trim] = openStore(name, 'relaxed');
  await put([item('b')], always);
  await tamper((store) => {
    store.put('?', 5);
    store.put('?', new Date(0));
  });
  assert.deepEqual(await trim('a', 9), [[5, new Date(0)], 1]);
  assert.deepEqual(ids(await read('', 9)), ['b']);
});

test('goes on behind what no tracker wrote', async () => {
  const [put, read] = openStore(name, 'relaxed');
  await put(['a', 'c'].map(item), always);
  await tamper((store) => {
    store.put(null, 'b');
  });
  assert.deepEqual(await read('', 2), { _records: [item('a'), null], _last: 'b' });
  assert.deepEqual(await read('b', 2), { _records: [item('c')], _last: 'c' });
});

test('rejects when the database has stopped answering', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  context.mock.method(indexedDB, 'open', () => ({}));
  const [put] = openStore(name, 'relaxed');
  const putting = assert.rejects(put([item('a')], always), /no answer/);
  context.mock.timers.tick(10_000);
  await new Promise(setImmediate);
  context.mock.timers.tick(10_000);
  await putting;
});

test('heals when the database is deleted under it', async () => {
  const [put, read] = openStore(name, 'relaxed');
  await put([item('a')], always);
  // It lets go of its connection, or this would wait for ever.
  await promisifyRequest(indexedDB.deleteDatabase(name));
  await put([item('b')], always);
  assert.deepEqual(ids(await read('', 9)), ['b']);
});

test('heals when the connection is lost without a word', async (context) => {
  const [put, read] = openStore(name, 'relaxed');
  await put([item('a')], always);
  const lost = context.mock.method(IDBDatabase.prototype, 'transaction', () => {
    lost.mock.restore();
    throw new DOMException('The database connection is closing.', 'InvalidStateError');
  });
  await put([item('b')], always);
  assert.deepEqual(ids(await read('', 9)), ['a', 'b']);
});

test('a transaction that is aborted is tried once more', async (context) => {
  const [put, read] = openStore(name, 'relaxed');
  const aborts = context.mock.method(IDBTransaction.prototype, 'commit', function (this: IDBTransaction) {
    aborts.mock.restore();
    this.abort();
  });
  await put([item('a')], always);
  assert.deepEqual(ids(await read('', 9)), ['a']);
});

test('rejects where IndexedDB refuses, and works again when it is back', async (context) => {
  const refused = context.mock.method(indexedDB, 'open', () => {
    throw new DOMException('denied', 'SecurityError');
  });
  const [put, read] = openStore(name, 'relaxed');
  await assert.rejects(put([item('a')], always), { name: 'SecurityError' });
  assert.equal(refused.mock.callCount(), 2);
  refused.mock.restore();
  await put([item('a')], always);
  assert.deepEqual(ids(await read('', 9)), ['a']);
});

test('purge leaves no database behind', async () => {
  const [put, , , , purge] = openStore(name, 'relaxed');
  await put([item('a')], always);
  await purge();
  assert.ok(!(await indexedDB.databases()).some((database) => database.name === name));
});

test('in Chromium each opening makes and deletes another database, which begins a new log; elsewhere none does', async (t) => {
  const open = t.mock.method(indexedDB, 'open');
  const remove = t.mock.method(indexedDB, 'deleteDatabase');
  const names = () => [open, remove].map(({ mock }) => mock.calls.map(({ arguments: [called] }) => called));
  await openStore(name, 'relaxed')[0]([item('a')], always);
  assert.deepEqual(names(), [[name], []]);

  Object.assign(navigator, { userAgentData: {} });
  t.after(() => delete (navigator as { userAgentData?: object }).userAgentData);
  const [put, read] = openStore(name, 'relaxed');
  await put([item('b')], always);
  while (!remove.mock.callCount()) await new Promise(setImmediate);
  await promisifyRequest(remove.mock.calls[0]!.result!);
  assert.deepEqual(names(), [[name, name, `${name}:`], [`${name}:`]]);
  assert.ok(!(await indexedDB.databases()).some((database) => database.name === `${name}:`));
  assert.deepEqual(ids(await read('', 9)), ['a', 'b']);
});
