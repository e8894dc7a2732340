import type { LatestEvent } from '../model/overview.ts';
import type { Storage } from '../storage/storage.ts';
import { COLOURS } from './page/colours.ts';
import { type DashboardData, SPANS, type Span } from './page/data.ts';

/** Collections with a line and bars of their own. */
const LARGEST_COLLECTIONS = 20;
const LATEST_EVENTS = 20;
const LATEST_REFUSALS = 20;
/** Characters to show of one event, which can have 900,000, and of all latest events together. */
const MAX_EVENT_CHARS = 20_000;
const MAX_EVENTS_CHARS = 40_000;
/** Characters of each event, even if those before it have used up the others. */
const MIN_EVENT_CHARS = 400;
const DAY_MS = 86_400_000;
/** Days in the table of missing events. */
const DAYS = 30;
/** All open dashboards share an answer for this long, and for longer if it took long to read. */
const MIN_FRESH_MS = 900;
/** The share of the time that reading may take, for each span. */
const MAX_SHARE = 0.25;

/** Where the dashboard's data comes from. */
export interface DashboardSource {
  storage: Pick<Storage, 'overview' | 'refusals'>;
  projectId: string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** An answer, and what it was read from. */
interface Reading {
  revision: number;
  /** When the next one may begin, in milliseconds since 1970. */
  freshUntil: number;
  data: Promise<DashboardData>;
}

/**
 * Reads the data of the dashboard: counts, bars, the latest events and the refused requests. As long as nothing is
 * recorded, refused or removed, it answers from what it has read: an idle dashboard costs nothing that grows with the
 * file.
 */
export function dashboardData({ storage, projectId, now }: DashboardSource) {
  const readings = new Map<Span, Reading>();

  async function read(span: Span): Promise<DashboardData> {
    const { width } = SPANS[span];
    const since = startOf(span, now());
    const { largest: collections, others, misdated } = await storage.overview.collections(LARGEST_COLLECTIONS);
    // Only these have bars of their own.
    const names = collections.slice(0, COLOURS).map(({ name }) => name);
    const [arrivals, events, days, refusals] = await Promise.all([
      storage.overview.arrivals(since, width, names),
      storage.overview.latestEvents(LATEST_EVENTS),
      storage.overview.pages(now() - (DAYS - 1) * DAY_MS),
      storage.refusals.report(LATEST_REFUSALS),
    ]);
    return {
      projectId,
      now: now(),
      span,
      since,
      width,
      collections,
      others,
      misdated,
      arrivals,
      events: cutLong(events),
      pages: days,
      refusals: { total: refusals.counts.reduce((sum, { times }) => sum + times, 0), newest: refusals.newest },
    };
  }

  function begin(span: Span): Promise<DashboardData> {
    const startedAt = now();
    // Before the reading: what is recorded meanwhile is read the next time.
    const reading = { revision: storage.overview.revision(), freshUntil: Infinity, data: read(span) };
    readings.set(span, reading);
    reading.data.then(
      () => (reading.freshUntil = startedAt + Math.max(MIN_FRESH_MS, (now() - startedAt) / MAX_SHARE)),
      // The caller gets the error, and the next call tries again.
      () => readings.delete(span),
    );
    return reading.data;
  }

  return async (span: Span): Promise<DashboardData> => {
    const known = readings.get(span);
    if (!known) return begin(span);
    if (now() < known.freshUntil) return known.data;
    return known.revision === storage.overview.revision() ? movedOn(await known.data, now()) : begin(span);
  };
}

/** Start of the first bar. */
function startOf(span: Span, now: number): number {
  const { back, width } = SPANS[span];
  return Math.floor((now - back) / width) * width + width;
}

/** The same data at a later time, without what has left the span and the days. */
function movedOn(data: DashboardData, now: number): DashboardData {
  const since = startOf(data.span, now);
  const firstDay = Math.floor((now - (DAYS - 1) * DAY_MS) / DAY_MS) * DAY_MS;
  return {
    ...data,
    now,
    since,
    arrivals: data.arrivals.filter(({ at }) => at >= since),
    pages: data.pages.filter(({ day }) => day >= firstDay),
  };
}

/** Cuts events short, so that the answer stays below 200 kB. */
function cutLong(events: LatestEvent[]): DashboardData['events'] {
  let charsLeft = MAX_EVENTS_CHARS;
  return events.map(({ id, collection, event }) => {
    const chars = Math.min(event.length, MAX_EVENT_CHARS, Math.max(charsLeft, MIN_EVENT_CHARS));
    charsLeft -= chars;
    return { id, collection, event: event.slice(0, chars), cut: event.length > chars };
  });
}
