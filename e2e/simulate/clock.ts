import { createRandom } from './random.ts';
import type { Task } from './scheduler.ts';
import type { World } from './world.ts';

/** What can become of a page's time. */
export const CLOCK_FAULTS = ['thread preempted', 'timer early', 'timer throttled'] as const;

/** A page as its clocks and timers see it. */
interface Thread {
  id: number;
  document: { hidden: boolean };
  task(ms: number, run: () => void): Task;
}

/** Timers in a chain that are not held up. */
const NESTED = 5;

/** Milliseconds after which a hidden page's chains of timers are held up for longer. */
const INTENSIVE_AFTER = 300_000;

let handles = 0;

/** A page's clocks, which go on while its script runs, and its timers, which come a little too early, or late. */
export function createClock(world: World, page: Thread) {
  const { resolution, load } = world.settings;
  const random = createRandom(world.seed, `clock ${page.id}`);
  const started = world.now();
  const timers = new Map<number, Task>();
  /** Timers that are due, and wait for the next moment at which a hidden page may run any. */
  let throttled: (() => void)[] = [];
  /** How many timers have led to each other, up to the one that runs. */
  let nesting = 0;
  let hiddenAt = started;

  const count = (fault: (typeof CLOCK_FAULTS)[number]) => world.count(fault);

  /** The thread has done what lies before this look at a clock, and may have had to leave the processor to others. */
  const look = () => {
    const preempted = random.chance(load);
    if (preempted) count('thread preempted');
    world.pass(preempted ? random.between(5, 50) : random.between(0, 0.02));
  };

  /** Milliseconds until a timer that is due may run: a hidden page's run together, once a second, and long chains of them once a minute. */
  const throttle = (level: number) => {
    if (!page.document.hidden) return 0;
    // https://developer.chrome.com/blog/timer-throttling-in-chrome-88
    const every = level >= NESTED && world.now() - hiddenAt >= INTENSIVE_AFTER ? 60_000 : 1_000;
    return every - (world.now() % every);
  };

  return {
    /** A task begins that no timer has led to. */
    begin() {
      nesting = 0;
    },

    /** The visitor no longer sees the page, or sees it again: what was held up comes at once. */
    setHidden(hidden: boolean) {
      if (hidden && !page.document.hidden) hiddenAt = world.now();
      if (hidden) return;
      for (const fire of throttled) page.task(0, fire);
      throttled = [];
    },

    now() {
      look();
      return Math.floor((world.now() - started) / resolution) * resolution;
    },

    wall() {
      look();
      return world.wall();
    },

    setTimeout(run: () => void, ms = 0) {
      const handle = ++handles;
      const level = nesting + 1;
      // Browsers keep a delay in 32 bits, and do not wait at all where it is longer; of fractions they know nothing.
      const whole = ms > 2 ** 31 - 1 ? 0 : Math.trunc(Math.max(ms || 0, 0));
      const wait = level > NESTED ? Math.max(whole, 4) : whole;
      const asked = world.now() + ms;
      const fire = () => {
        // Cleared while the page was frozen, or run already when it was seen again.
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

    clearTimeout(handle: number) {
      const task = timers.get(handle);
      if (task) task.run = undefined;
      timers.delete(handle);
    },
  };
}
