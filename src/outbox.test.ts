import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { beforeEach, type TestContext, test } from 'node:test';
import { promisifyRequest } from 'idb-keyval';
import { countBytes, type Entry, timePart } from './event.ts';
import { checkOptions } from './options.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { changeRecords, makeEntry, readRecords } from './testing/entries.ts';
import { START_MS, stopClock, until } from './testing/page.ts';

/** More than all entries of a test. */
const MANY = 1_000_000;

let name: string;
let count = 0;
beforeEach(() => {
  name = `mailslot:outbox-${++count}`;
});

/** An outbox over the test's database, as a tab has it, with its settings and what it has reported. */
function openTab(options: object = {}) {
  const settings = checkOptions({ projectId: 'shop', writeKey: 'write_good', ...options });
  const reports: [code: string, count: number][] = [];
  const outbox: Outbox = createOutbox(
    name,
    settings,
    (code, count) => reports.push([code, count]),
    () => outbox._save(),
  );
  return { outbox, settings, reports };
}

/** An outbox that may store, with entries in it. */
async function openTabWith(entries: Entry[], options: object = {}) {
  const tab = openTab(options);
  await tab.outbox._save();
  await Promise.all(entries.map(tab.outbox._add));
  return tab;
}

const makeEntries = (first: number, last: number, options: Parameters<typeof makeEntry>[1] = {}) =>
  Array.from({ length: last - first + 1 }, (_, index) => makeEntry(first + index, options));

const claimAll = (outbox: Outbox) => outbox._claim(MANY, MANY);
const ids = (entries: Entry[]) => entries.map(([id]) => id);
const sumChars = (entries: Entry[]) => entries.reduce((sum, [, , json]) => sum + json.length, 0);
const sumBytes = (entries: Entry[]) => entries.reduce((sum, entry) => sum + countBytes(String(entry)), 0);
/** The number of events that were reported as evicted. */
const countEvicted = (...tabs: { reports: [code: string, count: number][] }[]) =>
  tabs.flatMap(({ reports }) => reports).reduce((sum, [code, count]) => sum + (code === 'evicted' ? count : 0), 0);

test('an entry is waiting, in flight, waiting again after a release, and gone when it is settled', async () => {
  const entries = makeEntries(1, 2);
  const { outbox } = await openTabWith(entries);
  assert.deepEqual(await readRecords(name), entries);
  assert.deepEqual(claimAll(outbox), entries);
  assert.deepEqual(claimAll(outbox), []);
  outbox._release(entries);
  assert.deepEqual(claimAll(outbox), entries);
  outbox._release(entries);
  await outbox._settle(ids(entries));
  assert.deepEqual(claimAll(outbox), []);
  assert.deepEqual(await readRecords(name), []);
});

test('a trim deletes settled entries, and reports none of them as evicted', async (context) => {
  const pass = stopClock(context);
  const entries = makeEntries(1, 5);
  const { outbox, reports } = await openTabWith(entries, { maxAge: 1_000 });
  await outbox._settle(ids(entries.slice(0, 3)));
  assert.equal(await outbox._trim(), 2);
  await outbox._settle(ids(entries.slice(3, 4)));
  pass(1_001);
  assert.equal(await outbox._trim(), 0);
  assert.deepEqual(reports, [['evicted', 1]]);
});

test('_unload deletes settled entries from the store', async () => {
  const entries = makeEntries(1, 2);
  const { outbox } = await openTabWith(entries);
  await outbox._settle(ids(entries.slice(0, 1)));
  await outbox._unload();
  assert.deepEqual(await readRecords(name), entries.slice(1));
});

test('an entry in flight is not claimed again, also if it is loaded or saved in between', async () => {
  const [first, second, third] = makeEntries(1, 3) as [Entry, Entry, Entry];
  const { outbox } = await openTabWith([first]);
  assert.deepEqual(claimAll(outbox), [first]);
  await outbox._add(second);
  await outbox._load('', 9);
  await outbox._save();
  assert.deepEqual(claimAll(outbox), [second]);
  await outbox._add(third);
  assert.deepEqual(claimAll(outbox), [third]);
});

