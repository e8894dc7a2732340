import type { NotedRefusal } from '../../model/refusal.ts';
import type { LogEnd } from './log.ts';
import type { LoggedEvent, Property, RemovalTarget } from './record.ts';

/** An event with its place in the log. Two rows with the same place are the same row. */
export interface PlacedEvent extends LoggedEvent {
  partition: number;
  seq: number;
}

/** Everything that a loader has read from the log and not yet stored. Storing it twice is the same as storing it once. */
export interface Batch {
  /** New events, without repeats. */
  events: PlacedEvent[];
  /** Events whose token their collection had within the 31 days before. They are counted and not stored. */
  repeats: PlacedEvent[];
  properties: Property[];
  refusals: { partition: number; seq: number; refusals: Omit<NotedRefusal, 'id'>[] }[];
}

/** A place in the log at which a loader removes events. */
export interface Removal {
  partition: number;
  /** Only events before it are removed. */
  seq: number;
  at: number;
  target: RemovalTarget;
}

/** A token and where it was met. */
export interface TokenQuery {
  partition: number;
  collection: string;
  token: string;
  createdAt: number;
}

/**
 * One replica of a shard, as its loader sees it. Each replica has all rows of its shard's partitions, and loads them
 * from the log itself.
 */
export interface Replica {
  /** Up to where each partition is stored; without an entry, nothing is. */
  offsets(): Promise<Map<number, LogEnd>>;
  /** Resolves once all of the batch is on disk. Runs before `writeOffsets` with the batch's places. */
  insert(batch: Batch): Promise<void>;
  writeOffsets(offsets: Map<number, LogEnd>): Promise<void>;
  /**
   * Of these tokens, the ones that their collection has stored or removed since, as `collection NUL token`.
   * Only rows at or before the stored offset count: a later one is what an interrupted batch has left.
   * @param stored the stored offset of each partition
   */
  findTokens(tokens: TokenQuery[], stored: Map<number, LogEnd>): Promise<Map<string, number>>;
  /** Removes events, and remembers their tokens. Resolves once no query sees them. */
  remove(removal: Removal): Promise<void>;
  /**
   * All tokens that can still make an event a repeat, for the loader's memory.
   * @param since milliseconds since 1970
   */
  readTokens(partitions: number[], since: number): AsyncIterable<StoredTokens>;
}

/** A chunk of stored tokens. */
export interface StoredTokens {
  /** The highest number of each page, and when its last event arrived. */
  pages: { page: string; highest: number; at: number }[];
  /** Tokens that are none of mailslot's. */
  tokens: { collection: string; token: string; at: number }[];
}
