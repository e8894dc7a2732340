// The tracker and a page's life cycle: hidden, left, shown again, restored, prerendered, open in two tabs.
import type { Page } from 'playwright/test';
import {
  expect,
  type Faults,
  html,
  inBothDeliveries,
  NO_FLUSH_MS,
  type OpenTracker,
  recordedNumbers,
  type Site,
  sentEvents,
  startFlush,
  test,
  until,
  upTo,
} from '../fixtures/test.ts';
import { startUndrivenBrowser } from '../fixtures/undriven-browser.ts';

/**
 * Bytes of all keepalive requests of a page in flight; see https://fetch.spec.whatwg.org/#http-network-or-cache-fetch
 */
const KEEPALIVE_BUDGET = 65_536;

/** A request of the page, and the bytes of all keepalive requests in flight at that moment. */
interface Fetched {
  size: number;
  inFlight: number;
  keepalive?: boolean;
}

/** Code for a page without a driver: `ready` resolves with the tracker when the page is idle. */
const readyCode = `
  const ready = (async () => {
    while (!window.tracker || (window.mailslot && !window.mailslot.t)) await new Promise((done) => setTimeout(done, 20));
    await new Promise((idle) => requestIdleCallback(() => setTimeout(idle)));
    return window.tracker;
  })();`;

const moduleTag = (site: Site, path: string, body: string) => {
  site.file(path, { body });
  return `<script type="module" src="${path}"></script>`;
};

/** Leaves a backlog in the store, from a page that is paused because its key was refused. */
async function leaveBacklog(page: Page, openTracker: OpenTracker, count: number) {
  const tracker = await openTracker(page, {
    path: '/refused.html',
    options: { writeKey: 'write_refused', flushInterval: NO_FLUSH_MS },
  });
  await page.evaluate(
    (events) => Promise.all(Array.from({ length: events }, (_, n) => window.tracker.track('visits', { n }))),
    count,
  );
  expect(await tracker.flush()).toEqual({ delivered: 0, kept: count, givenUp: 0 });
  await page.close();
}

/** Opens the same site in two tabs, each with small batches, and flushes in both at once; their trackers. */
async function flushInTwoTabs(page: Page, other: Page, openTracker: OpenTracker, faults: Faults) {
  const options = { options: { endpoint: faults.url, maxBatch: 5, flushInterval: NO_FLUSH_MS } };
  faults.always({ forward: true, delay: 10 });
  const trackers = await Promise.all([openTracker(page, options), openTracker(other, options)]);
  await Promise.all(trackers.map((tracker) => tracker.flush()));
  return trackers;
}

