import type { Client } from './disk-model.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** How long a disk takes, and what waits while it does not answer at all. */
export function createDiskTime({ after, now }: Pick<Scheduler, 'after' | 'now'>, random: Random, hung: () => boolean) {
  let stalled: (() => void)[] = [];
  /** What is under way dies with the browser. */
  let generation = 0;

  const latency = () => (random.chance(0.02) ? random.between(5, 60) : random.between(0.02, 1.5));

  const told = new Map<Client, number>();

  /** Something reaches the page, never before what was on its way already. */
  const tell = (client: Client, run: () => void) => {
    // Not at the same time: a sum of fractions may come out a little smaller.
    const due = Math.max(now() + latency() / 4, (told.get(client) ?? 0) + 0.001);
    told.set(client, due);
    client.task(due - now(), run);
  };

  /** Something happens on the disk. */
  const later = (run: () => void) => {
    const born = generation;
    const go = () => {
      if (born !== generation) return;
      if (hung()) stalled.push(go);
      else run();
    };
    after(latency(), go);
  };

  return {
    tell,
    later,

    crash() {
      generation++;
      stalled = [];
    },

    /** It answers again. */
    wake() {
      const waiting = stalled;
      stalled = [];
      for (const run of waiting) run();
    },
  };
}

export type DiskTime = ReturnType<typeof createDiskTime>;
