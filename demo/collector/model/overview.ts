export interface CollectionSummary {
  name: string;
  events: number;
  /** Repeats of stored events, which were dropped. */
  repeats: number;
  /** When the newest event arrived, in milliseconds since 1970; 0 if only counted repeats are left. */
  latest: number;
}

/** The largest collections, and the sum of all others. */
export interface CollectionSummaries {
  /** Largest first. */
  largest: CollectionSummary[];
  others: { collections: number; events: number; repeats: number };
  /** In all collections. */
  misdated: Misdated;
}

/** What a process has recorded since its start. */
export interface Recorded {
  stored: number;
  /** Repeats of stored events, which were dropped. */
  repeats: number;
}

/** Events whose `keen.timestamp` is far from their arrival. */
export interface Misdated {
  /** More than a day after it. */
  future: number;
  /** More than ten years before it. */
  past: number;
}

/** The number of events that arrived in one bucket of time. */
export interface Bucket {
  /** Start of the bucket in milliseconds since 1970, a multiple of its width. */
  at: number;
  /** `null` for all collections that have no rows of their own. */
  collection: string | null;
  events: number;
}

export interface LatestEvent {
  /** The server's id, which identifies the event. */
  id: string;
  collection: string;
  /** JSON. */
  event: string;
}

/** How complete the events of page views are, by the day of each page's first event. */
export interface DayOfPages {
  /** Start of the day in UTC, in milliseconds since 1970. */
  day: number;
  pages: number;
  /** Events stored. */
  received: number;
  /** Repeats of stored events, which were dropped. */
  repeats: number;
  /** Event numbers below each page's highest that have not arrived, without those of implausible pages. */
  missing: number;
  /** Pages with such gaps. */
  pagesWithGaps: number;
  /** Pages whose highest number nobody can believe. A Write key is public, so anyone can make one up. */
  implausiblePages: number;
}
