import type { AccessClass } from '../model/access.ts';
import type { KeyEntry } from '../model/key-entry.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import type { Query, Rows, Selection } from '../model/query.ts';

/** An event that has passed every check. */
export interface NewEvent {
  collection: string;
  id: string;
  /** `keen.uniqueness_token`. */
  token: string | undefined;
  /** Milliseconds since 1970. */
  timestamp: number;
  createdAt: number;
  /** The event as queries see it, `keen` included. */
  json: string;
  /** The same as an object. */
  properties: object;
}

/** A request that was turned away. It never holds a key or a part of one. */
export interface Refusal {
  /** Milliseconds since 1970. */
  at: number;
  method: string;
  /** The route's pattern or a redacted path. */
  route: string;
  status: number;
  /** The class of the key that was presented. */
  key: AccessClass | 'unknown' | 'none';
  /** What that key is called where it must not stand; empty where it is none of the project's. */
  keyId: string;
  /** The Origin header; empty where there was none. */
  origin: string;
  reason: string;
}

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

/** A change of the project's keys. Entries are added, or replaced where the id is known. */
export interface KeyChange {
  projectId?: string;
  put?: KeyEntry[];
  /** Ids. */
  remove?: string[];
}

/** The project's id and its keys, of which only hashes are stored. */
export interface Keys {
  /** Keys come oldest first. On first start there is nothing. */
  read(): Promise<{ projectId?: string; keys: KeyEntry[] }>;
  /** All of the change or nothing of it; on disk once it resolves. */
  write(change: KeyChange): Promise<void>;
}

/** Equal refusals of one minute. */
export interface NotedRefusal extends Refusal {
  /** The later ones have the higher. */
  id: number;
  /** When the last of them was, milliseconds since 1970. */
  at: number;
  times: number;
}

/** Which refusals to show; all, where nothing is said. */
export interface RefusalFilter {
  key?: Refusal['key'] | undefined;
  /** What their reason begins with, such as `InvalidApiKeyError`. */
  code?: string | undefined;
}

export interface RefusalReport {
  /** The newest that fit the filter, newest first. */
  newest: NotedRefusal[];
  /** How many there are of each class of key and kind of reason, most first, whatever the filter. */
  counts: { key: Refusal['key']; code: string; times: number }[];
}

/** Requests that were turned away. */
export interface Refusals {
  /**
   * Notes one without making anyone wait for the disk. Equal ones of a minute share a row, so do all over 200 different ones,
   * and the newest 10,000 rows are kept.
   */
  add(refusal: Refusal): void;
  report(limit: number, filter?: RefusalFilter): Promise<RefusalReport>;
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

/** What the dashboard shows of all collections at once, by the time of arrival: no query of Keen's asks that. */
export interface Overview {
  collections(): Promise<CollectionSummary[]>;
  arrivals(since: number, width: number): Promise<Bucket[]>;
  latestEvents(limit: number): Promise<{ collection: string; event: string }[]>;
  /** Whether events are missing, by what their tokens say, on each day since that time; the newest first. */
  pages(since: number): Promise<DayOfPages[]>;
}

/**
 * Everything that the collector asks of its database. The engine behind it may be another one;
 * nothing outside of this folder knows SQL.
 */
export interface Storage {
  /**
   * Stores events and resolves once they are safe on disk: `true` for each one kept, `false` for each one
   * whose token its collection has seen in the last 31 days.
   * @throws ApiError 503 where nothing was stored
   */
  append(events: NewEvent[]): Promise<boolean[]>;

  /**
   * Answers a query, in rows of its type, a few at a time: an extraction may be larger than memory.
   * @param signal ends it, with an error, once nobody wants the answer any more
   * @throws ApiError 400 for a regular expression, 422 and 504 over a limit, 503 where too many others wait
   */
  query<Type extends keyof Rows>(query: Query & { type: Type }, signal?: AbortSignal): AsyncIterable<Rows[Type][]>;

  /**
   * Removes the selected events, or only a property, with all that is inside of it, from every event of a collection.
   * The schema loses a collection with its last event, and a property at once.
   */
  remove(what: Selection | { collection: string; property: string }): Promise<void>;

  /** Collection → property path → type. */
  schema(): ReadonlyMap<string, PropertyTypes>;

  keys: Keys;
  refusals: Refusals;
  overview: Overview;

  /** Whether the last `append` could write. */
  healthy(): boolean;
  /** Resolves, with the reason, if the database can no longer be used: only a new start can help then. */
  failed: Promise<Error>;
  /** Finishes what was begun, writes everything into the database file and closes it. */
  close(): Promise<void>;
}
