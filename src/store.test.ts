import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { promisifyRequest } from 'idb-keyval';
import type { Entry } from './event.ts';
import { openStore, type Page, type Store } from './store.ts';
import { changeRecords } from './testing/entries.ts';
import { page, until } from './testing/page.ts';

const RELAXED = { durability: 'relaxed' } as const;

const makeEntry = (id: string): Entry => [id, 'purchases', `{"id":"${id}"}`];
const ids = (read: Page) => read._records.map((record) => record?.[0]);
const always = () => true;

/** Trims the records whose id `isExcess`; the ids of the deleted records and the number of those that are left. */
async function trim(store: Store, isExcess: (id: string, index: number, ids: string[]) => boolean) {
  let trimmed: unknown;
  const left = await store._trim(
    (ids) => ids.filter(isExcess),
    (ids) => (trimmed = ids),
  );
  return { trimmed, left };
}

let name: string;
let count = 0;
beforeEach(() => {
  name = `mailslot:${++count}`;
});

test('reads the entries in order, page by page', async () => {
  const store = openStore(name, RELAXED);
  await store._put(['c', 'a', 'e', 'b', 'd'].map(makeEntry), always);
  assert.deepEqual(await store._read('', 2), { _records: ['a', 'b'].map(makeEntry), _last: 'b' });
  assert.deepEqual(ids(await store._read('b', 2)), ['c', 'd']);
  assert.deepEqual(ids(await store._read('d', 2)), ['e']);
  assert.deepEqual(await store._read('e', 2), { _records: [], _last: undefined });
});

test('another tab or the next visit reads the same entries', async () => {
  await openStore(name, { durability: 'strict' })._put([makeEntry('a')], always);
  assert.deepEqual(ids(await openStore(name, RELAXED)._read('', 9)), ['a']);
});

test('stores no entries if they are not wanted when the transaction begins', async () => {
  const store = openStore(name, RELAXED);
  assert.equal(await store._put([makeEntry('a')], () => false), false);
  assert.deepEqual(ids(await store._read('', 9)), []);
  assert.equal(await store._put([makeEntry('a')], () => true), true);
  assert.deepEqual(ids(await store._read('', 9)), ['a']);
});

test('trims a backlog whose keys it reads in parts, so that none takes a long task', async (t) => {
  const store = openStore(name, RELAXED);
  const all = Array.from({ length: 12_000 }, (_, index) => `${index}`.padStart(5, '0'));
  await store._put(all.map(makeEntry), always);
  const read: number[] = [];
  const { getAllKeys } = IDBObjectStore.prototype;
  t.after(() => Object.assign(IDBObjectStore.prototype, { getAllKeys }));
  IDBObjectStore.prototype.getAllKeys = function (range, most) {
    const request = getAllKeys.call(this, range, most);
    request.addEventListener('success', () => read.push(request.result.length));
    return request;
  };
  let seen: string[] = [];
  const { trimmed, left } = await trim(store, (_, index, ids) => {
    seen = ids;
    return index < 7_000;
  });
  assert.deepEqual(seen, all);
  assert.deepEqual(trimmed, all.slice(0, 7_000));
  assert.equal(left, 5_000);
  // The last one is of the deletion, which compares keys with ids.
  assert.ok(
    read.slice(0, -1).every((keys) => keys <= 5_000),
    `${read}`,
  );
  assert.deepEqual(ids(await store._read('', 1)), ['07000']);
});

test("deletes the ids and keeps another tab's record between them", async () => {
  const store = openStore(name, RELAXED);
  await store._put(['a1', 'a2', 'a3', 'a4'].map(makeEntry), always);
  await openStore(name, RELAXED)._put([makeEntry('a2-other-tab')], always);
  await store._delete(['a1', 'a2', 'a3']);
  assert.deepEqual(ids(await store._read('', 9)), ['a2-other-tab', 'a4']);
});