test('entries of one task share one transaction', async (context) => {
  const { outbox } = await openTabWith([]);
  const commit = context.mock.method(IDBTransaction.prototype, 'commit');
  assert.deepEqual(await Promise.all(makeEntries(1, 3).map(outbox._add)), ['stored', 'stored', 'stored']);
  assert.equal(commit.mock.callCount(), 1);
  await outbox._add(makeEntry(4));
  assert.equal(commit.mock.callCount(), 2);
});

test('_claim skips an entry that does not fit, and takes later entries that do', async () => {
  const entries = [400, 500, 300, 100].map((padding, index) => makeEntry(index + 1, { padding }));
  const { outbox } = await openTabWith(entries);
  const [large, larger, skipped, small] = entries as [Entry, Entry, Entry, Entry];
  const fitting = [large, larger, small];
  assert.deepEqual(outbox._claim(MANY, sumChars(fitting)), fitting);
  assert.deepEqual(claimAll(outbox), [skipped]);
});

test('_claim takes an entry that fits to the byte, and none that is a byte too large', async () => {
  const entries = makeEntries(1, 2);
  const { outbox } = await openTabWith(entries);
  assert.deepEqual(outbox._claim(MANY, sumChars(entries) - 1), [entries[0]]);
  outbox._release(entries);
  assert.deepEqual(outbox._claim(MANY, sumChars(entries)), entries);
});

test('_claim looks at the next `count` waiting entries only', async () => {
  const entries = [10, 500, 10, 10].map((padding, index) => makeEntry(index + 1, { padding }));
  const { outbox } = await openTabWith(entries);
  const [first, large, third, fourth] = entries as [Entry, Entry, Entry, Entry];
  // The last entry would fit as well.
  assert.deepEqual(outbox._claim(3, sumChars([first, third, fourth])), [first, third]);
  assert.deepEqual(outbox._claim(1, MANY), [large]);
  assert.deepEqual(outbox._claim(2, MANY), [fourth]);
});

test('an entry that is too large for any request goes alone, unless it must fit', async () => {
  const [small, large, last] = [10, 500, 10].map((padding, index) => makeEntry(index + 1, { padding })) as [
    Entry,
    Entry,
    Entry,
  ];
  const { outbox } = await openTabWith([small, large, last]);
  const chars = sumChars([small, last]);
  assert.deepEqual(outbox._claim(MANY, chars), [small, last]);
  assert.deepEqual(outbox._claim(MANY, sumBytes([small, last]), true), []);
  outbox._release([last]);
  assert.deepEqual(outbox._claim(MANY, chars), [large]);
  assert.deepEqual(outbox._claim(MANY, sumBytes([last]) - 1, true), []);
  assert.deepEqual(outbox._claim(MANY, sumBytes([last]), true), [last]);
});

test('_release puts entries at the end of the queue if `last` is set', async () => {
  const entries = makeEntries(1, 3);
  const [first, second, third] = entries;
  const { outbox } = await openTabWith(entries);
  assert.deepEqual(outbox._claim(1, MANY), [first]);
  outbox._release([first!], true);
  assert.deepEqual(claimAll(outbox), [second, third, first]);
});

test('_release of an entry that was purged or settled in the meantime does not bring it back', async () => {
  for (const last of [false, true]) {
    const entries = makeEntries(1, 2);
    const { outbox } = await openTabWith(entries);
    claimAll(outbox);
    await outbox._settle([entries[0]![0]]);
    outbox._release([entries[0]!], last);
    assert.deepEqual(claimAll(outbox), []);
    await outbox._clear();
    outbox._release([entries[1]!], last);
    assert.deepEqual(claimAll(outbox), []);
  }
});

