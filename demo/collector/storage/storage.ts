import type { AccessClass } from '../model/access.ts';
import type { KeyEntry } from '../model/key-entry.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import type { Query, Rows, Selection } from '../model/query.ts';

/** An event that has passed validation and is ready to be stored. */
export interface NewEvent {
  collection: string;
  id: string;
  /** `keen.uniqueness_token`; an event without one is never deduplicated. */
  token: string | undefined;
  /** `keen.timestamp` in milliseconds since 1970. */
  timestamp: number;
  /** `keen.created_at`, the time of arrival, in milliseconds since 1970. */
  createdAt: number;
  /** The event's JSON as queries see it, `keen` included. */
  json: string;
  /** The same event as an object. */
  properties: object;
}

/** A rejected request. It never holds a key or a part of one. */
export interface Refusal {
  /** Milliseconds since 1970. */
  at: number;
  method: string;
  /** The route's pattern or a redacted path. */
  route: string;
  status: number;
  /** The class of the request's key. */
  key: AccessClass | 'unknown' | 'none';
  /** The id of the request's key; empty if the project has no such key. */
  keyId: string;
  /** The Origin header; empty if the request had none. */
  origin: string;
  reason: string;
}

export interface CollectionSummary {
  name: string;
  events: number;
  /** Repeats of stored events, which were dropped. */
  repeats: number;
  /** When the newest event arrived, in milliseconds since 1970; 0 if only counted repeats are left. */
  latest: number;
}

/** The number of events that arrived in one bucket of time. */
export interface Bucket {
  /** Start of the bucket in milliseconds since 1970, a multiple of its width. */
  at: number;
  collection: string;
  events: number;
}

/** A change of the project's keys. */
export interface KeyChange {
  projectId?: string;
  /** Entries to add; an entry with a known id replaces the stored one. */
  put?: KeyEntry[];
  /** Ids of the entries to remove. */
  remove?: string[];
}

/** The project's id and its keys. Only hashes of keys are stored. */
export interface Keys {
  /** Keys in order of creation. A new database has neither a project id nor keys. */
  read(): Promise<{ projectId?: string; keys: KeyEntry[] }>;
  /** Applies the whole change in one transaction, or nothing of it. Resolves once it is on disk. */
  write(change: KeyChange): Promise<void>;
}

/** Equal refusals of one minute, as one row. */
export interface NotedRefusal extends Refusal {
  /** Ascending: newer rows have higher ids. */
  id: number;
  /** Time of the latest of these refusals, in milliseconds since 1970. */
  at: number;
  /** The number of these refusals. */
  times: number;
}

/** Which refusals a report lists. An absent member selects all. */
export interface RefusalFilter {
  key?: Refusal['key'] | undefined;
  /** The error code at the start of their reason, such as `InvalidApiKeyError`. */
  code?: string | undefined;
}

export interface RefusalReport {
  /** The newest rows that match the filter, newest first. */
  newest: NotedRefusal[];
  /** The number of refusals by class of key and error code, most frequent first. The filter does not apply. */
  counts: { key: Refusal['key']; code: string; times: number }[];
}

/** The log of rejected requests. */
export interface Refusals {
  /**
   * Records a refusal in memory; it reaches the disk within a few seconds. Equal refusals of one minute share a row.
   * After 200 different refusals in a minute, the rest of that minute shares a row per class, status and error code.
   * At least the newest 10,000 rows are kept.
   */
  add(refusal: Refusal): void;
  /** @param limit the number of rows in `newest` */
  report(limit: number, filter?: RefusalFilter): Promise<RefusalReport>;
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
  /** Event numbers below each page's highest that have not arrived. */
  missing: number;
}

/** Figures across all collections by time of arrival, for the dashboard. Keen's queries cannot express them. */
export interface Overview {
  /** The largest collection first. */
  collections(): Promise<CollectionSummary[]>;
  /**
   * Events per bucket and collection, oldest first, without empty buckets.
   * @param since milliseconds since 1970
   * @param width of a bucket, in milliseconds
   */
  arrivals(since: number, width: number): Promise<Bucket[]>;
  /** The newest events as JSON, newest first. */
  latestEvents(limit: number): Promise<{ collection: string; event: string }[]>;
  /**
   * Received and missing events by day, newest day first. Counts only events whose token is one of mailslot's.
   * @param since milliseconds since 1970
   */
  pages(since: number): Promise<DayOfPages[]>;
}

/**
 * The storage port: everything that the collector needs from its database. Only the engine behind it knows SQL, so
 * another engine can replace it.
 */
export interface Storage {
  /**
   * Stores events and resolves once they are committed to disk.
   * @returns for each event `true` if it was stored, or `false` if its collection got the same token in the last 31
   * days
   * @throws ApiError 503 if nothing was stored
   */
  append(events: NewEvent[]): Promise<boolean[]>;

  /**
   * Runs a query and yields its rows in chunks, because an extraction can be larger than memory.
   * @param signal aborts the query; the iterator then throws ApiError 503
   * @throws ApiError 400 for an invalid regular expression; 422 over the limit of memory or rows; 503 if too many
   * queries wait; 504 after the query timeout
   */
  query<Type extends keyof Rows>(query: Query & { type: Type }, signal?: AbortSignal): AsyncIterable<Rows[Type][]>;

  /**
   * Removes the selected events, or one property, with everything nested in it, from all events of a collection.
   * The schema loses a collection with its last event, and a removed property at once.
   * @throws ApiError 400 for an invalid regular expression, 422 over the memory limit
   */
  remove(target: Selection | { collection: string; property: string }): Promise<void>;

  /** Collection → property path → type, of all events ever stored and not removed. */
  schema(): ReadonlyMap<string, PropertyTypes>;

  keys: Keys;
  refusals: Refusals;
  overview: Overview;

  /** Whether the last `append` succeeded; `true` before the first. */
  healthy(): boolean;
  /** Resolves with the error after which the database can no longer be used; the process has to restart. */
  failed: Promise<Error>;
  /** Aborts running queries, completes pending writes, checkpoints, and closes the database file. */
  close(): Promise<void>;
}