test('compares keys, not only their number, before it deletes a range', async () => {
  const store = openStore(name, RELAXED);
  // The range has three records for three ids, but a2 has no record and one record is another tab's.
  await store._put(['a1', 'a3', 'a2-other-tab'].map(makeEntry), always);
  await store._delete(['a1', 'a2', 'a3']);
  assert.deepEqual(ids(await store._read('', 9)), ['a2-other-tab']);
});

test('deletes ids in any order, and ignores ids without a record', async () => {
  const store = openStore(name, RELAXED);
  await store._put(['a', 'b', 'c'].map(makeEntry), always);
  await store._delete(['c', 'a']);
  await store._delete(['a', 'x']);
  assert.deepEqual(ids(await store._read('', 9)), ['b']);
});

test('trims the records that are chosen from all, and counts the others', async () => {
  const store = openStore(name, RELAXED);
  await store._put(['d', 'b', 'c', 'a', 'e'].map(makeEntry), always);
  assert.deepEqual(await trim(store, () => false), { trimmed: [], left: 5 });
  assert.deepEqual(await trim(store, (_, index, { length }) => index < length - 3), { trimmed: ['a', 'b'], left: 3 });
  assert.deepEqual(ids(await store._read('', 9)), ['c', 'd', 'e']);
  assert.deepEqual(await trim(store, (id) => id !== 'd'), { trimmed: ['c', 'e'], left: 1 });
  assert.deepEqual(ids(await store._read('', 9)), ['d']);
  assert.deepEqual(await trim(store, () => true), { trimmed: ['d'], left: 0 });
  assert.deepEqual(await trim(store, () => true), { trimmed: [], left: 0 });
});

test('does not trim the records of other scripts with keys that are not strings', async () => {
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('b')], always);
  await changeRecords(name, (records) => {
    records.put('?', 5);
    records.put('?', new Date(0));
  });
  assert.deepEqual(await trim(store, (id) => typeof id !== 'string'), { trimmed: [], left: 1 });
  assert.deepEqual(ids(await store._read('', 9)), ['b']);
});

test('reads on after a record of another script', async () => {
  const store = openStore(name, RELAXED);
  await store._put(['a', 'c'].map(makeEntry), always);
  await changeRecords(name, (records) => {
    records.put(null, 'b');
  });
  assert.deepEqual(await store._read('', 2), { _records: [makeEntry('a'), null], _last: 'b' });
  assert.deepEqual(await store._read('b', 2), { _records: [makeEntry('c')], _last: 'c' });
});

test('rejects if the database does not answer for 10 seconds, twice', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  context.mock.method(indexedDB, 'open', () => ({}));
  const store = openStore(name, RELAXED);
  const putting = assert.rejects(store._put([makeEntry('a')], always), /no answer/);
  context.mock.timers.tick(10_000);
  await new Promise(setImmediate);
  context.mock.timers.tick(10_000);
  await putting;
});

test('creates the database again if another script has deleted it', async () => {
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('a')], always);
  // Would wait forever if the store did not close its connection.
  await promisifyRequest(indexedDB.deleteDatabase(name));
  await store._put([makeEntry('b')], always);
  assert.deepEqual(ids(await store._read('', 9)), ['b']);
});

test('connects again if the connection was lost without a close event', async (context) => {
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('a')], always);
  const lost = context.mock.method(IDBDatabase.prototype, 'transaction', () => {
    lost.mock.restore();
    throw new DOMException('The database connection is closing.', 'InvalidStateError');
  });
  await store._put([makeEntry('b')], always);
  assert.deepEqual(ids(await store._read('', 9)), ['a', 'b']);
});

test('repeats an aborted transaction once', async (context) => {
  const store = openStore(name, RELAXED);
  const aborts = context.mock.method(IDBTransaction.prototype, 'commit', function (this: IDBTransaction) {
    aborts.mock.restore();
    this.abort();
  });
  await store._put([makeEntry('a')], always);
  assert.deepEqual(ids(await store._read('', 9)), ['a']);
});