test('without consent entries are held in memory, and _save stores them when consent is there', async () => {
  const { outbox, settings } = openTab({ consent: 'pending' });
  const entries = makeEntries(1, 2);
  await outbox._save();
  assert.deepEqual(await Promise.all(entries.map(outbox._add)), ['held', 'held']);
  assert.equal(await outbox._trim(), 2);
  assert.equal(await readRecords(name), undefined);
  settings.consent = 'granted';
  await outbox._save();
  assert.deepEqual(await readRecords(name), entries);
  assert.equal(await outbox._add(makeEntry(3)), 'stored');
});

test('entries are held if consent is withdrawn before their transaction begins', async () => {
  const { outbox, settings } = await openTabWith([]);
  const added = outbox._add(makeEntry(1));
  settings.consent = 'pending';
  assert.equal(await added, 'held');
  settings.consent = 'granted';
  await outbox._save();
  assert.equal((await readRecords(name))!.length, 1);

  const late = outbox._add(makeEntry(2));
  // The write of this task has begun after the next microtask, and its transaction has not.
  await undefined;
  settings.consent = 'pending';
  assert.equal(await late, 'held');
  assert.equal((await readRecords(name))!.length, 1);
});

test('a purge during a write drops its entries and leaves no database', async (context) => {
  const { outbox } = await openTabWith([]);
  let cleared: Promise<unknown> | undefined;
  context.mock.method(IDBTransaction.prototype, 'commit', () => {
    cleared ??= outbox._clear();
  });
  assert.equal(await outbox._add(makeEntry(1)), 'dropped');
  await cleared;
  assert.equal(await readRecords(name), undefined);
  assert.deepEqual(claimAll(outbox), []);
});

test('a purge before a write has begun leaves no database', async () => {
  const { outbox } = await openTabWith([makeEntry(1)]);
  const added = outbox._add(makeEntry(2));
  // The write of this task has begun after the next microtask, and its transaction has not.
  await undefined;
  const cleared = outbox._clear();
  assert.equal(await added, 'dropped');
  await cleared;
  assert.equal(await readRecords(name), undefined);
  assert.deepEqual(claimAll(outbox), []);
});

test('no operation after a purge creates the database again', async () => {
  const entry = makeEntry(1);
  const { outbox, reports } = await openTabWith([entry]);
  await outbox._clear();
  assert.equal(await outbox._trim(), 0);
  await outbox._settle([entry[0]]);
  assert.equal(await outbox._load('', 9), undefined);
  assert.equal(await readRecords(name), undefined);
  assert.deepEqual(reports, []);
});

test('a purge during _load brings no entries into memory', async () => {
  await openTabWith(makeEntries(1, 3));
  const { outbox } = await openTabWith([]);
  const loading = outbox._load('', 9);
  const cleared = outbox._clear();
  assert.equal(await loading, undefined);
  await cleared;
  assert.deepEqual(claimAll(outbox), []);
});

test('after a purge new entries are stored again', async () => {
  const { outbox, settings, reports } = await openTabWith([makeEntry(1)]);
  const entry = makeEntry(2);
  settings.consent = 'denied';
  await outbox._clear();
  settings.consent = 'granted';
  await outbox._save();
  assert.equal(await outbox._add(entry), 'stored');
  assert.deepEqual(await readRecords(name), [entry]);
  assert.deepEqual(reports, []);
});

test('_load reads the entries of other pages, page by page, and skips those that are in memory', async () => {
  const others = makeEntries(1, 4);
  await openTabWith(others);
  const own = makeEntry(5);
  const { outbox } = await openTabWith([own]);
  assert.deepEqual(claimAll(outbox), [own]);
  assert.equal(await outbox._load('', 2), others[1]![0]);
  assert.deepEqual(claimAll(outbox), others.slice(0, 2));
  assert.equal(await outbox._load(others[1]![0], 3), own[0]);
  assert.deepEqual(claimAll(outbox), others.slice(2));
  assert.equal(await outbox._load(own[0], 3), undefined);
  assert.deepEqual(claimAll(outbox), []);
});

test('_load does not read while consent is missing', async () => {
  await openTabWith(makeEntries(1, 2));
  const { outbox } = openTab({ consent: 'pending' });
  assert.equal(await outbox._load('', 9), undefined);
  assert.deepEqual(claimAll(outbox), []);
});

