import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { promisifyRequest } from 'idb-keyval';
import { type Entry, timePart } from './event.ts';
import { checkOptions } from './options.ts';
import { createOutbox } from './outbox.ts';

// Node 20 has none.
Object.defineProperty(globalThis, 'navigator', { value: {} });
Object.defineProperty(globalThis, 'document', { value: {} });

test('what no tracker wrote is not taken for an event', async () => {
  const name = 'mailslot:shop';
  const settings = checkOptions({ projectId: 'shop', writeKey: 'write_good' });
  const make = () => createOutbox(name, settings, (code) => assert.fail(`reported ${code}`));
  const item: Entry = [`${timePart(Date.now())}-1-000000001`, 'visits', '{"page":"/"}'];
  const first = make();
  await first._save();
  assert.equal(await first._add(item), 'stored');

  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  for (const [index, stranger] of ['text', 5, null, {}, [], ['visits']].entries()) store.put(stranger, `~${index}`);
  await promisifyRequest(store.transaction);
  db.close();

  const outbox = make();
  await outbox._save();
  assert.equal(await outbox._load('', 9), '~5');
  assert.deepEqual(outbox._claim(9, 1_000), [item]);
});

test('what a slow store gives up when nobody waits any more is reported too', async (context) => {
  const name = 'mailslot:slow';
  const settings = checkOptions({ projectId: 'slow', writeKey: 'write_good', maxQueue: 2 });
  const reports: unknown[] = [];
  const make = () => createOutbox(name, settings, (code, count) => reports.push([code, count]));
  const item = (count: number): Entry => [`${timePart(Date.now())}-1-00000000${count}`, 'visits', '{"page":"/"}'];
  const first = make();
  await first._save();
  await Promise.all([1, 2].map((count) => first._add(item(count))));
  const other = make();
  await other._save();
  // By another tab, which has not counted for a while.
  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  for (const count of [3, 4]) store.put(item(count), item(count)[0]);
  await promisifyRequest(store.transaction);

  context.mock.timers.enable({ apis: ['setTimeout'] });
  const openings: IDBOpenDBRequest[] = [];
  context.mock.method(indexedDB, 'open', () => openings[openings.push({} as IDBOpenDBRequest) - 1]);
  const counted = other._trim();
  for (const _ of ['at first', 'and again']) {
    await new Promise(setImmediate);
    context.mock.timers.tick(10_000);
  }
  await counted;
  assert.deepEqual(reports, [['storage', 0]]);

  Object.assign(openings[0]!, { result: db }).onsuccess!(new Event('success'));
  while (reports.length < 2) await new Promise(setImmediate);
  assert.deepEqual(reports, [
    ['storage', 0],
    ['evicted', 2],
  ]);
});

test('what goes from the store and what goes from memory alone is reported', async (context) => {
  const name = 'mailslot:both';
  const settings = checkOptions({ projectId: 'both', writeKey: 'write_good', maxAge: 1_000 });
  context.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  const reports: unknown[] = [];
  const make = () => createOutbox(name, settings, (code, count) => reports.push([code, count]));
  const item = (count: number): Entry => [`${timePart(Date.now())}-1-00000000${count}`, 'visits', '{"page":"/"}'];
  const first = make();
  await first._save();
  for (const count of [1, 2]) assert.equal(await first._add(item(count)), 'stored');
  const other = make();
  await other._save();
  const cleared = item(3);
  assert.equal(await other._add(cleared), 'stored');

  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  store.delete(cleared[0]);
  await promisifyRequest(store.transaction);
  context.mock.timers.tick(2_000);
  assert.equal(await other._trim(), 0);
  assert.deepEqual(reports, [
    ['evicted', 2],
    ['evicted', 1],
  ]);
});