test('rejects if IndexedDB is refused, and works again as soon as it is allowed', async (context) => {
  const refused = context.mock.method(indexedDB, 'open', () => {
    throw new DOMException('denied', 'SecurityError');
  });
  const store = openStore(name, RELAXED);
  await assert.rejects(store._put([makeEntry('a')], always), { name: 'SecurityError' });
  assert.equal(refused.mock.callCount(), 2);
  refused.mock.restore();
  await store._put([makeEntry('a')], always);
  assert.deepEqual(ids(await store._read('', 9)), ['a']);
});

test('_destroy deletes the database itself', async () => {
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('a')], always);
  await store._destroy();
  assert.ok(!(await indexedDB.databases()).some((database) => database.name === name));
});

test('each connection in Chromium creates and deletes another database, which begins a new log', async (context) => {
  const open = context.mock.method(indexedDB, 'open');
  const remove = context.mock.method(indexedDB, 'deleteDatabase');
  const names = () => [open, remove].map(({ mock }) => mock.calls.map(({ arguments: [called] }) => called));
  // Other browsers have no `userAgentData`.
  await openStore(name, RELAXED)._put([makeEntry('a')], always);
  assert.deepEqual(names(), [[name], []]);

  page.navigator.userAgentData = {};
  context.after(() => delete page.navigator.userAgentData);
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('b')], always);
  await until(() => remove.mock.callCount());
  await promisifyRequest(remove.mock.calls[0]!.result!);
  assert.deepEqual(names(), [[name, name, `${name}:`], [`${name}:`]]);
  assert.ok(!(await indexedDB.databases()).some((database) => database.name === `${name}:`));
  assert.deepEqual(ids(await store._read('', 9)), ['a', 'b']);
});

/** Lets everything that waits run; a rejection that nobody handles fails the test. */
async function settle() {
  for (let task = 0; task < 20; task++) await new Promise(setImmediate);
}

const fail = () => {
  throw new DOMException('blocked by the page', 'InvalidStateError');
};

test('a deleteDatabase that throws is no unhandled rejection', async (context) => {
  page.navigator.userAgentData = {};
  context.after(() => delete page.navigator.userAgentData);
  const { mock } = context.mock.method(indexedDB, 'deleteDatabase', fail);
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('a')], always);
  await until(() => mock.callCount());
  await settle();
  await assert.rejects(store._destroy(), { name: 'InvalidStateError' });
});

test('a close that throws is no unhandled rejection', async (context) => {
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('a')], always);
  const { mock } = context.mock.method(IDBDatabase.prototype, 'close', fail);
  context.mock.method(IDBDatabase.prototype, 'transaction', fail);
  await assert.rejects(store._put([makeEntry('b')], always), { name: 'InvalidStateError' });
  await settle();
  assert.ok(mock.callCount());
  mock.restore();
});

/** Creates the test's database as another script does. */
async function createDatabase(version: number, upgrade: (db: IDBDatabase) => void) {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => upgrade(request.result);
  return promisifyRequest(request);
}

const FOREIGN_DATABASES: [name: string, version: number, upgrade: (db: IDBDatabase) => void][] = [
  ['without an object store', 1, () => {}],
  ['without an object store, of a higher version', 7, () => {}],
  ["with another's object store", 1, (db) => db.createObjectStore('keyval')],
  ['of a higher version, with its object store', 7, (db) => db.createObjectStore(db.name)],
  ['whose object store has a key path', 1, (db) => db.createObjectStore(db.name, { keyPath: 'id' })],
  ['whose object store has an empty key path', 3, (db) => db.createObjectStore(db.name, { keyPath: '' })],
  ['whose object store has a list as its key path', 1, (db) => db.createObjectStore(db.name, { keyPath: ['a', 'b'] })],
  ['whose object store makes keys', 1, (db) => db.createObjectStore(db.name, { autoIncrement: true })],
  ['whose object store has an index', 2, (db) => db.createObjectStore(db.name).createIndex('by length', 'length')],
  [
    'whose object store has a key path, beside another',
    2,
    (db) => {
      db.createObjectStore('keyval');
      db.createObjectStore(db.name, { keyPath: 'id', autoIncrement: true });
    },
  ],
];

