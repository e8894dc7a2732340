// IndexedDB can refuse, fail, lose data or hold other records, and the queue has limits. None of that stops the
// tracker.
import type { Page } from 'playwright/test';
import {
  expect,
  goOnline,
  html,
  inBothDeliveries,
  keepProblems,
  NO_FLUSH_MS,
  recordedNumbers,
  type TrackerPage,
  test,
  upTo,
} from '../fixtures/test.ts';

/** The code and the count of each report. */
const reports = async (tracker: TrackerPage) => (await tracker.problems()).map(({ code, count }) => [code, count]);

/** The ways in which browsers refuse IndexedDB, each from the page's start. */
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

/** Opens the page's database as another script, and changes its records or deletes it. */
const changeRecords = (page: Page, change: 'add broken ones' | 'delete the database') =>
  page.evaluate(async (what) => {
    const done = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    // The tracker also makes a database only to delete it; its name ends with a colon.
    const { name, version } = (await indexedDB.databases()).find((one) => !one.name!.endsWith(':'))!;
    if (what === 'delete the database') return void (await done(indexedDB.deleteDatabase(name!)));

    const database = await done(indexedDB.open(name!, version));
    const transaction = database.transaction([...database.objectStoreNames], 'readwrite');
    const store = transaction.objectStore(database.objectStoreNames[0]!);
    const [first] = await done(store.getAllKeys());
    /** The first record with its JSON cut off. */
    const broken = JSON.parse(JSON.stringify(await done(store.get(first!))), (_, value) =>
      typeof value === 'string' && value.startsWith('{') ? value.slice(0, -1) : value,
    );
    store.put(broken, first);
    const values = [undefined, null, 42, 'text', {}, [], [1], [null, null, null], new Date(), new Uint8Array(3)];
    // Before the tracker's records and after them.
    for (const [index, value] of values.entries()) for (const side of ['!', '~']) store.put(value, side + index);
    store.put('text', -1);
    store.put('text', [1]);
    await new Promise((complete) => (transaction.oncomplete = complete));
    database.close();
  }, change);

