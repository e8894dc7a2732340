import { type DuckDBConnection, DuckDBDateValue } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import type { DayOfPages } from '../../model/overview.ts';
import { readPageToken } from '../../model/page-token.ts';
import { DAY, toDatabase } from './time.ts';

/** A page that was silent for so long is done: the tracker gives up what is older than 30 days, and later a repeat would not be known as one. */
export const DONE = 31 * DAY;

/** A page is a random number of 96 bits, of which 64 tell pages apart just as well. */
export const pageId = (page: string): bigint => BigInt.asUintN(64, BigInt(page));

/** How far a page has come, by one group of its events. */
interface Progress {
  received: number;
  repeats: number;
  highest: number;
}

/**
 * Notes a group of events within its transaction: for each page that mailslot runs on, how many of its events have come and the highest number
 * among them. Each event comes once, so what the two differ by is missing, without any number being remembered; a late event closes its
 * gap by being counted. Rows are only ever added, a few bytes for each group of events of a page, and summed up when someone looks.
 */
export function storePages(
  connection: DuckDBConnection,
  events: NewEvent[],
  repeats: boolean[],
  now: number,
): Promise<void> {
  const pages = new Map<string, Progress>();
  events.forEach(({ token }, index) => count(pages, token, repeats[index]!));
  return add(connection, pages, Math.floor(now / DAY));
}

function count(pages: Map<string, Progress>, token: string | undefined, repeat: boolean): void {
  const read = readPageToken(token);
  if (!read) return;
  let page = pages.get(read.page);
  if (!page) pages.set(read.page, (page = { received: 0, repeats: 0, highest: 0 }));
  if (repeat) page.repeats++;
  else page.received++;
  page.highest = Math.max(page.highest, read.number);
}

/** Columns as texts, like those of the events. */
async function add(connection: DuckDBConnection, pages: Map<string, Progress>, day: number): Promise<void> {
  if (!pages.size) return;
  const column = (of: (progress: Progress) => number) => [...pages.values()].map(of).join();
  const ids = [...pages.keys()].map(pageId).join();
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

/** Notes what stored events say of their pages. */
export async function catchUpPages(connection: DuckDBConnection, now: number): Promise<void> {
  const days = new Map<number, Map<string, Progress>>();
  const stream = await connection.stream(
    'SELECT token, epoch_ms(created_at)::DOUBLE FROM events WHERE token IS NOT NULL AND created_at > $1',
    [toDatabase(now - DONE)],
  );
  for await (const rows of stream.yieldRows()) {
    for (const [token, at] of rows) {
      const day = Math.floor((at as number) / DAY);
      const pages = days.get(day) ?? new Map<string, Progress>();
      days.set(day, pages);
      count(pages, token as string, false);
    }
  }
  for (const [day, pages] of days) await add(connection, pages, day);
}

/** Days since that time, the newest first; each page counts on the day on which it was first heard of, so that its gaps stay there. */
export async function readPages(connection: DuckDBConnection, since: number): Promise<DayOfPages[]> {
  const rows = await connection.runAndReadAll(
    `SELECT epoch_ms(day::TIMESTAMP), count(*), sum(received), sum(repeats), sum(greatest(highest - received, 0))
     FROM (
       SELECT min(day) AS day, sum(received)::BIGINT AS received, sum(repeats)::BIGINT AS repeats, max(highest)::BIGINT AS highest
       FROM page_counts GROUP BY page
     )
     WHERE day >= $1::TIMESTAMP::DATE GROUP BY 1 ORDER BY 1 DESC`,
    [toDatabase(since)],
  );
  return rows.getRows().map((row) => {
    const [day, pages, received, repeats, missing] = row.map(Number) as [number, number, number, number, number];
    return { day, pages, received, repeats, missing };
  });
}
