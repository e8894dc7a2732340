import type { LatestEvent } from '../model/overview.ts';
import type { Storage } from '../storage/storage.ts';
import { COLOURS } from './page/colours.ts';
import { type DashboardData, SPANS, type Span } from './page/data.ts';
import { throttle } from './throttle.ts';

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
/** All open dashboards share an answer for this long. */
const CACHE_MS = 900;

/** Where the dashboard's data comes from. */
export interface DashboardSource {
  storage: Pick<Storage, 'overview' | 'refusals'>;
  projectId: string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Reads the data of the dashboard: counts, bars, the latest events and the refused requests. */
export function dashboardData({ storage, projectId, now }: DashboardSource) {
  const answers = new Map<Span, { at: number; data: Promise<DashboardData> }>();

  const pages = throttle(() => storage.overview.pages(now() - (DAYS - 1) * DAY_MS), now);

  async function read(span: Span): Promise<DashboardData> {
    const { back, width } = SPANS[span];
    const since = Math.floor((now() - back) / width) * width + width;
    const { largest: collections, others } = await storage.overview.collections(LARGEST_COLLECTIONS);
    // Only these have bars of their own.
    const names = collections.slice(0, COLOURS).map(({ name }) => name);
    const [arrivals, events, days, refusals] = await Promise.all([
      storage.overview.arrivals(since, width, names),
      storage.overview.latestEvents(LATEST_EVENTS),
      pages(),
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
      arrivals,
      events: cutLong(events),
      pages: days,
      refusals: { total: refusals.counts.reduce((sum, { times }) => sum + times, 0), newest: refusals.newest },
    };
  }

  return (span: Span): Promise<DashboardData> => {
    const known = answers.get(span);
    if (known && now() - known.at < CACHE_MS) return known.data;
    const data = read(span);
    answers.set(span, { at: now(), data });
    // The caller gets the error, and the next call tries again.
    data.catch(() => answers.delete(span));
    return data;
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
