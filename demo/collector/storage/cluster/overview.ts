import { DAY_MS } from '../../model/durations.ts';
import type { DayOfPages, Misdated } from '../../model/overview.ts';
import type { Storage } from '../storage.ts';
import { emptyTotals, MAX_FUTURE_DAYS, MAX_PAST_DAYS, summarize, type Totals } from '../totals.ts';
import { statement } from './binding.ts';
import type { Client } from './client.ts';
import { allOf } from './tables.ts';

type Overview = Omit<Storage['overview'], 'revision' | 'recorded'>;

/**
 * A page with more missing events than this, and more than ten for each that has arrived, is not believed. A tracker
 * keeps 10,000 events, so an honest page can lose as many at once.
 */
const MAX_MISSING = 10_000;
const MAX_MISSING_FOR_EACH_EVENT = 10;

const MISDATED = `
  countIf(timestamp > created_at + ${MAX_FUTURE_DAYS * DAY_MS}),
  countIf(timestamp < created_at - ${MAX_PAST_DAYS * DAY_MS})`;

export function createOverview(readAll: Client['readAll']): Overview {
  async function totals(): Promise<Map<string, Totals>> {
    const all = new Map<string, Totals>();
    const [events, repeats] = await Promise.all([
      readAll(
        statement(
          () => `SELECT collection, count(), max(created_at), ${MISDATED} FROM ${allOf('events')} GROUP BY collection`,
        ),
      ),
      readAll(statement(() => `SELECT collection, sum(dropped) FROM ${allOf('repeats')} GROUP BY collection`)),
    ]);
    for (const [collection, events_, latest, future, past] of events as [string, ...number[]][])
      all.set(collection, { ...emptyTotals(), events: events_!, latest: latest!, future: future!, past: past! });
    for (const [collection, dropped] of repeats as [string, number][])
      all.set(collection, { ...(all.get(collection) ?? emptyTotals()), repeats: dropped });
    return all;
  }

  return {
    collections: async (limit) => summarize(await totals(), limit),
    async misdated(collection): Promise<Misdated> {
      const rows = await readAll(
        statement(
          (bind) => `SELECT ${MISDATED} FROM ${allOf('events')} WHERE collection = ${bind(collection, 'String')}`,
        ),
      );
      const [future, past] = rows[0] as [number, number];
      return { future, past };
    },
    async arrivals(since, width, collections) {
      const rows = await readAll(
        statement((bind) => {
          const names = bind(collections, 'Array(String)');
          const start = `intDiv(created_at, ${bind(width, 'Int64')}) * ${bind(width, 'Int64')}`;
          return `SELECT ${start} AS at, if(has(${names}, collection), toString(collection), NULL) AS name, count()
            FROM ${allOf('events')} WHERE created_at >= ${bind(since, 'Int64')} GROUP BY at, name ORDER BY at, name`;
        }),
      );
      return rows.map(([at, collection, events]) => ({ at, collection, events }) as never);
    },
    async latestEvents(limit) {
      const rows = await readAll(
        statement((bind) => {
          const newest = `ORDER BY created_at DESC, id DESC LIMIT ${bind(limit, 'UInt64')}`;
          // The JSON of the newest alone is read.
          const since = `(SELECT min(created_at) FROM (SELECT created_at FROM ${allOf('events')} ${newest}))`;
          return `SELECT id, collection, event FROM ${allOf('events')} WHERE created_at >= ${since} ${newest}`;
        }),
      );
      return rows.map(([id, collection, event]) => ({ id, collection, event }) as never);
    },
    pages: (since) => readPages(readAll, since),
  };
}

async function readPages(readAll: Client['readAll'], since: number): Promise<DayOfPages[]> {
  const rows = await readAll(
    statement(
      (bind) => `
      SELECT toUnixTimestamp(toDateTime(day, 'UTC')) * 1000 AS at, count(), sum(received), sum(repeated),
        sumIf(missing, NOT implausible), countIf(missing > 0 AND NOT implausible), countIf(implausible)
      FROM (
        SELECT *, greatest(toInt64(highest_number) - toInt64(received), 0) AS missing,
          missing > ${MAX_MISSING} AND missing > received * ${MAX_MISSING_FOR_EACH_EVENT} AS implausible
        FROM (
          SELECT page, min(pages.day) AS day, groupBitmapMerge(numbers) AS received, uniqExactMerge(repeats) AS repeated,
            max(highest) AS highest_number
          FROM ${allOf('pages')} AS pages GROUP BY page
        )
      )
      WHERE day >= toDate(fromUnixTimestamp64Milli(${bind(since, 'Int64')}, 'UTC')) GROUP BY at ORDER BY at DESC`,
    ),
  );
  return rows.map((row) => {
    const [day = 0, pages = 0, received = 0, repeats = 0, missing = 0, pagesWithGaps = 0, implausiblePages = 0] =
      row.map(Number);
    return { day, pages, received, repeats, missing, pagesWithGaps, implausiblePages };
  });
}
