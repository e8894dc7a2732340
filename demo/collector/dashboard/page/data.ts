import type { Bucket, CollectionSummaries, CollectionSummary, DayOfPages, Misdated } from '../../model/overview.ts';
import type { NotedRefusal, RefusalReport } from '../../model/refusal.ts';

/** The spans of time that the chart can show. `back` is the whole span, `width` one bar, both in milliseconds. */
export const SPANS = {
  '15m': { back: 15 * 60_000, width: 15_000 },
  '1h': { back: 3_600_000, width: 60_000 },
  '24h': { back: 86_400_000, width: 1_800_000 },
  '7d': { back: 7 * 86_400_000, width: 4 * 3_600_000 },
  '30d': { back: 30 * 86_400_000, width: 12 * 3_600_000 },
} as const;
export type Span = keyof typeof SPANS;

/** The answer of `GET /dashboard/data?span=…`. Times are milliseconds since 1970. */
export interface DashboardData {
  projectId: string;
  now: number;
  span: Span;
  /** Start of the first bar. */
  since: number;
  /** Width of a bar, in milliseconds. */
  width: number;
  /** The largest, largest first. */
  collections: CollectionSummary[];
  /** The sum of all other collections. */
  others: CollectionSummaries['others'];
  misdated: Misdated;
  /** The chart's bars, without the empty ones. */
  arrivals: Bucket[];
  /** Newest first. `event` is JSON text; long ones are cut short. */
  events: { id: string; collection: string; event: string; cut: boolean }[];
  /** The last 30 days with new pages, newest first. */
  pages: DayOfPages[];
  refusals: { total: number; newest: NotedRefusal[] };
}

/** The answer of `GET /dashboard/activity/data?key=…&code=…&limit=…`. Times are milliseconds since 1970. */
export interface ActivityData extends RefusalReport {
  projectId: string;
  now: number;
  /** Whether older refusals match the filter. */
  more: boolean;
}
