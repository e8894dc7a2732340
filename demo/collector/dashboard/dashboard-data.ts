import type { Context } from '../http/context.ts';
import { type DashboardData, SPANS, type Span } from './page/data.ts';
import { sparing } from './sparing.ts';

const EVENTS = 20;
const REFUSALS = 20;
/** Characters of one event that are shown; an event may have 900,000. */
const SHOWN = 20_000;
/** Days of which it is shown whether events are missing. */
const DAYS = 30;
/** However many dashboards look, the database is asked once in this many milliseconds. */
const FRESH = 900;

/** Reads what the dashboard shows: counts, bars, the last events and the refused requests. */
export function dashboardData({ storage, projectId, now }: Pick<Context, 'storage' | 'projectId' | 'now'>) {
  const answers = new Map<Span, { at: number; data: Promise<DashboardData> }>();

  const pages = sparing(() => storage.overview.pages(now() - (DAYS - 1) * 86_400_000), now);

  async function read(span: Span): Promise<DashboardData> {
    const { back, width } = SPANS[span];
    const since = Math.floor((now() - back) / width) * width + width;
    const [collections, arrivals, events, days, refusals] = await Promise.all([
      storage.overview.collections(),
      storage.overview.arrivals(since, width),
      storage.overview.latestEvents(EVENTS),
      pages(),
      storage.refusals.report(REFUSALS),
    ]);
    return {
      projectId,
      now: now(),
      span,
      since,
      width,
      collections,
      arrivals,
      events: events.map(({ collection, event }) => ({
        collection,
        event: event.slice(0, SHOWN),
        cut: event.length > SHOWN,
      })),
      pages: days,
      refusals: { total: refusals.counts.reduce((sum, { times }) => sum + times, 0), newest: refusals.newest },
    };
  }

  return (span: Span): Promise<DashboardData> => {
    const known = answers.get(span);
    if (known && now() - known.at < FRESH) return known.data;
    const data = read(span);
    answers.set(span, { at: now(), data });
    data.catch(() => answers.delete(span)); // the next one asks again; this one's caller hears of it
    return data;
  };
}
