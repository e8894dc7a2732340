// Whatever happens to the line or the collector after `track()`: the event arrives, and counts once. What pages and browsers may go
// through is in reliability/.
import {
  type Collector,
  expect,
  type Fault,
  type Faults,
  inBothDeliveries,
  keepProblems,
  lostAnswer,
  lostRequest,
  sentEvents,
  test,
  until,
} from '../fixtures/test.ts';

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

inBothDeliveries(() => {
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

  test('an answer that never comes', async ({ page, openTracker, collector, faults }) => {
    await page.clock.install();
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: never },
      ...keepProblems,
    });
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
    const line: Fault[] = [
      { status: 500 },
      lostAnswer,
      {},
      lostRequest,
      { hang: true },
      { delay: 200 },
      { cut: 'body' },
    ];
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
      for (const end = n + 5; n < end; n++)
        await page.evaluate((value) => void window.tracker.track('visits', { n: value }), n);
    }
    faults.always(undefined);
    await open();
    await expect.poll(() => recorded(collector)).toEqual(upTo(50));
    // From the tokens alone one can see that none is missing.
    expect(timesSent(faults)).toHaveLength(50);
  });
});
