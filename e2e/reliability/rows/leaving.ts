// The page goes away right after track().
import type { Tab } from '../engines/engine.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';

const events = 100;

/**
 * By turns the collector takes what the page sends as it goes, and it does not. What waits is delivered before the next round, so that each
 * page finds an idle store: a write that has to queue behind another transaction dies with its page, in every engine.
 */
const rounds = (name: string, leave: (lab: Lab, tab: Tab, time: number) => Promise<void>): Row => ({
  name,
  byEngine: true,
  async run(lab) {
    for (const time of lab.times(10)) {
      const tab = await lab.open(lab.page());
      if (time % 2) await lab.faults.down();
      await leave(lab, tab, time);
      await lab.faults.up();
      await lab.settle();
    }
  },
});

export const leaving: readonly Row[] = [
  rounds('navigation in the same task as track()', async (lab, tab, time) => {
    const from = lab.numbers(events);
    await tab.evaluate(
      ({ first, end, to }) => {
        for (let n = first; n < end; n++) void window.tracker.track('visits', { n });
        location.href = to;
      },
      { first: from, end: from + events, to: lab.plain(`/next-${time}.html`) },
    );
    await lab.untilTold('arrived', time + 1);
    lab.accept(from, events);
  }),

  rounds('tab closed right after track()', async (lab, tab) => {
    await lab.track(tab, events);
    await tab.close();
  }),
];