test('_unload drops loaded entries and keeps own entries', async () => {
  const other = makeEntry(1);
  await openTabWith([other]);
  const own = makeEntry(2);
  const { outbox } = await openTabWith([own]);
  await outbox._load('', 9);
  outbox._unload();
  assert.deepEqual(claimAll(outbox), [own]);
  assert.deepEqual(await readRecords(name), [other, own]);
});

test('_unload keeps loaded entries whose order only memory knows', async () => {
  const [first, second] = makeEntries(1, 2) as [Entry, Entry];
  await openTabWith([first, second]);
  const { outbox } = await openTabWith([]);
  await outbox._load('', 9);
  assert.deepEqual(outbox._claim(1, MANY), [first]);
  outbox._release([first], true);
  outbox._unload();
  assert.deepEqual(claimAll(outbox), [second, first]);
});

test('records of other scripts are not taken for entries', async () => {
  const entry = makeEntry(1);
  const first = await openTabWith([entry]);
  await changeRecords(name, (records) => {
    for (const [index, stranger] of ['text', 5, null, {}, [], ['visits']].entries()) {
      records.put(stranger, `~${index}`);
    }
  });
  const { outbox, reports } = await openTabWith([]);
  assert.equal(await outbox._load('', 9), '~5');
  assert.deepEqual(outbox._claim(9, 1_000), [entry]);
  assert.deepEqual([...first.reports, ...reports], []);
});

test('an entry that must fit is measured in bytes', async () => {
  const [id, collection] = makeEntry(1);
  const euros: Entry = [id, collection, JSON.stringify({ text: '€'.repeat(200) })];
  const { outbox } = await openTabWith([euros]);
  const bytes = sumBytes([euros]);
  assert.ok(bytes > 600, `${bytes} bytes`);
  assert.deepEqual(outbox._claim(9, bytes - 1, true), []);
  assert.deepEqual(outbox._claim(9, bytes, true), [euros]);
});

test('records of 0.1.0 are packed with others, and deleted when they are settled', async () => {
  const other = makeEntry(3);
  // 0.1.0 wrote the same three fields.
  const records = [makeEntry(1), makeEntry(2, { collection: 'orders' })].map(([id, collection, json]) => [
    id,
    collection,
    json,
  ]);
  await openTabWith([other]);
  await changeRecords(name, (store) => {
    for (const record of records) store.put(record, record[0]);
  });
  const { outbox } = await openTabWith([]);
  await outbox._load('', 9);
  const all = [...records, other] as unknown as Entry[];
  assert.deepEqual(outbox._claim(9, sumChars(all) - 1), records);
  outbox._release(records as never);
  assert.deepEqual(outbox._claim(9, sumChars(all)), all);
  outbox._release(all);
  await outbox._settle(ids(all));
  assert.deepEqual(await readRecords(name), []);
});

test('an entry that another tab has settled is not left', async () => {
  const one = await openTabWith(makeEntries(1, 2));
  const two = await openTabWith([]);
  await two.outbox._load('', 9);
  await two.outbox._settle(ids(claimAll(two.outbox)));
  assert.equal(await one.outbox._trim(), 0);
});

test('maxQueue counts the entries of all tabs, and the oldest go first', async () => {
  const entries = makeEntries(1, 8);
  const one = await openTabWith(entries.slice(0, 5), { maxQueue: 5 });
  const two = await openTabWith(entries.slice(5), { maxQueue: 5 });
  assert.equal(await two.outbox._trim(), 5);
  assert.deepEqual(await readRecords(name), entries.slice(3));
  assert.equal(await one.outbox._trim(), 5);
  assert.deepEqual(one.reports, []);
  assert.deepEqual(two.reports, [['evicted', 3]]);
});

test('_save trims what earlier visits have left', async () => {
  const entries = makeEntries(1, 5);
  await openTabWith(entries);
  const { outbox, reports } = openTab({ maxQueue: 3 });
  await outbox._save();
  assert.deepEqual(await readRecords(name), entries.slice(2));
  assert.deepEqual(reports, [['evicted', 2]]);
});

