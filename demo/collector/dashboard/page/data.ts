import type { CollectionSummary, DayOfPages } from '../../model/overview.ts';
import type { NotedRefusal, RefusalReport } from '../../model/refusal.ts';

/** What the dashboard can look back on: its name → how far, and how wide one bar is, in milliseconds. */
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
  width: number;
  collections: CollectionSummary[];
  /** Bars: when each starts, its collection, how many events arrived. Empty ones are left out. */
  arrivals: [at: number, collection: string, events: number][];
  /** Newest first. `event` is its JSON text, cut where it is long. */
  events: { collection: string; event: string; cut: boolean }[];
  /** The last 30 days on which a page was first heard of, newest first. */
  pages: DayOfPages[];
  refusals: { total: number; newest: NotedRefusal[] };
}

/** The answer of `GET /dashboard/activity/data?key=…&code=…&limit=…`. Times are milliseconds since 1970. */
export interface ActivityData extends RefusalReport {
  projectId: string;
  now: number;
  /** Whether there are older ones that fit. */
  more: boolean;
}