inBothDeliveries(() => {
  test('if IndexedDB is refused, events are held in memory and delivered, with one report', async ({
    context,
    openTracker,
    collector,
  }) => {
    let n = 0;
    for (const [how, init] of refusals) {
      await test.step(how, async () => {
        const page = await context.newPage();
        await page.addInitScript(init);
        const tracker = await openTracker(page, { options: { flushInterval: NO_FLUSH_MS }, ...keepProblems });
        for (const end = n + 3; n < end; n++) expect(await tracker.track('visits', { n }), how).toBe('held');
        expect(await tracker.pending(), how).toBe(3);
        expect(await tracker.flush(), how).toEqual({ delivered: 3, kept: 0, givenUp: 0 });
        expect(await tracker.pending(), how).toBe(0);
        // The last one is sent as the page is left.
        await page.evaluate((last) => void window.tracker.track('visits', { n: last }), n++);
        expect(await reports(tracker), how).toEqual([['storage', 0]]);
        await page.goto('about:blank');
        await expect.poll(() => collector.count('visits'), { message: how }).toBe(n);
        await page.close();
      });
    }
    expect(await recordedNumbers(collector)).toEqual(upTo(n));
  });

  test('a database that never opens delays no event', async ({ page, openTracker, collector }) => {
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

  test('in a sandboxed frame without storage and locks, events are held and delivered', async ({
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
    await expect.poll(() => recordedNumbers(collector)).toEqual([0]);
  });

  test('a store that works again takes the held events', async ({ page, openTracker, collector, faults }) => {
    await page.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...values) {
        if ((window as { full?: boolean }).full) throw new DOMException('', 'QuotaExceededError');
        return put.apply(this, values);
      };
    });
    const open = () =>
      openTracker(page, { options: { endpoint: faults.url, flushInterval: NO_FLUSH_MS }, ...keepProblems });
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
    await expect.poll(() => recordedNumbers(collector)).toEqual([0, 1, 2]);
  });

  test('a store that works again is used again, although nobody comes back to the page', async ({
    page,
    openTracker,
  }) => {
    await page.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (...values) {
        if ((window as { full?: boolean }).full) throw new DOMException('', 'QuotaExceededError');
        return put.apply(this, values);
      };
    });
    const tracker = await openTracker(page, { options: { flushInterval: NO_FLUSH_MS }, ...keepProblems });
    await page.evaluate(() => Object.assign(window, { full: true }));
    expect(await tracker.track('visits', { n: 0 })).toBe('held');
    await page.evaluate(() => Object.assign(window, { full: false }));
    await expect.poll(() => tracker.track('visits', { n: 1 })).toBe('stored');
    expect(await reports(tracker)).toEqual([['storage', 0]]);
  });

  test('a database without its object store, or of a higher version, gets one', async ({ page, openTracker }) => {
    const tracker = await openTracker(page, { options: { flushInterval: NO_FLUSH_MS }, ...keepProblems });
    for (const [version, store] of [
      [1, undefined],
      [7, 'keyval'],
    ] as const) {
      await page.evaluate(
        async ([version, store]) => {
          const done = (request: IDBOpenDBRequest) =>
            new Promise<IDBDatabase>((resolve, reject) => {
              request.onsuccess = () => resolve(request.result);
              request.onerror = () => reject(request.error);
              request.onupgradeneeded = () => store && request.result.createObjectStore(store);
            });
          const { name } = (await indexedDB.databases()).find((one) => !one.name!.endsWith(':'))!;
          await done(indexedDB.deleteDatabase(name!));
          (await done(indexedDB.open(name!, version))).close();
        },
        [version, store] as const,
      );
      expect(await tracker.track('visits', { n: version })).toBe('stored');
    }
    expect(await tracker.pending()).toBe(1);
    expect(await reports(tracker)).toEqual([]);
  });

  test('a deleted database is made again', async ({ page, openTracker, collector, site, faults }) => {
    const session = await page.context().newCDPSession(page);
    const options = { options: { endpoint: faults.url, flushInterval: NO_FLUSH_MS }, ...keepProblems };
    const tracker = await openTracker(page, options);
    expect(await tracker.track('visits', { n: 0 })).toBe('stored');
    await changeRecords(page, 'delete the database');
    expect(await tracker.track('visits', { n: 1 })).toBe('stored');
    // As in the browser's settings.
    await session.send('Storage.clearDataForOrigin', { origin: site.url, storageTypes: 'indexeddb' });
    expect(await tracker.track('visits', { n: 2 })).toBe('stored');
    await tracker.flush();
    // The deleted events were still in the page's memory.
    expect(await recordedNumbers(collector)).toEqual([0, 1, 2]);

    // Events that are stored in the new database survive.
    await session.send('Storage.clearDataForOrigin', { origin: site.url, storageTypes: 'indexeddb' });
    await faults.down();
    expect(await tracker.track('visits', { n: 3 })).toBe('stored');
    expect(await reports(tracker)).toEqual([]);
    await page.goto('about:blank');
    await faults.up();
    await openTracker(page, options);
    await expect.poll(() => recordedNumbers(collector)).toEqual([0, 1, 2, 3]);
  });

  test('over maxQueue the oldest events are evicted and reported', async ({ page, openTracker, collector, faults }) => {
    const options = { endpoint: faults.url, flushInterval: NO_FLUSH_MS, maxQueue: 10 };
    const tracker = await openTracker(page, { options, ...keepProblems });
    await faults.down();
    // First in a task each, then all in one task.
    for (let n = 0; n < 15; n++) await tracker.track('visits', { n });
    await page.evaluate(() => {
      const promises = Array.from({ length: 15 }, (_, n) => window.tracker.track('visits', { n: 15 + n }));
      return Promise.all(promises);
    });
    // They are evicted before `pending()` is called.
    const problems = await tracker.problems();
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['evicted']));
    expect(problems.reduce((sum, { count }) => sum + count, 0)).toBe(20);
    expect(await tracker.pending()).toBe(10);
    await faults.up();
    await goOnline(page);
    await expect.poll(() => recordedNumbers(collector)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);

    // The limit holds in memory as well.
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
    expect((await recordedNumbers(collector)).slice(10)).toEqual([35, 36, 37, 38, 39, 40, 41, 42, 43, 44]);
  });

  test('an event older than maxAge is evicted and reported', async ({ page, openTracker, collector, faults }) => {
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
    await expect.poll(() => recordedNumbers(collector)).toEqual([1]);
    await expect.poll(() => next.pending()).toBe(0);
    expect(await reports(next)).toEqual([['evicted', 1]]);
  });

  test('records of other scripts do not block the events', async ({ page, openTracker, collector, faults }) => {
    const open = () =>
      openTracker(page, { options: { endpoint: faults.url, flushInterval: NO_FLUSH_MS, maxBatch: 2 } });
    const tracker = await open();
    await faults.down();
    for (const n of [-1, 0, 1, 2]) await tracker.track('visits', { n });
    await changeRecords(page, 'add broken ones');
    await page.goto(new URL('/next.html', tracker.url).href);
    await faults.up();
    const next = await open();
    await expect.poll(() => recordedNumbers(collector)).toEqual([0, 1, 2]);
    expect(await next.track('visits', { n: 3 })).toBe('stored');
    expect(await next.flush()).toMatchObject({ delivered: 1 });
    expect(await recordedNumbers(collector)).toEqual([0, 1, 2, 3]);
  });
});
