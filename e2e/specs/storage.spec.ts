// IndexedDB may refuse, fail, lose its data or hold somebody else's; the queue has bounds. Nothing of it stops the tracker.
import type { Page } from 'playwright/test';
import {
  type Collector,
  expect,
  html,
  inBothDeliveries,
  keepProblems,
  type TrackerPage,
  test,
} from '../fixtures/test.ts';

/** Nothing is sent because a moment has passed. */
const later = 3_600_000;

async function recorded(collector: Collector) {
  if (!(await collector.count('visits'))) return [];
  return (await collector.events('visits')).map(({ n }) => n as number).sort((a, b) => a - b);
}

const reports = async (tracker: TrackerPage) => (await tracker.problems()).map(({ code, count }) => [code, count]);

/** The ways in which browsers refuse, each from the page's first moment on. */
const refusals: [how: string, init: () => void][] = [
  [
    'open() throws',
    () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
    },
  ],
  [
    'open() fails',
    () => {
      const { open } = IDBFactory.prototype;
      IDBFactory.prototype.open = function (name) {
        const request = open.call(this, name, 99);
        request.addEventListener('upgradeneeded', (event) => {
          event.stopImmediatePropagation();
          request.transaction!.abort();
        });
        return request;
      };
    },
  ],
  ['it is missing', () => Object.defineProperty(window, 'indexedDB', { value: undefined })],
  [
    'put() throws',
    () => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('', 'DataError');
      };
    },
  ],
  [
    'the disk is full',
    () => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...values) {
        const request = put.apply(this, values);
        this.transaction.abort();
        return request;
      };
    },
  ],
];

/** The page's one database, opened once more; its first store's records and whatever `change` does to them. */
const changeRecords = (page: Page, change: 'add broken ones' | 'delete the database') =>
  page.evaluate(async (what) => {
    const done = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    // Not the one that is made only to be deleted.
    const { name, version } = (await indexedDB.databases()).find((one) => !one.name!.endsWith(':'))!;
    if (what === 'delete the database') return void (await done(indexedDB.deleteDatabase(name!)));

    const database = await done(indexedDB.open(name!, version));
    const transaction = database.transaction([...database.objectStoreNames], 'readwrite');
    const store = transaction.objectStore(database.objectStoreNames[0]!);
    const [first] = await done(store.getAllKeys());
    /** The first record as the tracker has written it, but for its JSON, which is cut off. */
    const spoilt = JSON.parse(JSON.stringify(await done(store.get(first!))), (_, value) =>
      typeof value === 'string' && value.startsWith('{') ? value.slice(0, -1) : value,
    );
    store.put(spoilt, first);
    const values = [undefined, null, 42, 'text', {}, [], [1], [null, null, null], new Date(), new Uint8Array(3)];
    // In front of what the tracker wrote and behind it.
    for (const [index, value] of values.entries()) for (const side of ['!', '~']) store.put(value, side + index);
    store.put('text', -1);
    store.put('text', [1]);
    await new Promise((complete) => (transaction.oncomplete = complete));
    database.close();
  }, change);

