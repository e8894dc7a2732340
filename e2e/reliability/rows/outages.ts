// The network or the collector is away for a while.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'playwright/test';
import { lostAnswer } from '../../fixtures/faults.ts';
import type { Row } from '../row.ts';
import { flush, untilSent } from '../tracker-calls.ts';

/** The most requests that a page may send in a minute to a collector that is down. */
const MAX_REQUESTS = 12;

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
        await flush(tab);
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
      // Counts the tracker's requests in the page, because Firefox itself repeats requests without an answer.
      lab.site.file('/counting.js', {
        body: `{ const { fetch } = window; window.fetches = 0; window.fetch = (...values) => (window.fetches++, fetch(...values)); }`,
      });
      const tab = await lab.open(
        lab.page({ options: { flushInterval: 0 }, head: '<script src="/counting.js"></script>' }),
      );
      await lab.faults.down();
      await lab.track(tab, 100);
      // The visitor goes on.
      for (let second = 0; second < seconds; second++) {
        await sleep(1000);
        await lab.track(tab, 15);
      }
      const requests = await tab.evaluate(() => (window as unknown as { fetches: number }).fetches, undefined);
      lab.note(`requests in ${seconds} s:`, requests);
      expect(requests).toBeGreaterThan(0);
      expect(requests).toBeLessThanOrEqual(MAX_REQUESTS);
      await lab.faults.up();
      // The longest wait so far is below 32 s up to the sixth failure, and at most five minutes.
      if (lab.whole) await untilSent(tab, 300_000);
    },
  },
  {
    name: 'connection lost after the collector has committed',
    engineSpecific: true,
    async run(lab) {
      const tab = await lab.open(lab.page());
      for (const time of [0, 1, 2, 3]) {
        // In turns one lost answer, and two in a row, after which the tracker waits.
        lab.faults.next(...Array(1 + (time % 2)).fill(lostAnswer));
        const before = lab.faults.posts.length;
        await lab.track(tab, 250);
        await flush(tab);
        await untilSent(tab, 60_000);
        expect(lab.faults.posts.length).toBe(before + 2 + (time % 2));
      }
    },
  },
];