test('an entry over maxQueue is evicted at once if memory alone exceeds it', async () => {
  const entries = makeEntries(1, 5);
  const { outbox, reports } = await openTabWith(entries, { maxQueue: 3 });
  assert.deepEqual(await readRecords(name), entries.slice(2));
  assert.deepEqual(claimAll(outbox), entries.slice(2));
  assert.deepEqual(reports, [['evicted', 2]]);
});

test('maxQueue and maxAge hold in memory if the store cannot be used', async (context) => {
  const pass = stopClock(context);
  const { outbox, reports } = openTab({ consent: 'pending', maxQueue: 3, maxAge: 1_000 });
  const entries = makeEntries(1, 5);
  await Promise.all(entries.map(outbox._add));
  assert.equal(await outbox._trim(), 3);
  assert.deepEqual(reports, [['evicted', 2]]);
  assert.deepEqual(claimAll(outbox), entries.slice(2));
  pass(1_000);
  assert.equal(await outbox._trim(), 3);
  pass(1);
  assert.equal(await outbox._trim(), 0);
  assert.deepEqual(reports, [
    ['evicted', 2],
    ['evicted', 3],
  ]);
});

test('maxAge evicts the stored entries of all tabs', async (context) => {
  const pass = stopClock(context);
  await openTabWith(makeEntries(1, 2));
  pass(600);
  const late = makeEntry(3);
  const other = await openTabWith([late], { maxAge: 1_000 });
  pass(600);
  assert.equal(await other.outbox._trim(), 1);
  assert.deepEqual(await readRecords(name), [late]);
  assert.deepEqual(other.reports, [['evicted', 2]]);
});

test('a trim and a claim read the clock once, not for each entry', async (context) => {
  const { outbox } = await openTabWith(makeEntries(1, 100));
  await outbox._save();
  const now = context.mock.method(performance, 'now');
  await outbox._trim();
  // Once for the store and once for memory.
  assert.equal(now.mock.callCount(), 2);
  claimAll(outbox);
  assert.equal(now.mock.callCount(), 3);
});

test('_claim evicts entries that are older than maxAge, also from the store', async (context) => {
  const pass = stopClock(context);
  const old = makeEntries(1, 2);
  const { outbox, reports } = await openTabWith(old, { maxAge: 1_000 });
  pass(1_001);
  const fresh = makeEntry(3);
  await outbox._add(fresh);
  assert.deepEqual(outbox._claim(1, MANY), [fresh]);
  await until(() => reports.length > 0);
  assert.deepEqual(await readRecords(name), [fresh]);
  assert.equal(await outbox._trim(), 1);
  assert.deepEqual(reports, [['evicted', 2]]);
});

test('an event that expires is reported once, even if it is claimed during a trim', async (context) => {
  const pass = stopClock(context);
  const { outbox, reports } = await openTabWith([makeEntry(1)], { maxAge: 1_000 });
  pass(1_001);
  const trimmed = outbox._trim();
  await Promise.resolve();
  assert.deepEqual(claimAll(outbox), []);
  assert.equal(await trimmed, 0);
  assert.equal(await outbox._trim(), 0);
  assert.deepEqual(reports, [['evicted', 1]]);
});

test('an entry is dropped if consent is withdrawn in its task', async () => {
  const { outbox } = await openTabWith([]);
  const outcome = outbox._add(makeEntry(1));
  await outbox._clear();
  assert.equal(await outcome, 'dropped');
  assert.equal(await readRecords(name), undefined);
});

test('no event is reported as evicted twice if two tabs exceed maxQueue at the same time', async () => {
  const tabs = [await openTabWith([], { maxQueue: 10 }), await openTabWith([], { maxQueue: 10 })];
  const added: Promise<unknown>[] = [];
  for (let task = 0; task < 10; task++) {
    for (const [index, { outbox }] of tabs.entries()) {
      added.push(...makeEntries(task * 10 + index * 5, task * 10 + index * 5 + 4).map(outbox._add));
    }
    await new Promise(setImmediate);
  }
  await Promise.all(added);
  assert.deepEqual(await Promise.all(tabs.map(({ outbox }) => outbox._trim())), [10, 10]);
  assert.equal(countEvicted(...tabs), 90);
  assert.equal((await readRecords(name))!.length, 10);
});

