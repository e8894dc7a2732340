import type { Recorded } from '../../model/overview.ts';
import type { PropertyTypes } from '../../model/property-types.ts';
import type { Selection } from '../../model/query.ts';
import type { NotedRefusal } from '../../model/refusal.ts';
import type { Storage } from '../storage.ts';
import type { Place } from './position.ts';

/** An event on its way from the log into the store. */
export interface LoggedEvent {
  collection: string;
  token: string | undefined;
  id: string;
  /** Milliseconds since 1970. */
  timestamp: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** The event's JSON, as a JSON string. */
  quoted: string;
}

/** Collection, property path, type. */
export type Property = [collection: string, path: string, type: string];

/** A record of a partition's log that holds events. */
export interface EventRecord {
  /** 1 for the partition's first record. */
  seq: number;
  events: LoggedEvent[];
  /** Properties that their sender has not seen before. */
  properties: Property[];
}

/** Which events or which property to remove. */
export type RemovalTarget = Selection | { collection: string; property: string };

/**
 * One server of ClickHouse as a loader sees it. Each member is idempotent: a loader that has ended between a write and
 * `advance` does the same again, and a loader that does not know that another has taken its place does no harm.
 */
export interface StoreWriter {
  /** The last record of each partition that this server holds; partitions without any are missing. */
  offsets(): Promise<Place[]>;
  /**
   * Stores the events of records of one partition, in order. Drops and counts those whose token their collection has
   * stored in the 31 days before their arrival; this goes by the records, so it comes out the same each time.
   * @param log the partition, and when its log was made
   */
  record(log: Omit<Place, 'seq'>, records: EventRecord[]): Promise<Recorded>;
  /**
   * Removes from what the partition's records before this one have stored.
   * @throws DomainError as `Storage.remove` does
   */
  remove(place: Place, target: RemovalTarget): Promise<void>;
  /** Stores the refusals of a record. */
  addRefusals(place: Place, refusals: Omit<NotedRefusal, 'id'>[]): Promise<void>;
  /** Notes that everything up to this record is stored. */
  advance(place: Place): Promise<void>;
  close(): Promise<void>;
}

/** All shards as the port's reading half sees them: queries go to any server, which asks the others. */
export interface StoreReader extends Pick<Storage, 'query'> {
  overview: Omit<Storage['overview'], 'revision' | 'recorded'>;
  /** Collection → property path → type. Read anew at each call. */
  properties(): Promise<Map<string, PropertyTypes>>;
  refusals: Pick<Storage['refusals'], 'report'>;
  /** The last record of each partition that the store holds; partitions without any are missing. */
  offsets(): Promise<Place[]>;
  close(): Promise<void>;
}
