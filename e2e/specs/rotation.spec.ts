// A Write key is rotated while visitors are there: no event is lost or counted twice.
import type { Page } from 'playwright/test';
import {
  type Collector,
  expect,
  inBothDeliveries,
  keepProblems,
  lostAnswer,
  recordedNumbers,
  test,
  upTo,
} from '../fixtures/test.ts';

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

/** Stops tracking; the number of events. */
const stopVisiting = (page: Page) => page.evaluate(() => window.stopVisits!());

/** Revokes a key over HTTP, as Keen's API has it. */
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

    // A new key is added. The old one still works, so nothing changes.
    const newKey = await collector.manageKeys('rotate', 'write', '--keep');
    const before = await collector.count('visits');
    await expect.poll(() => collector.count('visits')).toBeGreaterThan(before + 5);
    expect(await tracker.problems()).toEqual([]);

    // The old key is revoked. The page has to send some events again, because the answer was lost after the collector
    // took them.
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
    expect(await collector.count('visits'), 'the revoked key records nothing').toBe(refused);

    await tracker.setWriteKey(newKey);
    await expect.poll(() => collector.count('visits')).toBeGreaterThan(refused + 5);
    const visits = await stopVisiting(page);
    await expect.poll(() => tracker.pending()).toBe(0);
    expect(await recordedNumbers(collector)).toEqual(upTo(visits));
    expect(sentWith(newKey, 200)).toBe(true);
    expect(await tracker.problems(), 'nothing was given up').toHaveLength(1);
  });

  test('events that a revoked key could not send are sent at the next visit with the new key', async ({
    page,
    context,
    openTracker,
    collector,
  }) => {
    const tracker = await openTracker(page, keepProblems);
    await tracker.track('visits', { n: 0 });
    expect(await tracker.flush()).toMatchObject({ delivered: 1 });
    // The old key is revoked at once; the page learns that from its next request.
    const newKey = await collector.manageKeys('rotate', 'write');
    for (const n of [1, 2]) await tracker.track('visits', { n });
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });
    await page.close();

    // The collector's environment still has the old key, which must stay revoked.
    await collector.stop();
    await collector.start();
    const stale = await openTracker(await context.newPage());
    await stale.track('visits', { n: 3 });
    expect(await stale.flush()).toEqual({ delivered: 0, kept: 3, givenUp: 0 });
    expect(await recordedNumbers(collector)).toEqual(upTo(1));

    // The site now has the new key. It also sends the events of the tab with the old key, because all tabs share one
    // queue.
    const current = await openTracker(await context.newPage(), { options: { writeKey: newKey } });
    await current.track('visits', { n: 4 });
    await expect.poll(() => stale.pending()).toBe(0);
    expect(await recordedNumbers(collector)).toEqual(upTo(5));
  });
});
