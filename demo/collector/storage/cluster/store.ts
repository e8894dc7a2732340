import type { Selection } from '../../model/query.ts';
import type { NotedRefusal } from '../../model/refusal.ts';
import type { Storage } from '../storage.ts';

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
  /** The record's place in its partition: 1 for the first one. */
  seq: number;
  events: LoggedEvent[];
  /** Properties that their sender has not seen before. */
  properties: Property[];
}

/** How far a replica of a shard has read the log of a partition. */
export interface Offset {
  partition: number;
  /** When the log of the partition was made, in milliseconds since 1970. */
  born: number;
  /** The last record that the store holds. */
  seq: number;
}

/** Which events or which property to remove. */
export type RemovalTarget = Selection | { collection: string; property: string };

/**
 * One server of ClickHouse as a loader sees it. Each member is idempotent: a loader that has ended between a write and
 * `advance` does the same again, and a loader that does not know that another has taken its place does no harm.
 */
export interface StoreWriter {
  /** The last record of each partition that this server holds; partitions without any are missing. */
  offsets(): Promise<Offset[]>;
  /**
   * Stores the events of records of one partition, in order. Drops and counts those whose token their collection has
   * stored in the 31 days before their arrival; this goes by the records, so it comes out the same each time.
   * @returns how many events are new, and how many are repeats
   */
  record(partition: number, records: EventRecord[]): Promise<{ stored: number; repeats: number }>;
  /** Removes from what the records before `seq` have stored. @throws DomainError as `Storage.remove` does */
  remove(partition: number, seq: number, target: RemovalTarget): Promise<void>;
  /** Stores a record's refusals. @param seq of the record */
  addRefusals(partition: number, seq: number, refusals: Omit<NotedRefusal, 'id'>[]): Promise<void>;
  /** Notes that everything up to this record is stored. */
  advance(offset: Offset): Promise<void>;
  close(): Promise<void>;
}

/** All shards as the port's reading half sees them: queries go to any server, which asks the others. */
export interface StoreReader extends Pick<Storage, 'query'> {
  overview: Omit<Storage['overview'], 'revision' | 'recorded'>;
  /** Collection → property path → type. Read anew at each call. */
  properties(): Promise<Map<string, Map<string, string>>>;
  refusals(
    limit: number,
    filter?: import('../../model/refusal.ts').RefusalFilter,
  ): ReturnType<Storage['refusals']['report']>;
  /** The last record of each partition that every replica in use holds. */
  offsets(): Promise<Offset[]>;
  close(): Promise<void>;
}
