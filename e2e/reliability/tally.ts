import type { Faults } from '../fixtures/faults.ts';
import { sentEvents } from '../fixtures/sent-events.ts';
import type { Lab } from './lab.ts';

/** What became of a row's events. */
export interface Tally {
  /** `track()` was called and its microtask ran, or its promise resolved. */
  accepted: number;
  /** In the collector's database. */
  delivered: number;
  /** Reported as dropped for good. */
  givenUp: number;
  /** Neither. */
  lost: number;
  /** How many times the collector was sent an event that it had taken already. */
  sentTwice: number;
  /** In the collector's database a second time. */
  countedTwice: number;
  /** POSTs that left the browser. */
  requests: number;
}

/** Each event has a number that no other has, so that a double shows even if it came under a second token. */
export async function tallyOf({ collector, faults, accepted, givenUp }: Lab): Promise<Tally> {
  const events = (await collector.count('visits')) ? await collector.events('visits') : [];
  const numbers = events.map(({ n }) => n as number);
  const delivered = new Set(numbers.filter((n) => accepted.has(n))).size;
  return {
    accepted: accepted.size,
    delivered,
    givenUp,
    lost: accepted.size - delivered - givenUp,
    sentTwice: repeats(faults),
    countedTwice: numbers.length - new Set(numbers).size,
    requests: faults.posts.length,
  };
}

function repeats(faults: Faults): number {
  const taken = sentEvents(faults.posts.filter(({ answered }) => answered === 200)).filter(
    ({ collection }) => collection === 'visits',
  );
  return taken.length - new Set(taken.map(({ token }) => token)).size;
}
