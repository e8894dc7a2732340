import type { NewEvent } from '../model/event.ts';
import type { KeyChange, KeyEntry } from '../model/key-entry.ts';
import type { Bucket, CollectionSummaries, DayOfPages, LatestEvent, Misdated, Recorded } from '../model/overview.ts';
import type { PropertyTypes } from '../model/property-types.ts';
import type { Query, Rows, Selection } from '../model/query.ts';
import type { Refusal, RefusalFilter, RefusalReport } from '../model/refusal.ts';

/** The project's id and its keys. Only hashes of keys are stored. */
export interface Keys {
  /** Keys in order of creation. A new database has neither a project id nor keys. */
  read(): Promise<{ projectId?: string; keys: KeyEntry[] }>;
  /** Applies the whole change in one transaction, or nothing of it. Resolves once it is on disk. */
  write(change: KeyChange): Promise<void>;
  /**
   * Calls `changed` with all keys after each change, whichever process has made it, and before `write` resolves.
   * @returns ends the watch
   */
  watch(changed: (keys: KeyEntry[]) => void): () => void;
  /** Whether no change older than a second can be missing. A collector that is cut off from its cluster cannot know. */
  isCurrent(): boolean;
}

/** A copy of the whole database at one moment. */
export interface Backup {
  bytes: number;
  chunks: AsyncGenerator<Buffer>;
  /** Frees what the backup holds. Needed if `chunks` is never read; else its end does so. */
  end(): void;
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

/** Figures across all collections by time of arrival, for the dashboard. Keen's queries cannot express them. */
export interface Overview {
  /** The largest collections, largest first, and the sum of all others. */
  collections(limit: number): Promise<CollectionSummaries>;
  /**
   * Events per bucket and collection, oldest first, without empty buckets. All other collections share one row.
   * @param since milliseconds since 1970
   * @param width of a bucket, in milliseconds
   * @param collections the ones with rows of their own
   */
  arrivals(since: number, width: number, collections: string[]): Promise<Bucket[]>;
  /** The misdated events of one collection. */
  misdated(collection: string): Promise<Misdated>;
  /** Events that this process has stored, and repeats that it has dropped, since its start. */
  recorded(): Recorded;
  /** Changes with every event, refusal and removal, so that an idle dashboard need not read anything. */
  revision(): number;
  /** The newest events as JSON, newest first. */
  latestEvents(limit: number): Promise<LatestEvent[]>;
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
   * Stores events and resolves once they are committed to disk. An event is not stored again, but counted as a repeat, if
   * its collection got the same token in the last 31 days.
   * @throws DomainError ServiceUnavailableError if nothing was stored
   */
  append(events: NewEvent[]): Promise<void>;

  /**
   * Runs a query and yields its rows in chunks, because an extraction can be larger than memory.
   * @param signal aborts the query; the iterator then throws ServiceUnavailableError
   * @throws DomainError InvalidParameterError for an invalid regular expression; QueryTooLargeError over the limit of
   * memory or rows; QueryTimeoutError after the timeout; ServiceUnavailableError if too many queries wait
   */
  query<Type extends keyof Rows>(query: Query & { type: Type }, signal?: AbortSignal): AsyncIterable<Rows[Type][]>;

  /**
   * Removes the selected events, or one property, with everything nested in it, from all events of a collection.
   * The schema loses a collection with its last event, and a removed property at once.
   * @throws DomainError InvalidParameterError for an invalid regular expression, QueryTooLargeError over the memory
   * limit
   */
  remove(target: Selection | { collection: string; property: string }): Promise<void>;

  /** Collection → property path → type, of all events ever stored and not removed. */
  schema(): ReadonlyMap<string, PropertyTypes>;

  keys: Keys;
  refusals: Refusals;
  overview: Overview;

  /**
   * Begins a backup. Recording goes on, and none of its later events are in the backup.
   * @throws DomainError ConflictError if another one is running, ServiceUnavailableError if it cannot begin now
   */
  backup(): Promise<Backup>;

  /** Random, and the same for the life of the database. Signs what clients send back. */
  secret: string;

  /** Bytes on disk, and characters of JSON that wait for a commit. */
  size(): { fileBytes: number; logBytes: number; waitingChars: number };
  /** Whether the last write succeeded: of one file on its disk, of a cluster in a quorum. `true` before the first. */
  healthy(): boolean;
  /** Resolves with the error after which the database can no longer be used; the process has to restart. */
  failed: Promise<Error>;
  /** Aborts running queries, completes pending writes, checkpoints, and closes the database file. */
  close(): Promise<void>;
}
