// Many tabs, one queue.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'playwright/test';
import { until } from '../../fixtures/until.ts';
import type { Row } from '../row.ts';

const tabs = 10;
const events = 1000;
const maxBatch = 50;

export const manyTabs: readonly Row[] = [
  {
    name: 'ten tabs on one backlog',
    async run(lab) {
      const { faults, browser } = lab;
      const url = lab.page({ options: { maxBatch } });
      const first = await lab.open(url);
      await faults.down();
      await lab.track(first, events);
      await first.evaluate(() => window.tracker.pending(), undefined);
      await first.close();

      // All ten find the collector there, but slow enough that all are there before the backlog is gone.
      await faults.up();
      faults.always({ status: 503 });
      const open = await Promise.all(Array.from({ length: tabs }, () => browser.open(url)));
      const opened = faults.posts.length;
      await sleep(3000);
      lab.note('requests of ten tabs in 3 s of 503:', faults.posts.length - opened);
      // Full jitter below 2 s, then below 4 s: about three each, hardly ever twice as many.
      expect(faults.posts.length - opened).toBeLessThanOrEqual(tabs * 6);

      const refused = faults.posts.length;
      faults.always({ forward: true, delay: 50 });
      for (const tab of open) await tab.evaluate(() => void window.tracker.flush(), undefined);
      await until(
        'the backlog to be gone',
        () => open[0]!.evaluate(async () => !(await window.tracker.pending()), undefined),
        120_000,
      );
      for (const tab of open) await tab.close();
      const locks = await (await lab.open(url)).evaluate(() => 'locks' in navigator, undefined);
      const taken = faults.posts.slice(refused).filter(({ answered }) => answered === 200).length;
      lab.note('requests for the backlog:', taken);
      if (locks) expect(taken).toBe(events / maxBatch);
    },
  },
];
