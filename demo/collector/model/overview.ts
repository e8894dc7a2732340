export interface CollectionSummary {
  name: string;
  events: number;
  /** Sends of an event that was already there, dropped. */
  repeats: number;
  /** When the newest event arrived, milliseconds since 1970; 0 where only repeats are left. */
  latest: number;
}

/** Events that arrived in one slice of time. */
export interface Bucket {
  /** Start of the slice, milliseconds since 1970, a multiple of its width. */
  at: number;
  collection: string;
  events: number;
}

/** How complete the events are of the pages that were first heard of on one day. */
export interface DayOfPages {
  /** Its start in UTC, milliseconds since 1970. */
  day: number;
  pages: number;
  received: number;
  repeats: number;
  /** Numbers below a page's highest that have not come. */
  missing: number;
}
