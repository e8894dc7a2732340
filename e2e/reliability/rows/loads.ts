// Many events at once, and their effect on the page.
import { expect } from 'playwright/test';
import { until } from '../../../scripts/testing/until.ts';
import type { Tab } from '../engines/engine.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';
import { flush, pending, STORE_POLL_MS } from '../tracker-calls.ts';

const BACKLOG_TIMEOUT_MS = 10 * 60_000;

/** Events in one task: fewer in `npm test`, because its rows run beside other tests, which makes every task longer. */
const eventsAtOnce = ({ whole }: Lab) => (whole ? 1000 : 250);

/** The page's JavaScript heap after a garbage collection, in MB. Only in Chromium. */
async function heapSize(tab: Tab): Promise<number> {
  await tab.devtools!('HeapProfiler.collectGarbage');
  const { usedSize } = (await tab.devtools!('Runtime.getHeapUsage')) as { usedSize: number };
  return Math.round(usedSize / 1e5) / 10;
}

export const loads: readonly Row[] = [
  {
    name: '1,000 events in one task',
    async run(lab) {
      const tab = await lab.open(lab.page());
      // The garbage of the page's start must not be collected in the measured task.
      await tab.devtools?.('HeapProfiler.collectGarbage');
      await lab.track(tab, eventsAtOnce(lab));
      await flush(tab);
    },
  },
  {
    name: 'backlog of 100,000 events',
    async run(lab) {
      const backlog = lab.whole ? 100_000 : 5000;
      // Room for all of them: an event has some 150 characters of JSON.
      const options = { maxQueue: 2 * backlog, maxBytes: 1_000 * backlog };
      const tab = await lab.open(lab.page({ options }));
      await lab.faults.down();
      while (lab.accepted.size < backlog) {
        // Few at once, because the other row measures many at once.
        await lab.track(tab, 250);
        // The browser needs time to store so many events.
        await tab.evaluate(() => window.tracker.track('pauses', { n: 0 }), undefined);
      }
      await tab.close();

      await lab.faults.up();
      const url = lab.page({ options });
      const next = await lab.browser.open(url);
      const began = await next.evaluate(() => performance.timeOrigin, undefined);
      // The other page may have sent requests while it was closed.
      const first = await until('the first request', () => lab.faults.posts.find(({ at }) => at >= began), 60_000);
      lab.note('ms from navigation to the first request:', Math.round(first.at - began));
      const during: number[] = [];
      await until(
        'the backlog to be gone',
        async () => {
          if (next.devtools) during.push(await heapSize(next));
          return !(await pending(next));
        },
        BACKLOG_TIMEOUT_MS,
        STORE_POLL_MS,
      );
      if (next.devtools)
        lab.note('MB of JavaScript heap at most, and at the end:', `${Math.max(...during)}, ${await heapSize(next)}`);
      // Nearly all requests must be full.
      expect(lab.faults.posts.length).toBeLessThanOrEqual((backlog * 1.01) / 500 + 5);
    },
  },
];