test('no event is reported as evicted twice by trims and claims of one tab that overlap', async (context) => {
  const pass = stopClock(context);
  const tab = await openTabWith(makeEntries(1, 20), { maxAge: 1_000, maxQueue: 15 });
  assert.equal(countEvicted(tab), 5);
  pass(1_001);
  const trims = [tab.outbox._trim(), tab.outbox._trim()];
  assert.deepEqual(claimAll(tab.outbox), []);
  await Promise.all(trims);
  await tab.outbox._trim();
  assert.equal(countEvicted(tab), 20);
});

test('evictions of a slow trim are reported, even if they come after its timeout', async (context) => {
  const options = { maxQueue: 2 };
  await openTabWith(makeEntries(1, 2), options);
  const { outbox, reports } = await openTabWith([], options);
  // Another tab stores two more entries, and has not trimmed yet.
  const db = await promisifyRequest(indexedDB.open(name));
  const store = db.transaction(name, 'readwrite').objectStore(name);
  for (const entry of makeEntries(3, 4)) store.put(entry, entry[0]);
  await promisifyRequest(store.transaction);

  context.mock.timers.enable({ apis: ['setTimeout'] });
  const openings: IDBOpenDBRequest[] = [];
  context.mock.method(indexedDB, 'open', () => openings[openings.push({} as IDBOpenDBRequest) - 1]);
  const trimmed = outbox._trim();
  for (const _ of ['first attempt', 'second attempt']) {
    await new Promise(setImmediate);

    context.mock.timers.tick(10_000);
  }
  await trimmed;

  assert.deepEqual(reports, [['storage', 0]]);

  Object.assign(openings[0]!, { result: db }).onsuccess!(new Event('success'));
  await until(() => reports.length === 2);
  assert.deepEqual(reports, [
    ['storage', 0],
    ['evicted', 2],
  ]);
});

test('evictions from the store and evictions from memory alone are both reported', async (context) => {
  const pass = stopClock(context);
  const options = { maxAge: 1_000 };
  const first = await openTabWith([], options);
  for (const entry of makeEntries(1, 2)) assert.equal(await first.outbox._add(entry), 'stored');
  const { outbox, reports } = await openTabWith([], options);
  const deleted = makeEntry(3);
  assert.equal(await outbox._add(deleted), 'stored');

  await changeRecords(name, (records) => records.delete(deleted[0]));
  pass(2_000);
  assert.equal(await outbox._trim(), 0);
  assert.deepEqual(
    [...first.reports, ...reports],
    [
      ['evicted', 2],
      ['evicted', 1],
    ],
  );
});

test('a failing store is reported once, and again after it worked in between', async (context) => {
  const { outbox, reports } = await openTabWith([]);
  const breakStore = () =>
    context.mock.method(IDBDatabase.prototype, 'transaction', () => {
      throw new DOMException('no space', 'QuotaExceededError');
    });
  let broken = breakStore();
  assert.equal(await outbox._add(makeEntry(1)), 'held');
  assert.deepEqual(reports, [['storage', 0]]);
  await outbox._save();
  assert.equal(await outbox._add(makeEntry(2)), 'held');
  assert.equal(await outbox._trim(), 2);
  assert.deepEqual(reports, [['storage', 0]]);
  assert.equal(claimAll(outbox).length, 2);

  broken.mock.restore();
  await outbox._save();
  assert.equal((await readRecords(name))!.length, 2);
  assert.equal(await outbox._add(makeEntry(3)), 'stored');
  assert.deepEqual(reports, [['storage', 0]]);

  broken = breakStore();
  assert.equal(await outbox._add(makeEntry(4)), 'held');
  assert.deepEqual(reports, [
    ['storage', 0],
    ['storage', 0],
  ]);
});

