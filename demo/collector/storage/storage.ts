import type { KeyClass, KeyHashes } from '../keys/keys.ts';
import type { CountQuery, ExtractionQuery } from '../queries/query.ts';
import type { PropertyTypes } from '../recording/validate.ts';

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
  types: PropertyTypes;
}

/** Who the project is and which keys open it. */
export interface Identity {
  projectId?: string;
  hashes: Partial<KeyHashes>;
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
  key: KeyClass | 'unknown' | 'none';
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
  /** Whether the last `append` could write. */
  healthy(): boolean;

  count(query: CountQuery): Promise<number>;
  /** The JSON text of each event, in order of arrival, or newest first where the query has a limit. */
  extract(query: ExtractionQuery): AsyncIterable<string[]>;

  /** Collection → property path → type. */
  schema(): ReadonlyMap<string, PropertyTypes>;

  /** The stored project id and key hashes; absent on first start. */
  identity(): Promise<Identity>;
  setIdentity(identity: Required<Identity>): Promise<void>;

  /** Notes a refusal without making anyone wait for the disk. The newest 10,000 are kept. */
  refuse(refusal: Refusal): void;

  /** What the dashboard shows. */
  collections(): Promise<CollectionSummary[]>;
  arrivals(since: number, width: number): Promise<Bucket[]>;
  latestEvents(limit: number): Promise<{ collection: string; event: string }[]>;
  refusals(limit: number): Promise<{ total: number; newest: Refusal[] }>;

  /** Finishes what was begun, writes everything into the database file and closes it. */
  close(): Promise<void>;
}