for (const [what, version, upgrade] of FOREIGN_DATABASES) {
  test(`a database ${what} is used`, async () => {
    const stores = (db: IDBDatabase) => [...db.objectStoreNames];
    const before = await createDatabase(version, upgrade);
    const others = stores(before);
    before.close();
    const store = openStore(name, RELAXED);
    await store._put([makeEntry('a')], always);
    assert.deepEqual(ids(await openStore(name, RELAXED)._read('', 9)), ['a']);
    await store._put([makeEntry('b')], always);
    const after = await promisifyRequest(indexedDB.open(name));
    assert.deepEqual(stores(after), [...new Set([...others, name])].sort());
    after.close();
  });
}

test('two tabs that both find an object store of another shape replace it once', async () => {
  (await createDatabase(1, (db) => db.createObjectStore(name, { keyPath: 'id' }))).close();
  const [one, two] = [openStore(name, RELAXED), openStore(name, RELAXED)];
  await Promise.all([one._put([makeEntry('a')], always), two._put([makeEntry('b')], always)]);
  assert.deepEqual(ids(await one._read('', 9)), ['a', 'b']);
});

test('a database that another script upgrades while it is open is used again', async () => {
  const store = openStore(name, RELAXED);
  await store._put([makeEntry('a')], always);
  const db = await createDatabase(5, (upgraded) => upgraded.deleteObjectStore(name));
  db.close();
  await store._put([makeEntry('b')], always);
  assert.deepEqual(ids(await store._read('', 9)), ['b']);
});

test('two tabs that both miss the object store create it once', async () => {
  (await createDatabase(1, () => {})).close();
  const [one, two] = [openStore(name, RELAXED), openStore(name, RELAXED)];
  await Promise.all([one._put([makeEntry('a')], always), two._put([makeEntry('b')], always)]);
  assert.deepEqual(ids(await one._read('', 9)), ['a', 'b']);
});

test('a script that keeps its connection blocks the upgrade, until it closes it', async (context) => {
  const blocking = await createDatabase(1, () => {});
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const store = openStore(name, RELAXED);
  const putting = assert.rejects(store._put([makeEntry('a')], always), /no answer/);
  for (const _ of ['first', 'second']) {
    for (let task = 0; task < 20; task++) await new Promise(setImmediate);
    context.mock.timers.tick(10_000);
  }
  await putting;
  blocking.close();
  await store._put([makeEntry('b')], always);
  // The first transaction was only late: the page still has its entries, and puts them again.
  assert.deepEqual(ids(await store._read('', 9)), ['a', 'b']);
});

test('a purge that a script blocks with its connection rejects after 10 seconds', async (context) => {
  const blocking = await createDatabase(1, (db) => db.createObjectStore(name));
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const destroying = assert.rejects(openStore(name, RELAXED)._destroy(), /no answer/);
  for (let task = 0; task < 20; task++) await new Promise(setImmediate);
  context.mock.timers.tick(10_000);
  await destroying;
  blocking.close();
});

test('a connection that could not be used does not block a purge', async (context) => {
  // fake-indexeddb itself needs the method for an upgrade.
  (await createDatabase(1, (db) => db.createObjectStore(name))).close();
  const store = openStore(name, RELAXED);
  const { mock } = context.mock.method(IDBDatabase.prototype, 'transaction', fail);
  await assert.rejects(store._put([makeEntry('a')], always), { name: 'InvalidStateError' });
  mock.restore();
  await store._destroy();
  assert.deepEqual(await indexedDB.databases().then((all) => all.filter((one) => one.name === name)), []);
});