test('_trim waits for the write of the same task', async () => {
  const { outbox } = await openTabWith([makeEntry(1)]);
  const added = outbox._add(makeEntry(2));
  assert.equal(await outbox._trim(), 2);
  assert.equal(await added, 'stored');
});

/** An entry that takes so many characters, as its id says. */
const makeSizedEntry = (count: number, chars: number): Entry => {
  const [id, collection, json] = makeEntry(count);
  return [`${id}~${chars}`, collection, json.padEnd(chars)];
};

test('maxBytes holds on disk, for the entries of all tabs, and the oldest go first', async () => {
  const entries = Array.from({ length: 10 }, (_, index) => makeSizedEntry(index, 300));
  const one = await openTabWith(entries.slice(0, 5));
  const two = await openTabWith(entries.slice(5), { maxBytes: 1_000 });
  assert.equal(await two.outbox._trim(), 3);
  assert.deepEqual(await readRecords(name), entries.slice(7));
  assert.equal(countEvicted(two), 7);
  assert.deepEqual(one.reports, []);
});

test('maxBytes holds in memory if the store cannot be used', async () => {
  const entries = Array.from({ length: 10 }, (_, index) => makeSizedEntry(index, 300));
  const { outbox, reports } = openTab({ consent: 'pending', maxBytes: 1_000 });
  for (const entry of entries) await outbox._add(entry);
  assert.deepEqual(claimAll(outbox), entries.slice(7));
  assert.equal(
    reports.reduce((sum, [, count]) => sum + count, 0),
    7,
  );
});

test('a page that tracks and cannot send stays within a tenth of maxBytes', async () => {
  const { outbox, reports } = await openTabWith([], { maxBytes: 50_000 });
  let most = 0;
  for (let index = 0; index < 200; index++) {
    await outbox._add(makeSizedEntry(index, 1_000));
    most = Math.max(most, (await readRecords(name))!.length);
  }
  assert.ok(most >= 50 && most <= 56, `${most} records`);
  assert.equal(reports.reduce((sum, [, count]) => sum + count, 0) + (await readRecords(name))!.length, 200);
});

