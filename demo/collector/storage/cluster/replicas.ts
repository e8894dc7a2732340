import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '../../model/errors.ts';
import type { LogEnd } from './log.ts';
import type { Place } from './position.ts';
import type { StoreReader } from './store.ts';

const POLL_MS = 15;

/** One server of ClickHouse, for what only it can say. */
export interface Replica {
  url: string;
  /** Up to where this replica itself has loaded the log. @throws if it cannot be reached in time */
  offsets(): Promise<Place[]>;
  close(): Promise<void>;
}

/** The replicas of all shards. */
export interface Replicas {
  /**
   * Resolves with a reader of one replica of each shard, all of which have these places of the log. A replica that lags
   * is not asked, because its counts would be too small.
   * @param places by partition
   * @throws DomainError ServiceUnavailableError if a shard has no such replica after `timeoutMs`
   */
  upTo(places: LogEnd[], timeoutMs: number): Promise<StoreReader>;
  close(): Promise<void>;
}

export interface ReplicasOptions {
  /** The replicas of each shard. */
  shards: Replica[][];
  /** The partitions of a shard. */
  partitionsOf(shard: number): number[];
  /** Opens a reader of these replicas, one of each shard. */
  openReader(urls: string[]): Promise<StoreReader>;
}

export function createReplicas({ shards, partitionsOf, openReader }: ReplicasOptions): Replicas {
  const partitions = shards.map((_, shard) => partitionsOf(shard));
  /** The replica of each shard that was used last. Different collectors begin with different ones. */
  const preferred = shards.map((replicas) => Math.floor(Math.random() * replicas.length));
  const readers = new Map<string, Promise<StoreReader>>();

  /** A replica of the shard that has the places; else, how many records are missing in the best one. */
  async function find(shard: number, places: LogEnd[]): Promise<Replica | { behind: number }> {
    const replicas = shards[shard]!;
    let behind = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < replicas.length; tries++) {
      const index = (preferred[shard]! + tries) % replicas.length;
      const missing = await missingIn(replicas[index]!, partitions[shard]!, places);
      behind = Math.min(behind, missing);
      if (missing) continue;
      preferred[shard] = index;
      return replicas[index]!;
    }
    return { behind };
  }

  function readerOf(urls: string[]): Promise<StoreReader> {
    const key = urls.join();
    let reader = readers.get(key);
    if (!reader) {
      reader = openReader(urls);
      readers.set(key, reader);
      reader.catch(() => readers.delete(key));
    }
    return reader;
  }

  return {
    async upTo(places, timeoutMs) {
      for (const deadline = performance.now() + timeoutMs; ; await sleep(POLL_MS)) {
        const found = await Promise.all(shards.map((_, shard) => find(shard, places)));
        const behind = found.flatMap((one) => ('behind' in one ? [one.behind] : []));
        if (!behind.length) return readerOf(found.map((one) => (one as Replica).url));
        if (performance.now() > deadline) throw explain(Math.max(...behind));
      }
    },
    async close() {
      for (const reader of readers.values()) await (await reader).close();
      await Promise.all(shards.flat().map((replica) => replica.close()));
    },
  };
}

const explain = (behind: number) =>
  unavailable(
    Number.isFinite(behind)
      ? `The event store is ${behind} records behind the log. Nothing is lost; ask again.`
      : 'A part of the event store cannot be reached; ask again.',
  );

/** Records up to these places that a replica does not have; infinitely many if it does not answer. */
async function missingIn(replica: Replica, partitions: number[], places: LogEnd[]): Promise<number> {
  try {
    return countBehind(places, partitions, await replica.offsets());
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * Records of some partitions, up to these places, that are not stored.
 * @param places by partition; without any, nothing is missing
 */
export function countBehind(places: LogEnd[], partitions: number[], offsets: Place[]): number {
  const stored = new Map(offsets.map((offset) => [offset.partition, offset]));
  return partitions.reduce((sum, partition) => {
    const place = places[partition];
    const offset = stored.get(partition);
    return place ? sum + Math.max(0, place.seq - (offset?.born === place.born ? offset.seq : 0)) : sum;
  }, 0);
}
