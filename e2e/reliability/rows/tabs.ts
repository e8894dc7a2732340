// Many tabs with one queue.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'playwright/test';
import type { Row } from '../row.ts';
import { pending, startFlush, untilSent } from '../tracker-calls.ts';

const TABS = 10;
const EVENTS = 1000;
const MAX_BATCH = 50;

export const manyTabs: readonly Row[] = [
  {
    name: 'ten tabs on one backlog',
    async run(lab) {
      const { faults, browser } = lab;
      const url = lab.page({ options: { maxBatch: MAX_BATCH } });
      const first = await lab.open(url);
      await faults.down();
      await lab.track(first, EVENTS);
      await pending(first);
      await first.close();

      // The collector fails until all ten tabs are open, so that the backlog is still there.
      await faults.up();
      faults.always({ status: 503 });
      const open = await Promise.all(Array.from({ length: TABS }, () => browser.open(url)));
      const opened = faults.posts.length;
      await sleep(3000);
      lab.note('requests of ten tabs in 3 s of 503:', faults.posts.length - opened);
      // Full jitter below 2 s, then below 4 s: about three requests per tab, hardly ever twice as many.
      expect(faults.posts.length - opened).toBeLessThanOrEqual(TABS * 6);

      const refused = faults.posts.length;
      faults.always({ forward: true, delay: 50 });
      for (const tab of open) await startFlush(tab);
      await untilSent(open[0]!, 120_000);
      for (const tab of open) await tab.close();
      const locks = await (await lab.open(url)).evaluate(() => 'locks' in navigator, undefined);
      const taken = faults.posts.slice(refused).filter(({ answered }) => answered === 200).length;
      lab.note('requests for the backlog:', taken);
      if (locks) expect(taken).toBe(EVENTS / MAX_BATCH);
    },
  },
];
