// Faults of the network and the collector after `track()`: the event arrives and is counted once. Faults of pages and
// browsers are in reliability/.
import {
  expect,
  type Fault,
  type Faults,
  inBothDeliveries,
  keepProblems,
  lostAnswer,
  lostRequest,
  NO_FLUSH_MS,
  recordedNumbers,
  sentEvents,
  startFlush,
  test,
  until,
  upTo,
} from '../fixtures/test.ts';

/** How often each event was sent, by its token. */
function timesSent(faults: Faults) {
  const times = new Map<string, number>();
  for (const { token } of sentEvents(faults.posts)) times.set(token, (times.get(token) ?? 0) + 1);
  return [...times.values()];
}

inBothDeliveries(() => {
  test('events of a page that was closed offline arrive days later', async ({
    context,
    page,
    openTracker,
    collector,
  }) => {
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
    await expect.poll(() => recordedNumbers(collector)).toEqual([0, 1, 2]);
    for (const { keen } of await collector.events('visits')) {
      expect(Math.abs(Date.parse(keen.timestamp) - tracked)).toBeLessThan(60_000);
    }
  });

  test('events arrive after the collector was stopped and started', async ({ page, openTracker, collector }) => {
    const tracker = await openTracker(page, { options: { flushInterval: 0 } });
    await tracker.track('visits', { n: 0 });
    await expect.poll(() => collector.count('visits')).toBe(1);
    await collector.stop();
    for (const n of [1, 2]) expect(await tracker.track('visits', { n })).toBe('stored');
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });
    await collector.start();
    // The page retries on its own, at the latest 16 s after its fourth failure.
    await expect.poll(() => recordedNumbers(collector), { timeout: 40_000 }).toEqual([0, 1, 2]);
    await expect.poll(() => tracker.pending()).toBe(0);
  });

  test('events arrive although an answer never comes', async ({ page, openTracker, collector, faults }) => {
    await page.clock.install();
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: NO_FLUSH_MS },
      ...keepProblems,
    });
    faults.next({ hang: true });
    await tracker.track('visits', { n: 0 });
    await startFlush(page);
    await until('the request that hangs', () => faults.posts[0]?.outcome === 'hanging');
    await tracker.track('visits', { n: 1 });
    await startFlush(page);
    await page.clock.fastForward(120_000);
    await expect.poll(() => recordedNumbers(collector)).toEqual([0, 1]);
    // The collector may have taken the event, and recognises its token.
    expect(new Set(sentEvents(faults.posts).map(({ token }) => token)).size).toBe(2);
    expect(await tracker.problems()).toEqual([]);

    // A page that is left while its request hangs loses nothing.
    faults.next({ hang: true });
    await tracker.track('visits', { n: 2 });
    const hanging = faults.posts.length;
    await startFlush(page);
    await until('the next request that hangs', () => faults.posts[hanging]?.outcome === 'hanging');
    await page.goto(new URL('/next.html', tracker.url).href);
    await openTracker(page, { options: { endpoint: faults.url } });
    await expect.poll(() => recordedNumbers(collector)).toEqual([0, 1, 2]);
  });

  test('events of ten pages over a bad connection arrive once each', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    // Each page may wait for hanging requests of the page before.
    test.slow();
    const connection: Fault[] = [
      { status: 500 },
      lostAnswer,
      {},
      lostRequest,
      { hang: true },
      { delay: 200 },
      { cut: 'body' },
    ];
    let request = 0;
    faults.always(() => connection[request++ % connection.length]);
    const open = async () => {
      // The visitor does not wait for hanging requests.
      await openTracker(page, { options: { endpoint: faults.url, flushInterval: 20, maxBatch: 4 }, wait: false });
      await page.waitForFunction(() => window.tracker);
    };
    let n = 0;
    for (let visit = 0; visit < 10; visit++) {
      await open();
      for (const end = n + 4; n < end; n++)
        await page.evaluate((value) => void window.tracker.track('visits', { n: value }), n);
      // A write that queues behind another transaction ends with its page, so the last event is on disk before the visitor leaves.
      expect(await page.evaluate((value) => window.tracker.track('visits', { n: value }), n++)).toBe('stored');
    }
    faults.always(undefined);
    await open();
    await expect.poll(() => recordedNumbers(collector)).toEqual(upTo(50));
    // The tokens alone show that no event is missing.
    expect(timesSent(faults)).toHaveLength(50);
  });
});
