import type { NewEvent } from '../model/event.ts';
import type { KeyChange, KeyEntry } from '../model/key-entry.ts';
import type { Bucket, CollectionSummary, DayOfPages } from '../model/overview.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import type { Query, Rows, Selection } from '../model/query.ts';
import type { Refusal, RefusalFilter, RefusalReport } from '../model/refusal.ts';

/** The project's id and its keys, of which only hashes are stored. */
export interface Keys {
  /** Keys come oldest first. On first start there is nothing. */
  read(): Promise<{ projectId?: string; keys: KeyEntry[] }>;
  /** All of the change or nothing of it; on disk once it resolves. */
  write(change: KeyChange): Promise<void>;
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
   * @throws DomainError ServiceUnavailableError if nothing was stored
   */
  append(events: NewEvent[]): Promise<boolean[]>;

  /**
   * Answers a query, in rows of its type, a few at a time: an extraction may be larger than memory.
   * @param signal ends it, with an error, once nobody wants the answer any more
   * @throws DomainError InvalidParameterError for an invalid regular expression, QueryTooLargeError and QueryTimeoutError
   *   over a limit, ServiceUnavailableError if too many queries wait
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
