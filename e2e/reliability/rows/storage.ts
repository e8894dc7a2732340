// IndexedDB refuses, is full, is deleted, or holds records that the tracker has not written.
import { expect } from 'playwright/test';
import { until } from '../../../scripts/testing/until.ts';
import type { Problem } from '../../../src/types.ts';
import { html } from '../../fixtures/site.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';
import { flush, flushAll, pending } from '../tracker-calls.ts';

const codes = (lab: Lab) => [...new Set((lab.reports('problem') as Problem[]).map(({ code }) => code))];

/** Runs in the page: opens the tracker's database, as another `version` if given, and adds broken records. */
async function addBrokenRecords({ projectId, version }: { projectId: string; version?: number }) {
  const name = `mailslot:${projectId}`;
  const done = <Result>(request: IDBRequest<Result>) =>
    new Promise<Result>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = () => void opening.result.createObjectStore('of another version');
  const database = await done(opening);
  const transaction = database.transaction(name, 'readwrite');
  const store = transaction.objectStore(name);
  const [first] = await done(store.getAllKeys());
  const [id, collection, json] = (await done(store.get(first!))) as [string, string, string];
  // Right after the first record, so that they are neither too old nor the last. One is an event with its JSON cut off.
  store.put([`${id}~`, collection, json.slice(0, -1)], `${id}~`);
  const records = [
    undefined,
    null,
    42,
    'text',
    {},
    [],
    [1],
    [null, null, null],
    { id: 'a', events: [] },
    new Uint8Array(3),
  ];
  for (const [index, record] of records.entries()) store.put(record, `${id}~${index}`);
  await new Promise((complete) => (transaction.oncomplete = complete));
  database.close();
}

export const storage: readonly Row[] = [
  {
    name: 'third-party frame that may not store',
    engineSpecific: true,
    settings: { blockThirdParties: true },
    differs: {
      webkit: 'it gives third-party frames a partitioned store, so the frame is sandboxed, which removes the store',
    },
    async run(lab) {
      const sandbox = lab.engine.name === 'webkit';
      for (const _ of lab.times(10)) {
        const from = lab.numbers(100);
        const before = lab.reports('outcomes').length;
        const inner = lab.page({
          options: { flushInterval: 0 },
          steps: `
            const outcomes = [];
            for (let n = ${from}; n < ${from + 100}; n++) outcomes.push(tracker.track('visits', { n }));
            report('outcomes', [...new Set(await Promise.all(outcomes))]);
            await tracker.flush();
            report('flushed', await tracker.pending());`,
        });
        const url = inner.replace(lab.site.url, lab.site.otherUrl);
        const tab = await lab.browser.open(
          lab.site.page(
            '/outer.html',
            html({ body: `<iframe ${sandbox ? 'sandbox="allow-scripts"' : ''} src="${url}"></iframe>` }),
          ),
        );
        await lab.untilReported('outcomes', before + 1);
        lab.accept(from, 100);
        expect(lab.reports('outcomes').at(-1)).toEqual(['held']);
        await lab.untilReported('flushed', before + 1);
        await tab.close();
      }
      expect(codes(lab)).toEqual(['storage']);
    },
  },
  {
    name: 'private window',
    settings: { private: true },
    differs: { webkit: 'all of its windows under WebDriver are private' },
    async run(lab) {
      for (const time of lab.times(10)) {
        const tab = await lab.open(lab.page());
        if (time % 2) await lab.faults.down();
        await lab.track(tab, 100);
        await flush(tab);
        await tab.close();
        await lab.faults.up();
        await lab.settle();
      }
    },
  },
  {
    name: 'quota exceeded',
    engineSpecific: true,
    settings: { quota: 300_000 },
    differs: { webkit: 'its quota cannot be set, so put() throws the same error instead' },
    async run(lab) {
      const scripted = lab.engine.name === 'webkit';
      const full = `{ const { put } = IDBObjectStore.prototype;
        IDBObjectStore.prototype.put = function (...values) {
          if (window.full) throw new DOMException('', 'QuotaExceededError');
          return put.apply(this, values);
        }; }`;
      const tab = await lab.open(lab.page(scripted ? { setup: full, early: full } : {}));
      await lab.faults.down();
      if (scripted) await tab.evaluate(() => void Object.assign(window, { full: true }), undefined);
      for (let round = 0; round < 10 && !lab.reports('problem').length; round++) {
        const from = lab.numbers(100);
        await tab.evaluate(
          async ({ first, end }) => {
            const outcomes = [];
            for (let n = first; n < end; n++)
              outcomes.push(window.tracker.track('visits', { n, text: crypto.randomUUID().repeat(200) }));
            await Promise.all(outcomes);
          },
          { first: from, end: from + 100 },
        );
        lab.accept(from, 100);
      }
      await until('the store to be full', () => codes(lab).includes('storage'));
      await lab.track(tab, Math.max(0, 1000 - lab.accepted.size));
      // Events that only memory holds must be sent before the page is closed.
      await lab.faults.up();
      await flushAll(tab);
    },
  },
  {
    name: 'database deleted under the tracker',
    engineSpecific: true,
    async run(lab) {
      const tab = await lab.open(lab.page());
      for (const time of lab.times(10)) {
        await lab.track(tab, 50);
        if (time % 2) await lab.faults.down();
        await tab.evaluate(
          (name) =>
            new Promise<void>((resolve, reject) => {
              const request = indexedDB.deleteDatabase(name);
              request.onsuccess = () => resolve();
              request.onerror = () => reject(request.error);
            }),
          `mailslot:${lab.collector.projectId}`,
        );
        // Later events are in a new database, and survive the page.
        await lab.track(tab, 50);
        await lab.faults.up();
        // The deleted events are still in the page's memory.
        await flushAll(tab);
      }
    },
  },
  ...(['broken records in the store', 'database of another version'] as const).map(
    (name): Row => ({
      name,
      async run(lab) {
        const tab = await lab.open(lab.page());
        await lab.faults.down();
        await lab.track(tab, 500);
        await pending(tab);
        const { projectId } = lab.collector;
        lab.accept(lab.numbers(1), 1);
        const version = name === 'database of another version' ? { version: 7 } : {};
        await tab.evaluate(addBrokenRecords, { projectId, ...version });
        await lab.track(tab, 250);
        await pending(tab);
        await tab.close();
        await lab.faults.up();
        const next = await lab.open(lab.page({ options: { maxBatch: 20 } }));
        await lab.track(next, 250);
        await until('the events to arrive', async () => {
          await flush(next);
          return (await lab.collector.count('visits')) >= 1000;
        });
        await until('the broken event to be given up', () => lab.givenUp === 1);
        // The other broken records stay until they are too old, and do no harm.
        lab.finish();
      },
    }),
  ),
];
