// A Write key is replaced while visitors are there: new key in, old one revoked, and no event is lost or counted twice.
import type { Page } from 'playwright/test';
import { type Collector, expect, inBothDeliveries, keepProblems, lostAnswer, test } from '../fixtures/test.ts';

declare global {
  interface Window {
    stopVisits?: () => number;
  }
}

/** Tracks an event every few milliseconds, numbered from 0. */
const keepVisiting = (page: Page) =>
  page.evaluate(() => {
    let n = 0;
    const timer = setInterval(() => void window.tracker.track('visits', { n: n++ }), 20);
    window.stopVisits = () => {
      clearInterval(timer);
      return n;
    };
  });

/** How many there were. */
const stopVisiting = (page: Page) => page.evaluate(() => window.stopVisits!());

/** The numbers of all visits that the collector has, over all of a test's pages in the order of the numbers. */
async function counted(collector: Collector): Promise<number[]> {
  const visits = await collector.events('visits');
  return visits.map(({ n }) => n as number).sort((a, b) => a - b);
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** As Keen has it: over HTTP, and by the key itself. */
async function revoke({ keys, request }: Collector, key: string) {
  expect((await request(`/keys/${key}/revoke`, { method: 'POST', key: keys.master })).status).toBe(200);
}

inBothDeliveries(() => {
  test('events before, during and after a rotation are each counted once', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    const { write: oldKey } = collector.keys;
    const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: 20 }, ...keepProblems });
    const sentWith = (key: string, outcome: number) =>
      faults.posts.some(({ headers, outcome: was }) => headers.authorization === `Bearer ${key}` && was === outcome);
    await keepVisiting(page);
    await expect.poll(() => collector.count('visits')).toBeGreaterThan(5);

    // New key in. The old one is still good, so nobody notices.
    const newKey = await collector.manageKeys('rotate', 'write', '--keep');
    const before = await collector.count('visits');
    await expect.poll(() => collector.count('visits')).toBeGreaterThan(before + 5);
    expect(await tracker.problems()).toEqual([]);

    // Old one revoked, in the middle of it. The collector has taken some that the page has to send again, for the answer was lost.
    faults.next(lostAnswer);
    await expect.poll(() => faults.posts.some(({ outcome }) => outcome === 'cut')).toBe(true);
    await revoke(collector, oldKey);
    await expect
      .poll(async () => (await tracker.problems()).map(({ code, status }) => [code, status]))
      .toEqual([['paused', 401]]);
    expect(sentWith(oldKey, 401)).toBe(true);
    const refused = await collector.count('visits');
    const waiting = await tracker.pending();
    await expect.poll(() => tracker.pending()).toBeGreaterThan(waiting + 5);
    expect(await collector.count('visits'), 'with the revoked key nothing comes in').toBe(refused);

    await tracker.setWriteKey(newKey);
    await expect.poll(() => collector.count('visits')).toBeGreaterThan(refused + 5);
    const visits = await stopVisiting(page);
    await expect.poll(() => tracker.pending()).toBe(0);
    expect(await counted(collector)).toEqual(upTo(visits));
    expect(sentWith(newKey, 200)).toBe(true);
    expect(await tracker.problems(), 'nothing was given up').toHaveLength(1);
  });

  test('what a visitor leaves behind with a revoked key is sent at the next visit, with the new one', async ({
    page,
    context,
    openTracker,
    collector,
  }) => {
    const tracker = await openTracker(page, keepProblems);
    await tracker.track('visits', { n: 0 });
    expect(await tracker.flush()).toMatchObject({ delivered: 1 });
    // At once, without an overlap: the page learns of it by its next request.
    const newKey = await collector.manageKeys('rotate', 'write');
    for (const n of [1, 2]) await tracker.track('visits', { n });
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });
    await page.close();

    // Its environment still holds the old key, which must not come back with it.
    await collector.stop();
    await collector.start();
    const stale = await openTracker(await context.newPage());
    await stale.track('visits', { n: 3 });
    expect(await stale.flush()).toEqual({ delivered: 0, kept: 3, givenUp: 0 });
    expect(await counted(collector)).toEqual(upTo(1));

    // The site has been published with the new key. The tab that still has the old one profits, too: one queue for all.
    const fresh = await openTracker(await context.newPage(), { options: { writeKey: newKey } });
    await fresh.track('visits', { n: 4 });
    await expect.poll(() => stale.pending()).toBe(0);
    expect(await counted(collector)).toEqual(upTo(5));
  });
});