inBothDeliveries(() => {
  test('where IndexedDB is refused, events are held in memory, which is said once, and delivered', async ({
    context,
    openTracker,
    collector,
  }) => {
    let n = 0;
    for (const [how, init] of refusals) {
      await test.step(how, async () => {
        const page = await context.newPage();
        await page.addInitScript(init);
        const tracker = await openTracker(page, { options: { flushInterval: later }, ...keepProblems });
        for (const end = n + 3; n < end; n++) expect(await tracker.track('visits', { n }), how).toBe('held');
        expect(await tracker.pending(), how).toBe(3);
        expect(await tracker.flush(), how).toEqual({ delivered: 3, kept: 0, givenUp: 0 });
        expect(await tracker.pending(), how).toBe(0);
        // And the last ones, as the page goes.
        await page.evaluate((last) => void window.tracker.track('visits', { n: last }), n++);
        expect(await reports(tracker), how).toEqual([['storage', 0]]);
        await page.goto('about:blank');
        await expect.poll(() => collector.count('visits'), { message: how }).toBe(n);
        await page.close();
      });
    }
    expect(await recorded(collector)).toEqual(Array.from({ length: n }, (_, index) => index));
  });

  test('a database that never opens holds nothing up', async ({ page, openTracker, collector }) => {
    await page.clock.install();
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
    });
    await openTracker(page, { options: { flushInterval: 1000 }, wait: false });
    await page.waitForFunction(() => window.tracker);
    for (const n of [0, 1, 2]) {
      await page.evaluate((value) => void window.tracker.track('visits', { n: value }), n);
      await expect
        .poll(async () => {
          await page.clock.fastForward(10_000);
          return collector.count('visits');
        })
        .toBe(n + 1);
    }
  });

  test('in a sandboxed frame, which may neither store nor lock, events are held and delivered', async ({
    page,
    makeTracker,
    site,
    collector,
  }) => {
    const url = makeTracker({ options: { flushInterval: 0 } });
    await page.goto(site.page('/outer.html', html({ body: `<iframe sandbox="allow-scripts" src="${url}"></iframe>` })));
    const frame = page.frame({ url })!;
    await frame.waitForFunction(() => window.tracker);
    await expect(frame.evaluate(() => void indexedDB.open('x'))).rejects.toThrow('denied');
    expect(await frame.evaluate(() => window.tracker.track('visits', { n: 0 }))).toBe('held');
    await expect.poll(() => recorded(collector)).toEqual([0]);
  });

  test('a store that works again takes what was held', async ({ page, openTracker, collector, faults }) => {
    await page.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...values) {
        if ((window as { full?: boolean }).full) throw new DOMException('', 'QuotaExceededError');
        return put.apply(this, values);
      };
    });
    const open = () => openTracker(page, { options: { endpoint: faults.url, flushInterval: later }, ...keepProblems });
    const tracker = await open();
    await faults.down();
    expect(await tracker.track('visits', { n: 0 })).toBe('stored');
    await page.evaluate(() => Object.assign(window, { full: true }));
    expect(await tracker.track('visits', { n: 1 })).toBe('held');
    await page.evaluate(() => {
      Object.assign(window, { full: false });
      // The visitor comes back to the page.
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    });
    expect(await tracker.track('visits', { n: 2 })).toBe('stored');
    expect(await reports(tracker)).toEqual([['storage', 0]]);
    expect(await tracker.pending()).toBe(3);
    await page.goto('about:blank');
    await faults.up();
    await open();
    await expect.poll(() => recorded(collector)).toEqual([0, 1, 2]);
  });

  test('a database that is deleted under the tracker heals', async ({ page, openTracker, collector, site, faults }) => {
    const session = await page.context().newCDPSession(page);
    const options = { options: { endpoint: faults.url, flushInterval: later }, ...keepProblems };
    const tracker = await openTracker(page, options);
    expect(await tracker.track('visits', { n: 0 })).toBe('stored');
    await changeRecords(page, 'delete the database');
    expect(await tracker.track('visits', { n: 1 })).toBe('stored');
    // As the visitor does in the browser's settings.
    await session.send('Storage.clearDataForOrigin', { origin: site.url, storageTypes: 'indexeddb' });
    expect(await tracker.track('visits', { n: 2 })).toBe('stored');
    await tracker.flush();
    // The page still had in memory what was deleted.
    expect(await recorded(collector)).toEqual([0, 1, 2]);

    // What is stored after it survives.
    await session.send('Storage.clearDataForOrigin', { origin: site.url, storageTypes: 'indexeddb' });
    await faults.down();
    expect(await tracker.track('visits', { n: 3 })).toBe('stored');
    expect(await reports(tracker)).toEqual([]);
    await page.goto('about:blank');
    await faults.up();
    await openTracker(page, options);
    await expect.poll(() => recorded(collector)).toEqual([0, 1, 2, 3]);
  });

  test('over maxQueue the oldest go, and are reported', async ({ page, openTracker, collector, faults }) => {
    const options = { endpoint: faults.url, flushInterval: later, maxQueue: 10 };
    const tracker = await openTracker(page, { options, ...keepProblems });
    await faults.down();
    // In tasks of their own, and then all in one.
    for (let n = 0; n < 15; n++) await tracker.track('visits', { n });
    await page.evaluate(() => {
      const promises = Array.from({ length: 15 }, (_, n) => window.tracker.track('visits', { n: 15 + n }));
      return Promise.all(promises);
    });
    // By itself, before anybody asks how many there are.
    const problems = await tracker.problems();
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['evicted']));
    expect(problems.reduce((sum, { count }) => sum + count, 0)).toBe(20);
    expect(await tracker.pending()).toBe(10);
    await faults.up();
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await expect.poll(() => recorded(collector)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);

    // In memory alone too.
    const held = await openTracker(page, {
      path: '/held.html',
      options: { ...options, consent: 'pending' },
      ...keepProblems,
    });
    for (let n = 30; n < 45; n++) await held.track('visits', { n });
    expect(await held.pending()).toBe(10);
    expect((await held.problems()).reduce((sum, { count }) => sum + count, 0)).toBe(5);
    await held.setConsent('granted');
    await held.flush();
    expect((await recorded(collector)).slice(10)).toEqual([35, 36, 37, 38, 39, 40, 41, 42, 43, 44]);
  });

  test('what is older than maxAge is given up, and reported', async ({ page, openTracker, collector, faults }) => {
    const hour = 3_600_000;
    const options = {
      options: { endpoint: faults.url, flushInterval: 100 * hour, maxAge: 24 * hour },
      ...keepProblems,
    };
    await page.clock.install();
    const tracker = await openTracker(page, options);
    await faults.down();
    await tracker.track('visits', { n: 0 });
    await page.clock.fastForward(20 * hour);
    await tracker.track('visits', { n: 1 });
    expect(await tracker.pending()).toBe(2);
    await page.goto(new URL('/next.html', tracker.url).href);
    await page.clock.fastForward(10 * hour);
    await faults.up();
    const next = await openTracker(page, options);
    await expect.poll(() => recorded(collector)).toEqual([1]);
    await expect.poll(() => next.pending()).toBe(0);
    expect(await reports(next)).toEqual([['evicted', 1]]);
  });

  test('records that no tracker wrote do not block those that one did', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    const open = () => openTracker(page, { options: { endpoint: faults.url, flushInterval: later, maxBatch: 2 } });
    const tracker = await open();
    await faults.down();
    for (const n of [-1, 0, 1, 2]) await tracker.track('visits', { n });
    await changeRecords(page, 'add broken ones');
    await page.goto(new URL('/next.html', tracker.url).href);
    await faults.up();
    const next = await open();
    await expect.poll(() => recorded(collector)).toEqual([0, 1, 2]);
    expect(await next.track('visits', { n: 3 })).toBe('stored');
    expect(await next.flush()).toMatchObject({ delivered: 1 });
    expect(await recorded(collector)).toEqual([0, 1, 2, 3]);
  });
});
