// The page is left right after track().
import type { Tab } from '../engines/engine.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';

const EVENTS = 100;

/**
 * The collector is reachable in every other round. Each round delivers its events before the next one, so that each
 * page finds an idle store: in every engine, a write that waits for another transaction is lost with its page.
 */
const rounds = (name: string, leave: (lab: Lab, tab: Tab, time: number) => Promise<void>): Row => ({
  name,
  engineSpecific: true,
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
    const from = lab.numbers(EVENTS);
    await tab.evaluate(
      ({ first, end, to }) => {
        for (let n = first; n < end; n++) void window.tracker.track('visits', { n });
        location.href = to;
      },
      { first: from, end: from + EVENTS, to: lab.plain(`/next-${time}.html`) },
    );
    await lab.untilReported('arrived', time + 1);
    lab.accept(from, EVENTS);
  }),

  rounds('tab closed right after track()', async (lab, tab) => {
    await lab.track(tab, EVENTS);
    await tab.close();
  }),
];
