import type { Faults } from '../fixtures/faults.ts';
import { sentEvents } from '../fixtures/sent-events.ts';
import type { Lab } from './lab.ts';

/** The counts of a row's events. */
export interface Tally {
  /** `track()` was called and its microtask ran, or its promise resolved. */
  accepted: number;
  /** In the collector's database. */
  delivered: number;
  /** Reported as given up. */
  givenUp: number;
  /** Neither delivered nor given up. */
  lost: number;
  /** How often an event was sent that the collector had taken already. */
  sentTwice: number;
  /** In the collector's database a second time. */
  countedTwice: number;
  /** POSTs that reached the proxy. */
  requests: number;
}

/** Counts by the events' unique numbers, so that a double is found even if it has another token. */
export async function tallyOf(
  { recorder, faults, accepted, givenUp }: Lab,
  collections: readonly string[] = ['visits'],
): Promise<Tally> {
  const numbers: number[] = [];
  for (const name of collections) {
    if (await recorder.count(name)) numbers.push(...(await recorder.events(name)).map(({ n }) => n as number));
  }
  const delivered = new Set(numbers.filter((n) => accepted.has(n))).size;
  return {
    accepted: accepted.size,
    delivered,
    givenUp,
    lost: accepted.size - delivered - givenUp,
    sentTwice: repeats(faults, collections),
    countedTwice: numbers.length - new Set(numbers).size,
    requests: faults.posts.length,
  };
}

function repeats(faults: Faults, collections: readonly string[]): number {
  const taken = sentEvents(faults.posts.filter(({ answered }) => answered === 200)).filter(({ collection }) =>
    collections.includes(collection),
  );
  return taken.length - new Set(taken.map(({ token }) => token)).size;
}
