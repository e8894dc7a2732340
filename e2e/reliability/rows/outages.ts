// The line or the collector is gone for a while.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'playwright/test';
import { lostAnswer } from '../../fixtures/faults.ts';
import { until } from '../../fixtures/until.ts';
import type { Row } from '../row.ts';

/** The most that a page may ask a collector that is down for a minute. */
const mostRequests = 12;

export const outages: readonly Row[] = [
  {
    name: 'offline, closed, back online later',
    differs: { webkit: 'it has no offline switch: the collector cannot be reached' },
    async run(lab) {
      for (const _ of lab.times(4)) {
        const tab = await lab.open(lab.page());
        const offline = lab.browser.offline ?? ((cut: boolean) => (cut ? lab.faults.down() : lab.faults.up()));
        await offline(true);
        await lab.track(tab, 300);
        await tab.evaluate(() => window.tracker.flush(), undefined);
        await tab.close();
        await offline(false);
        await lab.settle();
      }
    },
  },
  {
    name: 'collector down for a minute with 100 events waiting',
    async run(lab) {
      const seconds = lab.whole ? 60 : 8;
      // The page's own requests: Firefox repeats by itself what got no answer.
      lab.site.file('/counting.js', {
        body: `{ const { fetch } = window; window.fetches = 0; window.fetch = (...values) => (window.fetches++, fetch(...values)); }`,
      });
      const tab = await lab.open(
        lab.page({ options: { flushInterval: 0 }, head: '<script src="/counting.js"></script>' }),
      );
      await lab.faults.down();
      await lab.track(tab, 100);
      // And a visitor who goes on.
      for (let second = 0; second < seconds; second++) {
        await sleep(1000);
        await lab.track(tab, 15);
      }
      const requests = await tab.evaluate(() => (window as unknown as { fetches: number }).fetches, undefined);
      lab.note(`requests in ${seconds} s:`, requests);
      expect(requests).toBeGreaterThan(0);
      expect(requests).toBeLessThanOrEqual(mostRequests);
      await lab.faults.up();
      // By itself, at the latest after its longest wait so far; 32 s below its sixth failure.
      if (lab.whole)
        await until(
          'the page to send by itself',
          () => tab.evaluate(async () => !(await window.tracker.pending()), undefined),
          300_000,
        );
    },
  },
  {
    name: 'connection lost after the collector has committed',
    byEngine: true,
    async run(lab) {
      const tab = await lab.open(lab.page());
      for (const time of [0, 1, 2, 3]) {
        // Once, and twice in a row, behind which the tracker waits.
        lab.faults.next(...Array(1 + (time % 2)).fill(lostAnswer));
        const asked = lab.faults.posts.length;
        await lab.track(tab, 250);
        await tab.evaluate(() => window.tracker.flush(), undefined);
        await until(
          'all to be acknowledged',
          () => tab.evaluate(async () => !(await window.tracker.pending()), undefined),
          60_000,
        );
        expect(lab.faults.posts.length).toBe(asked + 2 + (time % 2));
      }
    },
  },
];
