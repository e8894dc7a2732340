import { type DuckDBConnection, DuckDBDateValue } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import type { NewEvent } from '../../model/event.ts';
import type { DayOfPages } from '../../model/overview.ts';
import { readPageToken } from '../../model/page-token.ts';
import { mapInTurns } from '../../model/turns.ts';
import { pageId } from '../page-id.ts';
import { toTimestamp } from './time.ts';

/**
 * How long counts of a page stay after its last event. The tracker drops events older than 30 days, and after 31 days a
 * repeat could not be told from a late event.
 */
export const PAGE_RETENTION_MS = 31 * DAY_MS;

/**
 * A page with more missing events than this, and more than ten for each that has arrived, is not believed. A tracker
 * keeps 10,000 events, so an honest page can lose as many at once.
 */
const MAX_MISSING = 10_000;
const MAX_MISSING_FOR_EACH_EVENT = 10;

/** Counts of one page in one group of events. */
interface PageCount {
  received: number;
  repeats: number;
  highest: number;
}

/**
 * Counts a group of events by page, within the caller's transaction: the events received and the highest number among
 * them. Their difference is the number of missing events, because each number is counted once; a late event closes its
 * gap. Rows are only added, a few bytes per page and group, and summed up by the reader.
 */
export async function insertPageCounts(
  connection: DuckDBConnection,
  events: NewEvent[],
  repeats: boolean[],
  now: number,
): Promise<void> {
  const counts = new Map<string, PageCount>();
  await mapInTurns(events, ({ token }, index) => addToken(counts, token, repeats[index]!));
  return insertCounts(connection, counts, Math.floor(now / DAY_MS));
}

function addToken(counts: Map<string, PageCount>, token: string | undefined, repeat: boolean): void {
  const pageToken = readPageToken(token);
  if (!pageToken) return;
  let count = counts.get(pageToken.page);
  if (!count) counts.set(pageToken.page, (count = { received: 0, repeats: 0, highest: 0 }));
  if (repeat) count.repeats++;
  else count.received++;
  count.highest = Math.max(count.highest, pageToken.number);
}

/** Inserts columns as texts, like `insert-events`. */
async function insertCounts(connection: DuckDBConnection, counts: Map<string, PageCount>, day: number): Promise<void> {
  if (!counts.size) return;
  const column = (read: (count: PageCount) => number) => [...counts.values()].map(read).join();
  const ids = [...counts.keys()].map(pageId).join();
  await connection.run(
    `INSERT INTO page_counts
     SELECT unnest(string_split($1, ',')::UBIGINT[]), $2, $2, unnest(string_split($3, ',')::UINTEGER[]), unnest(string_split($4, ',')::UINTEGER[]), unnest(string_split($5, ',')::UINTEGER[])`,
    [
      ids,
      new DuckDBDateValue(day),
      column(({ received }) => received),
      column(({ repeats }) => repeats),
      column(({ highest }) => highest),
    ],
  );
}

/** Counts the events that a database of 0.1.0 has stored, which had no table of page counts. */
export async function backfillPageCounts(connection: DuckDBConnection, now: number): Promise<void> {
  const days = new Map<number, Map<string, PageCount>>();
  const stream = await connection.stream(
    'SELECT token, epoch_ms(created_at)::DOUBLE FROM events WHERE token IS NOT NULL AND created_at > $1',
    [toTimestamp(now - PAGE_RETENTION_MS)],
  );
  for await (const rows of stream.yieldRows()) {
    for (const [token, createdAt] of rows) {
      const day = Math.floor((createdAt as number) / DAY_MS);
      const counts = days.get(day) ?? new Map<string, PageCount>();
      days.set(day, counts);
      addToken(counts, token as string, false);
    }
  }
  for (const [day, counts] of days) await insertCounts(connection, counts, day);
}

/**
 * Days since a time in milliseconds since 1970, newest first. A page counts on the day of its first event, so that its
 * gaps stay on that day.
 */
export async function readPageCounts(connection: DuckDBConnection, since: number): Promise<DayOfPages[]> {
  const rows = await connection.runAndReadAll(
    `SELECT epoch_ms(day::TIMESTAMP), count(*), sum(received), sum(repeats),
       coalesce(sum(missing) FILTER (WHERE NOT implausible), 0),
       count(*) FILTER (WHERE missing > 0 AND NOT implausible), count(*) FILTER (WHERE implausible)
     FROM (
       SELECT *, greatest(highest - received, 0) AS missing,
         missing > ${MAX_MISSING} AND missing > received * ${MAX_MISSING_FOR_EACH_EVENT} AS implausible
       FROM (
         SELECT min(day) AS day, sum(received)::BIGINT AS received, sum(repeats)::BIGINT AS repeats, max(highest)::BIGINT AS highest
         FROM page_counts GROUP BY page
       )
     )
     WHERE day >= $1::TIMESTAMP::DATE GROUP BY 1 ORDER BY 1 DESC`,
    [toTimestamp(since)],
  );
  return rows.getRows().map((row) => {
    const [day = 0, pages = 0, received = 0, repeats = 0, missing = 0, pagesWithGaps = 0, implausiblePages = 0] =
      row.map(Number);
    return { day, pages, received, repeats, missing, pagesWithGaps, implausiblePages };
  });
}
