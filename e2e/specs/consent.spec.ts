// Without consent nothing is stored or sent; once consent is withdrawn, nothing is left.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { root } from '../fixtures/paths.ts';
import { databaseNames, expect, inBothDeliveries, test } from '../fixtures/test.ts';

/** Does what makes a tracker send, if it may. */
const provoke = (page: Page) =>
  page.evaluate(async () => {
    await window.tracker.flush();
    ['online', 'pagehide', 'pageshow'].forEach((type) => dispatchEvent(new Event(type)));
    await window.tracker.flush();
  });

const signalGpc = (page: Page) =>
  page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }));

inBothDeliveries((delivery) => {
  test('pending stores and sends nothing; granted delivers the held events with their own time', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    await page.clock.install();
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: 0, consent: 'pending' },
    });
    const tracked = await page.evaluate(() => Date.now());
    for (const n of [0, 1]) expect(await tracker.track('visits', { n })).toBe('held');
    expect(await tracker.pending()).toBe(2);
    await page.clock.fastForward(2 * 3_600_000);
    await provoke(page);
    expect(await databaseNames(page)).toEqual([]);
    expect(faults.requests).toEqual([]);

    await tracker.setConsent('granted');
    expect(await tracker.track('visits', { n: 2 })).toBe('stored');
    await expect.poll(() => collector.count('visits')).toBe(3);
    const events = await collector.events('visits');
    expect(events.map(({ n }) => n)).toEqual([0, 1, 2]);
    const hours = events.map(({ keen }) => Math.round((Date.parse(keen.timestamp) - tracked) / 3_600_000));
    expect(hours).toEqual([0, 0, 2]);
  });

  test('events that are pending when the page is left are lost', async ({ page, openTracker, collector, faults }) => {
    const pending = { options: { endpoint: faults.url, consent: 'pending' as const } };
    const tracker = await openTracker(page, pending);
    await tracker.track('visits', { n: 0 });
    await page.goto(new URL('/next.html', tracker.url).href);
    expect(await databaseNames(page)).toEqual([]);
    const next = await openTracker(page, { options: { endpoint: faults.url } });
    await next.track('visits', { n: 1 });
    await next.flush();
    expect((await collector.events('visits')).map(({ n }) => n)).toEqual([1]);
  });

  test('denied purges held and stored events, and takes no others', async ({
    page,
    context,
    openTracker,
    collector,
    faults,
  }) => {
    const options = { endpoint: faults.url, flushInterval: 0 };
    // An earlier visit that could not send, in a tab that still has the database open.
    await faults.down();
    const other = await context.newPage();
    const earlier = await openTracker(other, { options });
    for (const n of [0, 1]) expect(await earlier.track('visits', { n })).toBe('stored');
    const tracker = await openTracker(page, { options: { ...options, consent: 'pending' } });
    await tracker.track('visits', { n: 2 });
    expect(await databaseNames(page)).toHaveLength(1);

    await tracker.setConsent('denied');
    expect(await databaseNames(page)).toEqual([]);
    expect(await tracker.pending()).toBe(0);
    expect(await tracker.track('visits', { n: 3 })).toBe('dropped');
    await other.close();
    await faults.up();
    await provoke(page);
    expect(await databaseNames(page)).toEqual([]);
    expect(faults.requests).toEqual([]);

    // Consent can be given again, and brings no event back.
    await tracker.setConsent('granted');
    expect(await tracker.track('visits', { n: 4 })).toBe('stored');
    await expect.poll(() => collector.count('visits')).toBe(1);
    expect((await collector.events('visits')).map(({ n }) => n)).toEqual([4]);
  });

  test('the tracker remembers no denial: the next page tracks unless it says so again', async ({
    page,
    openTracker,
    collector,
  }) => {
    const tracker = await openTracker(page, { options: { flushInterval: 0 } });
    await tracker.setConsent('denied');
    expect(await tracker.track('visits', { n: 0 })).toBe('dropped');
    expect(await page.evaluate(() => [Object.keys(localStorage), document.cookie])).toEqual([[], '']);
    await page.reload();
    await page.waitForFunction(() => window.tracker);
    expect(await tracker.track('visits', { n: 1 })).toBe('stored');
    const next = await openTracker(page, { path: '/next.html', options: { flushInterval: 0, consent: 'denied' } });
    expect(await next.track('visits', { n: 2 })).toBe('dropped');
    // As the README says.
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    expect(readme).toMatch(/Nothing remembers the visitor's choice.*after a denial each page must say `denied` again/);
    expect((await collector.events('visits').catch(() => [])).map(({ n }) => n)).not.toContain(0);
  });

  test('denied with a request in flight leaves nothing behind', async ({ page, openTracker, faults }) => {
    const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: 0, maxBatch: 1 } });
    faults.always({ status: 500, delay: 200 });
    await page.evaluate(() => {
      for (let n = 0; n < 5; n++) void window.tracker.track('visits', { n });
      void window.tracker.flush();
    });
    await expect.poll(() => faults.posts.length).toBe(1);
    // The write of one more event is under way.
    await page.evaluate(() => {
      void window.tracker.track('visits', { n: 5 });
      return window.tracker.setConsent('denied');
    });
    await expect.poll(() => faults.posts[0]!.outcome).toBe(500);
    faults.always(undefined);
    await provoke(page);
    expect(await tracker.pending()).toBe(0);
    expect(await databaseNames(page)).toEqual([]);
    expect(faults.posts).toHaveLength(1);
  });

  test('the option denied and Global Privacy Control purge the events of an earlier visit', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    const options = { endpoint: faults.url, flushInterval: 0 };
    const store = async () => {
      await faults.down();
      const earlier = await openTracker(page, { options });
      expect(await earlier.track('visits', { n: 0 })).toBe('stored');
      await page.goto(new URL('/next.html', earlier.url).href);
      expect(await databaseNames(page)).toHaveLength(1);
      await faults.up();
    };
    await store();
    const denied = await openTracker(page, { options: { ...options, consent: 'denied' } });
    await expect.poll(() => databaseNames(page)).toEqual([]);
    expect(await denied.track('visits', { n: 1 })).toBe('dropped');

    await store();
    await signalGpc(page);
    const signalled = await openTracker(page, { options: { ...options, respectGpc: true } });
    await expect.poll(() => databaseNames(page)).toEqual([]);
    expect(await signalled.track('visits', { n: 2 })).toBe('dropped');
    // The site's consent does not override the visitor's signal.
    await signalled.setConsent('granted');
    expect(await signalled.track('visits', { n: 3 })).toBe('dropped');
    await provoke(page);
    expect(await databaseNames(page)).toEqual([]);
    expect(faults.requests).toEqual([]);

    // Without `respectGpc` only the site's consent counts.
    const ignoring = await openTracker(page, { options });
    expect(await ignoring.track('visits', { n: 4 })).toBe('stored');
    await expect.poll(() => collector.count('visits')).toBe(1);
  });

  test('any other consent state throws and changes nothing', async ({ page, openTracker, faults }) => {
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: 0, consent: 'pending' },
    });
    for (const wrong of ['yes', 'Granted', '', null, undefined, true]) {
      const error = await page.evaluate(
        (state) =>
          Promise.resolve()
            .then(() => window.tracker.setConsent(state as never))
            .then(
              () => 'taken',
              (thrown: Error) => thrown.name,
            ),
        wrong,
      );
      expect(error, String(wrong)).toBe('TypeError');
    }
    expect(await tracker.track('visits', { n: 0 })).toBe('held');
    await provoke(page);
    expect(faults.requests).toEqual([]);
  });

  if (delivery === 'script') {
    test('setConsent() on the stub counts from the start', async ({ page, openTracker, collector, faults }) => {
      const options = { endpoint: faults.url, flushInterval: 0, consent: 'pending' as const };
      const open = (path: string, early: string) =>
        openTracker(page, { path, options, early: `mailslot('visits', { path: '${path}' }); ${early}` });

      await open('/denied.html', `mailslot.setConsent('granted'); mailslot.setConsent('denied');`);
      await provoke(page);
      expect(await databaseNames(page)).toEqual([]);
      await open('/silent.html', '');
      await provoke(page);
      expect(await databaseNames(page)).toEqual([]);
      expect(faults.requests).toEqual([]);
      await open('/granted.html', `mailslot.setConsent('granted');`);
      await expect.poll(() => collector.count('visits')).toBe(1);
      expect(await collector.events('visits')).toEqual([expect.objectContaining({ path: '/granted.html' })]);
    });
  }
});
