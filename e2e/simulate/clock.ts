import { createRandom } from '../../scripts/testing/random.ts';
import type { Task } from './scheduler.ts';
import type { World } from './world.ts';

/** The faults of a page's clock and timers. */
export const CLOCK_FAULTS = ['thread preempted', 'timer early', 'timer throttled'] as const;

/** The parts of a page that its clock and timers use. */
interface Thread {
  id: number;
  document: { hidden: boolean };
  task(ms: number, run: () => void): Task;
}

/** Nesting level from which browsers throttle a chain of timers. */
const NESTED = 5;

/** After this time a hidden page's chains of timers run once a minute. */
const INTENSIVE_AFTER_MS = 300_000;

/** Browsers keep a delay as a 32-bit integer, and do not wait at all if it is larger. */
const MAX_DELAY_MS = 2 ** 31 - 1;

let handles = 0;

/** A page's clocks, which go on while its script runs, and its timers, which can fire early or late. */
export interface Clock {
  /** A task begins that was not started by a timer. */
  begin(): void;
  /** The visitor no longer sees the page, or sees it again: throttled timers fire then. */
  setHidden(hidden: boolean): void;
  /** `performance.now()` */
  now(): number;
  /** `Date.now()` */
  wall(): number;
  /** How much of the latest `ms` milliseconds other processes took. */
  preempted(ms: number): number;
  setTimeout(run: () => void, ms?: number): number;
  clearTimeout(handle: number): void;
}

export function createClock(world: World, page: Thread): Clock {
  const { resolution, load } = world.settings;
  const random = createRandom(world.seed, `clock ${page.id}`);
  const started = world.now();
  const timers = new Map<number, Task>();
  /** Timers that are due and wait because the page is hidden. */
  let throttled: (() => void)[] = [];
  /** How many timers in a row have started each other. */
  let nesting = 0;
  let hiddenAt = started;
  /** When other processes took the processor, and for how long. */
  const stolen: { at: number; ms: number }[] = [];

  const count = (fault: (typeof CLOCK_FAULTS)[number]) => world.count(fault);

  /** Reading a clock takes time, more if the thread is preempted. */
  const spendTime = () => {
    const preempted = random.chance(load);
    if (preempted) count('thread preempted');
    const ms = preempted ? random.between(5, 50) : random.between(0, 0.02);
    if (preempted) stolen.push({ at: world.now(), ms });
    world.pass(ms);
  };

  /**
   * Milliseconds until a due timer may run. A hidden page's timers run once a second, its long chains once a minute.
   */
  const throttle = (level: number) => {
    if (!page.document.hidden) return 0;
    // https://developer.chrome.com/blog/timer-throttling-in-chrome-88
    const every = level >= NESTED && world.now() - hiddenAt >= INTENSIVE_AFTER_MS ? 60_000 : 1_000;
    return every - (world.now() % every);
  };

  return {
    begin() {
      nesting = 0;
    },

    setHidden(hidden) {
      if (hidden && !page.document.hidden) hiddenAt = world.now();
      if (hidden) return;
      for (const fire of throttled) page.task(0, fire);
      throttled = [];
    },

    now() {
      spendTime();
      return Math.floor((world.now() - started) / resolution) * resolution;
    },

    wall() {
      spendTime();
      return world.wall();
    },

    preempted(ms) {
      const since = world.now() - ms;
      return stolen.reduce((sum, part) => sum + (part.at > since ? part.ms : 0), 0);
    },

    setTimeout(run, ms = 0) {
      const handle = ++handles;
      const level = nesting + 1;
      // Browsers drop fractions of a millisecond.
      const whole = ms > MAX_DELAY_MS ? 0 : Math.trunc(Math.max(ms || 0, 0));
      const wait = level > NESTED ? Math.max(whole, 4) : whole;
      const asked = world.now() + ms;
      const fire = () => {
        // It was cleared while the page was frozen, or has fired when the page was shown.
        if (!timers.delete(handle)) return;
        nesting = level;
        if (world.now() < asked) count('timer early');
        run();
      };
      const due = () => {
        const more = throttle(level);
        if (!more || !timers.has(handle)) return fire();
        count('timer throttled');
        throttled.push(fire);
        timers.set(handle, page.task(more, fire));
      };
      timers.set(handle, page.task(wait + (random.chance(load) ? random.between(5, 50) : random.between(0, 0.2)), due));
      return handle;
    },

    clearTimeout(handle) {
      const task = timers.get(handle);
      if (task) task.run = undefined;
      timers.delete(handle);
    },
  };
}
