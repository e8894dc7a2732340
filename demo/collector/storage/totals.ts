import type { CollectionSummaries, CollectionSummary, Misdated } from '../model/overview.ts';

/** An event with a date outside of these bounds around its arrival is misdated. A tracker keeps its events for 30 days. */
export const MAX_FUTURE_DAYS = 1;
export const MAX_PAST_DAYS = 3_653;

/** Counts of one collection. */
export interface Totals extends Misdated {
  events: number;
  repeats: number;
  /** Arrival of the newest event, in milliseconds since 1970. */
  latest: number;
}

export const emptyTotals = (): Totals => ({ events: 0, repeats: 0, latest: 0, future: 0, past: 0 });

/** The largest collections, and the sum of all others. */
export function summarize(totals: Map<string, Totals>, limit: number): CollectionSummaries {
  const largest: CollectionSummary[] = [];
  const others = { collections: 0, events: 0, repeats: 0 };
  const misdated = { future: 0, past: 0 };
  for (const [name, { events, repeats, latest, future, past }] of totals) {
    misdated.future += future;
    misdated.past += past;
    const summary = { name, events, repeats, latest };
    // Anyone can invent a hundred thousand names, so no sort of all of them.
    if (largest.length < limit || isBefore(summary, largest.at(-1)!)) {
      largest.splice(largest.findIndex((one) => isBefore(summary, one)) >>> 0, 0, summary);
    } else {
      leaveOut(summary);
      continue;
    }
    if (largest.length > limit) leaveOut(largest.pop()!);
  }
  return { largest, others, misdated };

  function leaveOut({ events, repeats }: CollectionSummary): void {
    others.collections++;
    others.events += events;
    others.repeats += repeats;
  }
}

/** Largest first, then by name. */
const isBefore = (a: CollectionSummary, b: CollectionSummary): boolean =>
  a.events > b.events || (a.events === b.events && a.name < b.name);
