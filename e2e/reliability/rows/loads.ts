// Many events at once: what the page feels of them.

import { expect } from 'playwright/test';
import { until } from '../../fixtures/until.ts';
import type { Tab } from '../engines/engine.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';

/** Events in one task. A share of the matrix has a share of them, for its rows run beside other tests, which makes every task longer. */
const atOnce = ({ whole }: Lab) => (whole ? 1000 : 250);

/** What the page's own JavaScript holds, in MB, after a collection of garbage; Chromium alone can tell. */
async function heap(tab: Tab): Promise<number> {
  await tab.devtools!('HeapProfiler.collectGarbage');
  const { usedSize } = (await tab.devtools!('Runtime.getHeapUsage')) as { usedSize: number };
  return Math.round(usedSize / 1e5) / 10;
}

export const loads: readonly Row[] = [
  {
    name: '1,000 events in one task',
    async run(lab) {
      const tab = await lab.open(lab.page());
      // What loading the page has left behind is not collected in the middle of it.
      await tab.devtools?.('HeapProfiler.collectGarbage');
      await lab.track(tab, atOnce(lab));
      await tab.evaluate(() => window.tracker.flush(), undefined);
    },
  },
  {
    name: 'backlog of 100,000 events',
    async run(lab) {
      const backlog = lab.whole ? 100_000 : 5000;
      const options = { maxQueue: 2 * backlog };
      const tab = await lab.open(lab.page({ options }));
      await lab.faults.down();
      while (lab.accepted.size < backlog) {
        // What many at once cost is the other row's; this one's is what comes after.
        await lab.track(tab, 250);
        // A page that tracks so much leaves the browser time to store it.
        await tab.evaluate(() => window.tracker.track('pauses', { n: 0 }), undefined);
      }
      await tab.close();

      await lab.faults.up();
      const url = lab.page({ options });
      const next = await lab.browser.open(url);
      const began = await next.evaluate(() => performance.timeOrigin, undefined);
      // Not what the other page sent as it went.
      const first = await until('the first request', () => lab.faults.posts.find(({ at }) => at >= began), 60_000);
      lab.note('ms from navigation to the first request:', Math.round(first.at - began));
      const during: number[] = [];
      await until(
        'the backlog to be gone',
        async () => {
          if (next.devtools) during.push(await heap(next));
          return !(await next.evaluate(() => window.tracker.pending(), undefined));
        },
        10 * 60_000,
      );
      if (next.devtools)
        lab.note('MB of JavaScript heap at most, and at the end:', `${Math.max(...during)}, ${await heap(next)}`);
      // Full requests, but for a few at the ends of what each page knows.
      expect(lab.faults.posts.length).toBeLessThanOrEqual((backlog * 1.01) / 500 + 5);
    },
  },
];
