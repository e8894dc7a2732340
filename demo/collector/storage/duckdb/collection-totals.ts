import type { DuckDBConnection } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import type { NewEvent } from '../../model/event.ts';
import type { CollectionSummaries, Misdated, Recorded } from '../../model/overview.ts';
import { emptyTotals, MAX_FUTURE_DAYS, MAX_PAST_DAYS, summarize, type Totals } from '../totals.ts';
import { fromTimestamp } from './time.ts';

/** Counts of all collections in memory, so that a dashboard needs no scan. Call each member with the write lock. */
export interface CollectionTotals {
  /** Counts committed events. @param repeats for each event, whether it was dropped as a repeat */
  add(events: NewEvent[], repeats: boolean[]): void;
  /** Counts a collection's events again, after a removal. @returns the number of events that are left */
  recount(connection: DuckDBConnection, collection: string): Promise<number>;
  delete(collection: string): void;
  /** The largest collections, and the sum of all others. */
  summarize(limit: number): CollectionSummaries;
  misdated(collection: string): Misdated;
  /** Events and repeats that `add` was told. */
  recorded(): Recorded;
}

const COUNTS = `
  count(*), max(created_at),
  count(*) FILTER (WHERE timestamp > created_at + to_days(${MAX_FUTURE_DAYS})),
  count(*) FILTER (WHERE timestamp < created_at - to_days(${MAX_PAST_DAYS}))`;

export async function openCollectionTotals(connection: DuckDBConnection): Promise<CollectionTotals> {
  const totals = new Map<string, Totals>();
  const recorded: Recorded = { stored: 0, repeats: 0 };

  function totalsOf(collection: string): Totals {
    const known = totals.get(collection) ?? emptyTotals();
    totals.set(collection, known);
    return known;
  }

  const counted = await connection.runAndReadAll(
    `SELECT collection, ${COUNTS} FROM events WHERE collection <> '' GROUP BY collection`,
  );
  for (const [collection, ...counts] of counted.getRows()) Object.assign(totalsOf(collection as string), read(counts));
  const repeats = await connection.runAndReadAll('SELECT collection, sum(dropped) FROM repeats GROUP BY collection');
  for (const [collection, dropped] of repeats.getRows()) totalsOf(collection as string).repeats = Number(dropped);

  return {
    add(events, repeats) {
      events.forEach(({ collection, timestamp, createdAt }, index) => {
        const known = totalsOf(collection);
        if (repeats[index]) {
          known.repeats++;
          recorded.repeats++;
          return;
        }
        known.events++;
        recorded.stored++;
        known.latest = Math.max(known.latest, createdAt);
        if (timestamp > createdAt + MAX_FUTURE_DAYS * DAY_MS) known.future++;
        if (timestamp < createdAt - MAX_PAST_DAYS * DAY_MS) known.past++;
      });
    },
    async recount(from, collection) {
      const rows = await from.runAndReadAll(`SELECT ${COUNTS} FROM events WHERE collection = $1`, [collection]);
      const counts = read(rows.getRows()[0]!);
      if (counts.events || totals.has(collection)) Object.assign(totalsOf(collection), counts);
      return counts.events;
    },
    delete: (collection) => void totals.delete(collection),
    summarize: (limit) => summarize(totals, limit),
    misdated(collection) {
      const { future, past } = totals.get(collection) ?? emptyTotals();
      return { future, past };
    },
    recorded: () => ({ ...recorded }),
  };
}

function read([events, latest, future, past]: unknown[]): Omit<Totals, 'repeats'> {
  return {
    events: Number(events),
    latest: latest === null ? 0 : fromTimestamp(latest),
    future: Number(future),
    past: Number(past),
  };
}