/** Sets the wall clock, but not the clock of the page, which `stopClock()` stopped. */
function setWallClock(context: TestContext, ms: number) {
  const now = performance.now();
  context.mock.method(performance, 'now', () => now);
  return context.mock.method(Date, 'now', () => ms);
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

for (const [when, ms] of [
  ['1970', 0],
  ['2010', Date.UTC(2010, 0)],
  ['a year ago', START_MS - YEAR_MS],
  ['an hour ago', START_MS - 3_600_000],
  ['in 31 days', START_MS + 31 * DAY_MS],
  ['in three years', START_MS + 3 * YEAR_MS],
  ['2099', Date.UTC(2099, 0)],
] as const) {
  test(`no entry of the page is evicted if the clock is set to ${when}`, async (context) => {
    stopClock(context);
    const { outbox, reports } = await openTabWith([makeEntry(1)]);
    const { mock } = setWallClock(context, ms);
    assert.equal(await outbox._trim(), 1);
    assert.equal(claimAll(outbox).length, 1);
    mock.restore();
    assert.equal(await outbox._trim(), 1);
    assert.deepEqual(reports, []);
  });
}

for (const [what, wrote, reads, left] of [
  ['that a page wrote in 1970, when the clock is right', 86_400_000, START_MS, 1],
  ['that a page wrote in 2010, when the clock is right', Date.UTC(2010, 0), START_MS, 1],
  ['that a page wrote in 2099, when the clock is right', Date.UTC(2099, 0), START_MS, 1],
  ['of today for a page that opened in 2099', START_MS, Date.UTC(2099, 0), 1],
  ['of today for a page that opened in 1970', START_MS, 86_400_000, 1],
  ['of 31 days ago', START_MS - 31 * DAY_MS, START_MS, 0],
  ['of a year ago', START_MS - YEAR_MS, START_MS, 0],
] as const) {
  test(`an entry ${what}, is ${left ? 'kept' : 'evicted'}`, async (context) => {
    stopClock(context);
    const entry: Entry = [`${timePart(wrote)}-1-000000001~20`, 'visits', '{"n":1}'];
    await openTabWith([entry]);
    setWallClock(context, reads);
    context.mock.getter(performance, 'timeOrigin', () => reads);
    const { outbox, reports } = await openTabWith([]);
    assert.equal(await outbox._trim(), left);
    assert.equal(countEvicted({ reports }), 1 - left);
  });
}

/** Lets the next operations of this test's store fail, each of which is tried twice. */
function failOperations(context: TestContext, operations: number) {
  const own = name;
  const { transaction } = IDBDatabase.prototype;
  let attempts = 0;
  context.mock.method(
    IDBDatabase.prototype,
    'transaction',
    function (this: IDBDatabase, ...parameters: Parameters<typeof transaction>) {
      // The store of the test before can still be at work.
      if (this.name !== own || attempts >= 2 * operations) return transaction.apply(this, parameters);
      attempts++;
      throw new DOMException('no room', 'QuotaExceededError');
    },
  );
  return () => attempts;
}

for (const failures of [1, 2, 3, 6]) {
  test(`the store works again by itself after ${failures} failures`, async (context) => {
    const pass = stopClock(context);
    context.mock.method(Math, 'random', () => 0.999);
    const { outbox, reports } = await openTabWith([]);
    const attempts = failOperations(context, failures);
    const entry = makeEntry(1);
    assert.equal(await outbox._add(entry), 'held');
    for (let failure = 1; failure <= failures; failure++) {
      // Not before half of the wait is over.
      pass(1_000 * 2 ** (failure - 1) - 1);
      await new Promise(setImmediate);
      assert.equal(attempts(), 2 * failure);
      pass(1_000 * 2 ** (failure - 1) + 1);
      if (failure < failures) await until(() => attempts() === 2 * (failure + 1));
      // The failure starts the next wait.
      await new Promise(setImmediate);
    }
    await until(async () => (await readRecords(name))!.length === 1);
    assert.equal(await outbox._add(makeEntry(2)), 'stored');
    assert.equal((await readRecords(name))!.length, 2);
    assert.deepEqual(reports, [['storage', 0]]);
  });
}

test('a purge that fails is reported, also if the store failed before', async (context) => {
  stopClock(context);
  const { outbox, reports } = await openTabWith([makeEntry(1)]);
  failOperations(context, 1);
  await outbox._settle(ids([makeEntry(1)]));
  assert.deepEqual(reports, [['storage', 0]]);
  context.mock.method(indexedDB, 'deleteDatabase', () => {
    throw new DOMException('no access', 'SecurityError');
  });
  await outbox._clear();
  assert.deepEqual(reports, [
    ['storage', 0],
    ['storage', 0],
  ]);
});

test('a failing store is tried ever more rarely, with one timer', async (context) => {
  const pass = stopClock(context);
  context.mock.method(Math, 'random', () => 0);
  const { outbox } = await openTabWith([]);
  const transaction = context.mock.method(IDBDatabase.prototype, 'transaction', () => {
    throw new DOMException('no room', 'QuotaExceededError');
  });
  await outbox._add(makeEntry(1));
  // A page that is shown again and again must not add timers.
  for (let show = 0; show < 5; show++) await outbox._save();
  const before = transaction.mock.callCount();
  for (let second = 0; second < 600; second++) {
    pass(1_000);
    for (let task = 0; task < 20; task++) await new Promise(setImmediate);
  }
  const attempts = transaction.mock.callCount() - before;
  assert.ok(attempts > 0 && attempts <= 40, `${attempts} attempts in ten minutes`);
});

test('_unload drops the entries of all pages that were loaded', async () => {
  await openTabWith(makeEntries(1, 6));
  const { outbox } = await openTabWith([]);
  for (let cursor: string | undefined = ''; cursor !== undefined; ) cursor = await outbox._load(cursor, 2);
  outbox._unload();
  assert.deepEqual(claimAll(outbox), []);
});
