// The page's clock is wrong, or is set while the page runs. `maxAge` is its default of 30 days.
import { expect } from 'playwright/test';
import type { Tab } from '../engines/engine.ts';
import type { Row } from '../row.ts';
import { flushAll } from '../tracker-calls.ts';

const DAY_MS = 86_400_000;

declare global {
  interface Window {
    /** Milliseconds that the page's clock is ahead. */
    clockShift: number;
  }
}

/** A clock that can be set; timers and the monotonic clock go on. */
const clock = (shift: string) => `<script>
  window.clockShift = ${shift};
  { const Real = Date;
    const now = () => Real.now() + window.clockShift;
    window.Date = class extends Real {
      constructor(...values) {
        super(...(values.length ? values : [now()]));
      }
      static now() {
        return now();
      }
    };
  }
</script>`;

const setClock = (tab: Tab, shift: number) => tab.evaluate((ms) => void (window.clockShift = ms), shift);

/** The clock is set while events wait. */
const SHIFTS: Record<string, (now: number) => number> = {
  'the clock is set back by a day': () => -DAY_MS,
  'the clock is set back by a year': () => -365 * DAY_MS,
  'the clock is set forth by 40 days': () => 40 * DAY_MS,
  'the clock is set to 1970': (now) => -now + 1000,
  'the clock is set to 2099': (now) => Date.UTC(2099, 0, 1) - now,
};

/** The clock is wrong when events are tracked, and right on the next page. */
const STARTS: Record<string, string> = {
  'the clock says 1970, and is right on the next page': '-Date.now() + 1000',
  'the clock says 2099, and is right on the next page': 'Date.UTC(2099, 0, 1) - Date.now()',
};

export const clocks: readonly Row[] = [
  ...Object.entries(SHIFTS).map(
    ([name, shiftOf]): Row => ({
      name,
      async run(lab) {
        const tab = await lab.open(lab.page({ head: clock('0') }));
        for (const _ of lab.times(5)) {
          await lab.faults.down();
          await lab.track(tab, 50);
          await setClock(tab, shiftOf(Date.now()));
          await lab.track(tab, 50);
          await setClock(tab, 0);
          await lab.track(tab, 50);
          await setClock(tab, shiftOf(Date.now()));
          await lab.faults.up();
          await flushAll(tab);
          await setClock(tab, 0);
        }
        expect(lab.givenUp).toBe(0);
      },
    }),
  ),
  ...Object.entries(STARTS).map(
    ([name, shift]): Row => ({
      name,
      async run(lab) {
        for (const _ of lab.times(5)) {
          const url = lab.page({ head: clock(shift) });
          const tab = await lab.open(url);
          await lab.faults.down();
          await lab.track(tab, 100);
          await tab.close();
          await lab.faults.up();
          await lab.settle();
        }
        expect(lab.givenUp).toBe(0);
      },
    }),
  ),
];
