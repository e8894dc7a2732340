import type { Random } from '../../scripts/testing/random.ts';
import type { Client } from './disk-model.ts';
import type { Scheduler } from './scheduler.ts';

/** How long the disk takes, and the work that waits while it does not answer. */
export interface DiskTime {
  /** Something reaches the page, never before what was sent to it earlier. */
  tell(client: Client, run: () => void): void;
  /** Something happens on the disk. */
  later(run: () => void): void;
  crash(): void;
  /** The disk answers again. */
  wake(): void;
}

export function createDiskTime(
  { after, now }: Pick<Scheduler, 'after' | 'now'>,
  random: Random,
  hung: () => boolean,
): DiskTime {
  let stalled: (() => void)[] = [];
  /** Raised by a crash: work of an earlier generation is dropped. */
  let generation = 0;

  const latency = () => (random.chance(0.02) ? random.between(5, 60) : random.between(0.02, 1.5));

  const told = new Map<Client, number>();

  const tell = (client: Client, run: () => void) => {
    // A little later, because a sum of fractions can be rounded down.
    const due = Math.max(now() + latency() / 4, (told.get(client) ?? 0) + 0.001);
    told.set(client, due);
    client.task(due - now(), run);
  };

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

    wake() {
      const waiting = stalled;
      stalled = [];
      for (const run of waiting) run();
    },
  };
}
