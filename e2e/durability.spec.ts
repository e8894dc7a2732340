// Whatever happens to the page, the browser, the line or the collector after `track()`: the event arrives, and counts once.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright/test';
import {
  type Collector,
  type Fault,
  type Faults,
  type Site,
  expect,
  inBothDeliveries,
  keepProblems,
  lostAnswer,
  lostRequest,
  sentEvents,
  test,
  until,
} from './fixtures.ts';

/** Nothing is sent because some time has passed. */
const never = 3_600_000;

/** The `n` of all events in the database, sorted; a repeat would show up twice. */
async function recorded(collector: Collector, collection = 'visits') {
  if (!(await collector.count(collection))) return [];
  return (await collector.events(collection)).map(({ n }) => n as number).sort((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** How often each event was sent, by its token. */
function timesSent(faults: Faults) {
  const times = new Map<string, number>();
  for (const { token } of sentEvents(faults.posts)) times.set(token, (times.get(token) ?? 0) + 1);
  return [...times.values()];
}

/**
 * Tracks, lets the microtasks run, and then never lets go of the thread: nothing can follow from an event or a timer.
 * Resolves once the page has come so far.
 */
async function trackAndBlock(page: Page, site: Site, path: string, count: number) {
  const blocking = page.evaluate(
    ([url, events]) => {
      for (let n = 0; n < events; n++) void window.tracker.track('visits', { n });
      let rounds = 50;
      const next = () => {
        if (rounds--) return queueMicrotask(next);
        // The only sign that a blocked thread can give.
        const request = new XMLHttpRequest();
        request.open('GET', url, false);
        request.send();
        for (;;);
      };
      next();
    },
    [path, count] as const,
  );
  // It ends with its process.
  blocking.catch(() => {});
  await until('the page to block', () => site.requests.some((request) => request.path === path));
}

inBothDeliveries(() => {
  test('a navigation right after track()', async ({ page, openTracker, collector, faults }) => {
    const open = () => openTracker(page, { options: { endpoint: faults.url, flushInterval: never } });
    const trackAndLeave = async (n: number) => {
      await page.evaluate((value) => {
        void window.tracker.track('visits', { n: value });
        location.href = '/next.html';
      }, n);
      await page.waitForURL('**/next.html');
    };
    await open();
    await trackAndLeave(0);
    // The next page has no tracker: the page that went away has sent it.
    await expect.poll(() => recorded(collector)).toEqual([0]);

    await open();
    await faults.down();
    await trackAndLeave(1);
    await faults.up();
    await open();
    // Nobody has to call flush().
    await expect.poll(() => recorded(collector)).toEqual([0, 1]);
  });

  test('a tab closed right after track()', async ({ page, makeTracker, openTracker, collector }) => {
    const options = { options: { flushInterval: never } };
    const url = makeTracker(options);
    await page.goto(new URL('/opener.html', url).href);
    const [tab] = await Promise.all([page.waitForEvent('popup'), page.evaluate((to) => void open(to), url)]);
    await tab.waitForFunction(() => window.tracker);
    await tab.waitForLoadState();
    const closed = tab.waitForEvent('close');
    await tab.evaluate(() => {
      void window.tracker.track('visits', { n: 0 });
      // Not inside of evaluate(), which would not return.
      queueMicrotask(() => close());
    });
    await closed;
    await expect.poll(() => recorded(collector)).toEqual([0]);
    const tracker = await openTracker(page, options);
    await tracker.flush();
    expect(await recorded(collector)).toEqual([0]);
  });

  test('a renderer that crashes in the task of track(), and 30 ms later', async ({
    browserProcess,
    openTracker,
    collector,
    faults,
    site,
  }) => {
    const options = { options: { endpoint: faults.url, flushInterval: never } };
    let page = await browserProcess.newPage();
    const tracker = await openTracker(page, options);
    let arrived = 0;
    for (const delay of [0, 30]) {
      // From here on the database is open, as it is on any page that has been there for a moment.
      expect(await page.evaluate(() => window.tracker.track('warm-up', { n: 0 }))).toBe('stored');
      await page.evaluate(() => window.tracker.flush());
      const pid = await browserProcess.rendererOf(page);
      await trackAndBlock(page, site, `/blocked-${delay}.html`, 20);
      if (delay) await sleep(delay);
      await browserProcess.killRenderer(page, pid);
      expect(await collector.count('visits')).toBe(arrived);

      page = await browserProcess.newPage();
      await page.goto(tracker.url);
      arrived += 20;
      await expect.poll(() => collector.count('visits')).toBe(arrived);
    }
    expect(await recorded(collector)).toEqual([...upTo(20), ...upTo(20)].sort((a, b) => a - b));
    expect(timesSent(faults)).toEqual(Array(42).fill(1));
  });

  test('a browser that is killed soon after track(), twice, with the collector down', async ({
    browserProcess,
    openTracker,
    collector,
    faults,
  }) => {
    const options = { options: { endpoint: faults.url } };
    await faults.down();
    let n = 0;
    for (const delay of [20, 100]) {
      const page = await browserProcess.newPage();
      const tracker = await openTracker(page, options);
      // From here on the database is open, as it is on any page that has been there for a moment.
      expect(await tracker.track('visits', { n: n++ })).toBe('stored');
      // Each in a task of its own; nobody waits for them.
      for (const end = n + 4; n < end; n++) await page.evaluate((value) => void window.tracker.track('visits', { n: value }), n);
      await sleep(delay);
      await browserProcess.kill();
      await browserProcess.start();
    }
    await faults.up();
    await openTracker(await browserProcess.newPage(), options);
    await expect.poll(() => recorded(collector)).toEqual(upTo(10));
    expect(timesSent(faults)).toEqual(Array(10).fill(1));
  });

  test('a page that is closed offline and opened days later', async ({ context, page, openTracker, collector }) => {
    await page.clock.install();
    const tracker = await openTracker(page);
    await context.setOffline(true);
    const tracked = await page.evaluate(() => Date.now());
    for (const n of upTo(3)) expect(await tracker.track('visits', { n })).toBe('stored');
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 3, givenUp: 0 });
    await page.close();

    await context.setOffline(false);
    const next = await context.newPage();
    await next.clock.install({ time: Date.now() + 5 * 24 * 3_600_000 });
    await openTracker(next);
    await expect.poll(() => recorded(collector)).toEqual([0, 1, 2]);
    for (const { keen } of await collector.events('visits')) {
      expect(Math.abs(Date.parse(keen.timestamp) - tracked)).toBeLessThan(60_000);
    }
  });

  test('a collector that goes and comes back', async ({ page, openTracker, collector }) => {
    const tracker = await openTracker(page, { options: { flushInterval: 0 } });
    await tracker.track('visits', { n: 0 });
    await expect.poll(() => collector.count('visits')).toBe(1);
    await collector.stop();
    for (const n of [1, 2]) expect(await tracker.track('visits', { n })).toBe('stored');
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });
    await collector.start();
    // By itself, for the page asks again, at the latest 16 s after its fourth failure.
    await expect.poll(() => recorded(collector), { timeout: 40_000 }).toEqual([0, 1, 2]);
    await expect.poll(() => tracker.pending()).toBe(0);
  });

  test('a connection that breaks after the collector has committed', async ({ page, openTracker, collector, faults }) => {
    const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: never } });
    faults.next(lostAnswer);
    await page.evaluate(() => [0, 1, 2].map((n) => void window.tracker.track('visits', { n })));
    await tracker.flush();
    await expect.poll(() => tracker.pending()).toBe(0);
    expect(await recorded(collector)).toEqual([0, 1, 2]);
    expect(faults.posts.length).toBe(2);
    const [first, second] = faults.posts.map((post) => sentEvents([post]).map(({ token }) => token));
    expect(second).toEqual(first);
    expect(new Set(first).size).toBe(3);
  });

  test('an answer that never comes', async ({ page, openTracker, collector, faults }) => {
    await page.clock.install();
    const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: never }, ...keepProblems });
    faults.next({ hang: true });
    await tracker.track('visits', { n: 0 });
    await page.evaluate(() => void window.tracker.flush());
    await until('the request that hangs', () => faults.posts[0]?.outcome === 'hanging');
    await tracker.track('visits', { n: 1 });
    await page.evaluate(() => void window.tracker.flush());
    await page.clock.fastForward(120_000);
    await expect.poll(() => recorded(collector)).toEqual([0, 1]);
    // The collector may have taken it all the same, and would know it again.
    expect(new Set(sentEvents(faults.posts).map(({ token }) => token)).size).toBe(2);
    expect(await tracker.problems()).toEqual([]);

    // Whoever leaves meanwhile takes nothing along.
    faults.next({ hang: true });
    await tracker.track('visits', { n: 2 });
    const hanging = faults.posts.length;
    await page.evaluate(() => void window.tracker.flush());
    await until('the next request that hangs', () => faults.posts[hanging]?.outcome === 'hanging');
    await page.goto(new URL('/next.html', tracker.url).href);
    await openTracker(page, { options: { endpoint: faults.url } });
    await expect.poll(() => recorded(collector)).toEqual([0, 1, 2]);
  });

  test('a visit of ten pages over a bad line', async ({ page, openTracker, collector, faults }) => {
    // Each page may wait for the requests that hang from the one before.
    test.slow();
    const line: Fault[] = [{ status: 500 }, lostAnswer, {}, lostRequest, { hang: true }, { delay: 200 }, { cut: 'body' }];
    let request = 0;
    faults.always(() => line[request++ % line.length]);
    const open = async () => {
      // The visitor does not wait for what hangs.
      await openTracker(page, { options: { endpoint: faults.url, flushInterval: 20, maxBatch: 4 }, wait: false });
      await page.waitForFunction(() => window.tracker);
    };
    let n = 0;
    for (let visit = 0; visit < 10; visit++) {
      await open();
      for (const end = n + 5; n < end; n++) await page.evaluate((value) => void window.tracker.track('visits', { n: value }), n);
    }
    faults.always(undefined);
    await open();
    await expect.poll(() => recorded(collector)).toEqual(upTo(50));
    // From the tokens alone one can see that none is missing.
    expect(timesSent(faults)).toHaveLength(50);
  });
});