inBothDeliveries(() => {
  test('waiting events are sent when the page is hidden', async ({ makeTracker, site, collector }) => {
    const url = makeTracker({
      options: { flushInterval: NO_FLUSH_MS },
      body: moduleTag(
        site,
        '/steps.js',
        `${readyCode}
        const tracker = await ready;
        await tracker.track('visits', { n: 0, seen: document.visibilityState });
        open('/other.html');`,
      ),
    });
    const browser = startUndrivenBrowser(url);
    try {
      await until('the other tab', () => site.requests.some(({ path }) => path === '/other.html'), 30_000);
      await expect.poll(() => collector.count('visits')).toBe(1);
      expect(await collector.events('visits')).toEqual([expect.objectContaining({ seen: 'visible' })]);
    } finally {
      await browser.close();
    }
  });

  for (const [where, listen] of [
    ['the document', "document.addEventListener('visibilitychange', listener)"],
    ['the window', "addEventListener('visibilitychange', listener)"],
    ['the window, in the capture phase', "addEventListener('visibilitychange', listener, true)"],
    ['the window, at pagehide', "addEventListener('pagehide', listener)"],
  ] as const) {
    test(`an event that a listener of ${where} tracks while the page unloads is sent at once`, async ({
      page,
      openTracker,
      site,
      collector,
    }) => {
      const tracker = await openTracker(page, { options: { flushInterval: NO_FLUSH_MS } });
      await tracker.flush();
      await page.evaluate(
        `{ const listener = () => void (tracker.track ?? tracker)('visits', { seen: document.visibilityState }); ${listen} }`,
      );
      // Another origin, so that no next page of this one sends the event.
      await page.goto(`${site.url.replace('127.0.0.1', 'localhost')}/empty.html`);
      await expect.poll(() => collector.count('visits')).toBe(1);
    });
  }

  test('requests of a page that is left have keepalive and fit into 64 KiB', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    await page.addInitScript(() => {
      const { fetch } = window;
      let inFlight = 0;
      const fetches: object[] = [];
      Object.assign(window, { fetches });
      window.fetch = async (input, init) => {
        const { size } = new Blob([init?.body as BlobPart]);
        if (init?.keepalive) inFlight += size;
        fetches.push({ size, inFlight, keepalive: init?.keepalive });
        try {
          return await fetch(input, init);
        } finally {
          if (init?.keepalive) inFlight -= size;
        }
      };
    });
    // The first batch uses up the budget, so no other request may start.
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: NO_FLUSH_MS, maxBatch: 60 },
    });
    // The first request is still in flight when the page is left.
    faults.next({ forward: true, delay: 500 });
    await page.evaluate(async () => {
      // A thousand bytes in five hundred characters.
      const text = 'ä'.repeat(500);
      for (let n = 0; n < 200; n++) void window.tracker.track('visits', { n, text });
      await window.tracker.pending();
      for (const [name, value] of [
        ['visibilityState', 'hidden'],
        ['hidden', true],
      ] as const) {
        Object.defineProperty(document, name, { configurable: true, value });
      }
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      void window.tracker.track('visits', { n: 200, text });
      void window.tracker.track('visits', { n: 201 });
      dispatchEvent(new Event('pagehide'));
    });
    await expect.poll(() => collector.count('visits')).toBeGreaterThan(0);
    await until('all answers', () => faults.posts.every(({ outcome }) => outcome));
    const made = () => page.evaluate(() => (window as unknown as { fetches: Fetched[] }).fetches);
    const fetches = await made();
    expect(fetches.every(({ keepalive }) => keepalive)).toBe(true);
    expect(fetches.length).toBeGreaterThan(1);
    // The first request is nearly as large as the budget, and the browser has refused none.
    expect(fetches[0]!.size).toBeGreaterThan(0.9 * KEEPALIVE_BUDGET);
    expect(faults.posts.map(({ body }) => Buffer.byteLength(body)).sort()).toEqual(
      fetches.map(({ size }) => size).sort(),
    );

    await page.evaluate(() => {
      for (const name of ['visibilityState', 'hidden']) Reflect.deleteProperty(document, name);
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    });
    await tracker.flush();
    expect(await recordedNumbers(collector)).toEqual(upTo(202));
    expect(Math.max(...(await made()).map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(KEEPALIVE_BUDGET);
  });

  test('a request is repeated without keepalive if the browser refuses keepalive', async ({
    page,
    openTracker,
    collector,
  }) => {
    await page.addInitScript(() => {
      const { fetch } = window;
      window.fetch = (input, init) =>
        init?.keepalive ? Promise.reject(new TypeError('keepalive is not supported')) : fetch(input, init);
    });
    const tracker = await openTracker(page);
    await tracker.track('visits', { n: 0 });
    expect(await tracker.flush()).toEqual({ delivered: 1, kept: 0, givenUp: 0 });
    expect(await recordedNumbers(collector)).toEqual([0]);
  });

  test('the return of the network starts a flush', async ({ page, context, openTracker, collector }) => {
    await page.clock.install();
    const tracker = await openTracker(page);
    // No timer fires from here on.
    await page.clock.pauseAt(Date.now() + 60_000);
    await context.setOffline(true);
    await tracker.track('visits', { n: 0 });
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 1, givenUp: 0 });
    await context.setOffline(false);
    await expect.poll(() => collector.count('visits')).toBe(1);
  });

  test('the page enters the back/forward cache, even while a request hangs', async ({
    browserProcess,
    openTracker,
    collector,
    faults,
    site,
  }) => {
    const page = await browserProcess.newPage();
    await page.addInitScript(() => {
      addEventListener('pageshow', ({ persisted }) => {
        const [visit] = performance.getEntriesByType('navigation') as (PerformanceNavigationTiming & {
          notRestoredReasons?: object;
        })[];
        Object.assign(window, { persisted: persisted || JSON.stringify(visit?.notRestoredReasons ?? 'not cached') });
      });
    });
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: NO_FLUSH_MS } });
    const leaveAndComeBack = async () => {
      await page.evaluate(() => Object.assign(window, { persisted: undefined }));
      await page.goto(`${site.url}/next.html`);
      await page.goBack({ waitUntil: 'commit' });
      await expect.poll(() => page.evaluate(() => (window as { persisted?: boolean | string }).persisted)).toBe(true);
    };
    await tracker.track('visits', { n: 0 });
    await leaveAndComeBack();
    await expect.poll(() => recordedNumbers(collector)).toEqual([0]);

    faults.next({ hang: true });
    const sent = faults.posts.length;
    await tracker.track('visits', { n: 1 });
    // The flush holds the lock.
    await startFlush(page);
    await until('the request that hangs', () => faults.posts[sent]?.outcome === 'hanging');
    await leaveAndComeBack();

    // No later request waits for the one that hangs, which would take half a minute.
    expect(await tracker.track('visits', { n: 2 })).toBe('stored');
    await startFlush(page);
    await expect.poll(async () => (await recordedNumbers(collector)).includes(2)).toBe(true);
    await openTracker(await browserProcess.newPage(), { options: { endpoint: faults.url } });
    await expect.poll(() => recordedNumbers(collector)).toEqual([0, 1, 2]);
    expect(errors).toEqual([]);
  });

  test('there is no listener for unload or beforeunload, and none at all after close()', async ({
    page,
    openTracker,
    site,
    delivery,
  }) => {
    const session = await page.context().newCDPSession(page);
    const listeners = async () => {
      const types: string[] = [];
      for (const expression of ['window', 'document', 'document.documentElement', 'document.body']) {
        const { result } = await session.send('Runtime.evaluate', { expression });
        const found = await session.send('DOMDebugger.getEventListeners', { objectId: result.objectId! });
        types.push(...found.listeners.map(({ type }) => type));
      }
      return types;
    };
    await page.goto(`${site.url}/empty.html`);
    // Playwright adds listeners when it first looks into a page.
    await page.waitForFunction(() => document.body);
    const without = await listeners();
    const tracker = await openTracker(page);
    await tracker.track('visits', { n: 0 });
    await tracker.flush();
    const during = await listeners();
    expect(during).toContain('pagehide');
    expect(during).not.toContain('unload');
    expect(during).not.toContain('beforeunload');
    await tracker.close();
    // The stub's own stays, and does nothing.
    const expected = delivery === 'script' ? [...without, 'pagehide'] : without;
    expect((await listeners()).sort()).toEqual(expected.sort());
  });

  test('two tabs send one backlog, and each event once', async ({ context, page, openTracker, collector, faults }) => {
    await leaveBacklog(await context.newPage(), openTracker, 100);
    const [one, two] = await flushInTwoTabs(page, await context.newPage(), openTracker, faults);
    expect(await recordedNumbers(collector)).toEqual(upTo(100));
    const tokens = sentEvents(faults.posts).map(({ token }) => token);
    expect(tokens).toHaveLength(100);
    expect(new Set(tokens).size).toBe(100);

    // If a tab is closed during its request, the other tab goes on.
    faults.next({ hang: true });
    const before = faults.posts.length;
    await one.track('visits', { n: 100 });
    await startFlush(page);
    await until('the request that hangs', () => faults.posts[before]?.outcome === 'hanging');
    await two.track('visits', { n: 101 });
    const flushed = two.flush();
    await page.close();
    await flushed;
    await expect.poll(() => recordedNumbers(collector)).toEqual(upTo(102));
  });

  for (const [how, init] of [
    ['are missing', () => delete (Navigator.prototype as { locks?: LockManager }).locks],
    [
      'are refused',
      () => {
        // As in a sandboxed frame. An insecure page, such as about:blank, has no locks.
        if (navigator.locks)
          navigator.locks.request = () => Promise.reject(new DOMException('Denied.', 'SecurityError'));
      },
    ],
  ] as const) {
    test(`two tabs send one backlog if Web Locks ${how}`, async ({ context, page, openTracker, collector, faults }) => {
      await context.addInitScript(init);
      await leaveBacklog(await context.newPage(), openTracker, 50);
      const [one] = await flushInTwoTabs(page, await context.newPage(), openTracker, faults);
      // Both tabs may have sent an event; it is counted once.
      expect(await recordedNumbers(collector)).toEqual(upTo(50));
      expect(await one.pending()).toBe(0);
    });
  }

  test('a prerendered page stores and sends nothing until it is shown', async ({
    makeTracker,
    site,
    collector,
    faults,
  }) => {
    const url = makeTracker({
      options: { endpoint: faults.url, flushInterval: 0 },
      body: moduleTag(
        site,
        '/steps.js',
        `${readyCode}
        const tracker = await ready;
        const outcome = await tracker.track('visits', { n: 0, prerendering: document.prerendering });
        await tracker.flush();
        const databases = await indexedDB.databases();
        fetch('/prepared.json?' + [outcome, databases.length]);`,
      ),
    });
    site.file('/prepared.json', { body: '{}' });
    site.file('/go.json', { body: 'false' });
    const rules = JSON.stringify({
      prerender: [{ source: 'list', urls: [new URL(url).pathname], eagerness: 'immediate' }],
    });
    const from = site.page(
      '/from.html',
      html({
        head: `<script type="speculationrules">${rules}</script>`,
        body: moduleTag(
          site,
          '/from.js',
          `while (!(await (await fetch('/go.json')).json())) await new Promise((done) => setTimeout(done, 50));
          location.href = ${JSON.stringify(url)};`,
        ),
      }),
    );
    const browser = startUndrivenBrowser(from);
    try {
      const prepared = await until(
        'the prerendered page',
        () => site.requests.find(({ path }) => path.startsWith('/prepared')),
        30_000,
      );
      expect(prepared.path).toBe('/prepared.json?held,0');
      expect(faults.requests).toEqual([]);
      site.file('/go.json', { body: 'true' });
      await expect.poll(() => collector.count('visits')).toBe(1);
      expect(await collector.events('visits')).toEqual([expect.objectContaining({ prerendering: true })]);
    } finally {
      await browser.close();
    }
  });
});
