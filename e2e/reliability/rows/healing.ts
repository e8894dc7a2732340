// IndexedDB is wrong or fails when the page starts, and works later. No collector can be reached meanwhile, and nobody
// flushes, hides or reloads the page.
import { until } from '../../../scripts/testing/until.ts';
import { html } from '../../fixtures/site.ts';
import type { Tab } from '../engines/engine.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';
import { STORE_POLL_MS } from '../tracker-calls.ts';

/**
 * The time in which the store must heal. A hang takes two timeouts of ten seconds. Ten failures take up to six waits,
 * of at most 126 s together.
 */
const HEALING_MS = 180_000;
/** The page's first events, which wait in memory for the store. */
const EVENTS = 50;

/** A database that another script has made with the tracker's name. */
interface Foreign {
  version?: number;
  store?: 'none' | 'of another name' | 'of another shape';
}

/** Runs in a page without a tracker. */
async function createDatabase({ name, version, store }: Foreign & { name: string }) {
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = () => {
    if (store === 'of another name') opening.result.createObjectStore('of another script');
    if (store === 'of another shape') opening.result.createObjectStore(name, { keyPath: 'id' });
  };
  await new Promise((resolve, reject) => {
    opening.onsuccess = resolve;
    opening.onerror = () => reject(opening.error);
  });
  opening.result.close();
}

/** Runs in a page: the number of the tracker's records in all of the origin's databases. */
async function countRecords() {
  const done = <Result>(request: IDBRequest<Result>) =>
    new Promise<Result>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  let count = 0;
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name!));
    for (const store of database.objectStoreNames) {
      const records = await done(database.transaction(store).objectStore(store).getAll());
      count += records.filter((record) => Array.isArray(record)).length;
    }
    database.close();
  }
  return count;
}

/** Runs in the page: tracks events, and returns their outcomes. */
async function trackAll({ from, count }: { from: number; count: number }) {
  const outcomes = [];
  for (let n = from; n < from + count; n++) outcomes.push(window.tracker.track('visits', { n }));
  return [...new Set(await Promise.all(outcomes))];
}

/** Tracks now and then until events are stored, and then until the earlier ones are on disk as well. */
async function untilHealed(lab: Lab, tab: Tab) {
  let accepted = 0;
  const track = async (count: number) => {
    const from = lab.numbers(count);
    const outcomes = await tab.evaluate(trackAll, { from, count });
    lab.accept(from, count);
    accepted += count;
    return outcomes.every((outcome) => outcome === 'stored');
  };
  if (await track(EVENTS)) return;
  // An event each half second, so that the tracker's own retries are what heals the store.
  await until('an event to be stored', () => track(1), HEALING_MS, STORE_POLL_MS);
  await until(
    'the held events to be on disk',
    async () => (await tab.evaluate(countRecords, undefined)) >= accepted,
    HEALING_MS,
    STORE_POLL_MS,
  );
}

/** Closes the tab while the collector is down, so that only the disk has the events. */
async function leaveAndSettle(lab: Lab, tab: Tab) {
  await tab.close();
  await lab.faults.up();
  await lab.settle();
}

const FOREIGN: Record<string, Foreign> = {
  'a database without an object store': { store: 'none' },
  "a database with another's object store": { store: 'of another name' },
  'a database whose object store has another shape': { store: 'of another shape' },
  'a database of a higher version without an object store': { store: 'none', version: 9 },
};

/** Breaks one method of IndexedDB the first `times` times. */
const broken = (method: string, times: number, how: 'throws' | 'hangs') => `<script>
  { let left = ${times};
    const { prototype } = ${method.split('.')[0]};
    const original = prototype.${method.split('.')[1]};
    prototype.${method.split('.')[1]} = function (...values) {
      if (!left) return original.apply(this, values);
      left--;
      if ('${how}' === 'throws') throw new DOMException('broken for a while', 'UnknownError');
      // Not the browser's own: that one would open a connection that nobody closes, and block the next upgrade.
      const request = Object.create(IDBOpenDBRequest.prototype);
      for (const event of ['onsuccess', 'onerror', 'onupgradeneeded', 'onblocked'])
        Object.defineProperty(request, event, { set() {} });
      request.addEventListener = () => {};
      return request;
    };
  }
</script>`;

const FAILURES: [name: string, times: number, how: 'throws' | 'hangs'][] = [
  ['IndexedDB fails once', 1, 'throws'],
  ['IndexedDB fails three times', 3, 'throws'],
  ['IndexedDB fails ten times', 10, 'throws'],
  ['IndexedDB hangs once', 1, 'hangs'],
  ['IndexedDB hangs twice', 2, 'hangs'],
];

export const healing: readonly Row[] = [
  ...Object.entries(FOREIGN).map(
    ([name, foreign]): Row => ({
      name,
      async run(lab) {
        const plain = await lab.browser.open(lab.site.page('/plain.html', html({})));
        await plain.evaluate(createDatabase, { name: `mailslot:${lab.collector.projectId}`, ...foreign });
        await plain.close();
        const url = lab.page();
        await lab.faults.down();
        const tab = await lab.open(url);
        await untilHealed(lab, tab);
        await leaveAndSettle(lab, tab);
      },
    }),
  ),
  ...FAILURES.map(
    ([name, times, how]): Row => ({
      name,
      async run(lab) {
        const methods =
          how === 'hangs' ? ['IDBFactory.open'] : ['IDBFactory.open', 'IDBObjectStore.put', 'IDBDatabase.transaction'];
        // Ten failures take a minute each, because the tracker tries ever more rarely.
        const tried = lab.whole || times < 10 ? methods : methods.slice(0, 1);
        for (const method of tried) {
          const url = lab.page({ head: broken(method, times, how) });
          await lab.faults.down();
          const tab = await lab.browser.open(url);
          await untilHealed(lab, tab);
          await leaveAndSettle(lab, tab);
        }
      },
    }),
  ),
];
