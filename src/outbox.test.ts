import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisifyRequest } from 'idb-keyval';
import { type Item, timePart } from './event.ts';
import { checkOptions } from './options.ts';
import { createQueue } from './outbox.ts';

// Node 20 has none.
Object.defineProperty(globalThis, 'navigator', { value: {} });

test('what no tracker wrote is not taken for an event', async () => {
  const name = 'mailslot:shop';
  const settings = checkOptions({ projectId: 'shop', writeKey: 'write_good' });
  const make = () => createQueue(name, settings, () => true, (code) => assert.fail(`reported ${code}`));
  const item: Item = [`${timePart(Date.now())}-1-000000001`, 'visits', '{"page":"/"}'];
  const [, add] = make();
  assert.equal(await add(item), 'stored');

  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  for (const [index, stranger] of ['text', 5, null, {}, [], ['visits']].entries()) store.put(stranger, `~${index}`);
  await promisifyRequest(store.transaction);
  db.close();

  const [, , , peek] = make();
  assert.deepEqual(await peek('', 9), [[item], '~5']);
});

test('what a slow store gives up when nobody waits any more is reported too', async (context) => {
  const name = 'mailslot:slow';
  const settings = checkOptions({ projectId: 'slow', writeKey: 'write_good', maxQueue: 2 });
  const reports: unknown[] = [];
  const make = () => createQueue(name, settings, () => true, (code, count) => reports.push([code, count]));
  const item = (count: number): Item => [`${timePart(Date.now())}-1-00000000${count}`, 'visits', '{"page":"/"}'];
  const [, add, persist] = make();
  await persist();
  await Promise.all([1, 2].map((count) => add(item(count))));
  const other = make();
  // By another tab, which has not counted for a while.
  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  for (const count of [3, 4]) store.put(item(count), item(count)[0]);
  await promisifyRequest(store.transaction);

  context.mock.timers.enable({ apis: ['setTimeout'] });
  const openings: IDBOpenDBRequest[] = [];
  context.mock.method(indexedDB, 'open', () => openings[openings.push({} as IDBOpenDBRequest) - 1]);
  const size = other.at(-1) as () => Promise<number>;
  const counted = size();
  for (const _ of ['at first', 'and again']) {
    await new Promise(setImmediate);
    context.mock.timers.tick(10_000);
  }
  await counted;
  assert.deepEqual(reports, []);

  Object.assign(openings[0]!, { result: db }).onsuccess!(new Event('success'));
  while (!reports.length) await new Promise(setImmediate);
  assert.deepEqual(reports, [['evicted', 2]]);
});

test('what goes from the store and what goes from memory alone is counted together', async (context) => {
  const name = 'mailslot:both';
  const settings = checkOptions({ projectId: 'both', writeKey: 'write_good', maxAge: 1_000 });
  context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  const reports: unknown[] = [];
  const make = () => createQueue(name, settings, () => true, (code, count) => reports.push([code, count]));
  const item = (count: number): Item => [`${timePart(Date.now())}-1-00000000${count}`, 'visits', '{"page":"/"}'];
  const [, add] = make();
  for (const count of [1, 2]) assert.equal(await add(item(count)), 'stored');
  const [, addOther, , , , , , size] = make();
  const cleared = item(3);
  assert.equal(await addOther(cleared), 'stored');

  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  store.delete(cleared[0]);
  await promisifyRequest(store.transaction);
  context.mock.timers.tick(2_000);
  assert.equal(await size(), 0);
  assert.deepEqual(reports, [['evicted', 3]]);
});
