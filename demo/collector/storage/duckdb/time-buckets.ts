import { DAY_MS } from '../../model/durations.ts';

/** The width of a bucket. Narrower buckets keep fewer expired entries, but each bucket costs one more lookup. */
export const BUCKET_MS = 8 * DAY_MS;

/** Sets or maps by bucket of time, so that expired entries can be dropped bucket by bucket. */
export interface TimeBuckets<T> {
  /** The bucket of a time in milliseconds since 1970; created if it is missing. */
  at(time: number): T;
  all(): T[];
  /** Drops the buckets that ended before this time, in milliseconds since 1970. */
  dropBefore(time: number): void;
}

/** @param create makes an empty bucket */
export function createTimeBuckets<T>(create: () => T): TimeBuckets<T> {
  const buckets = new Map<number, T>();
  return {
    at(time) {
      const index = Math.floor(time / BUCKET_MS);
      const bucket = buckets.get(index) ?? create();
      buckets.set(index, bucket);
      return bucket;
    },
    all: () => [...buckets.values()],
    dropBefore(time) {
      for (const index of buckets.keys()) if ((index + 1) * BUCKET_MS <= time) buckets.delete(index);
    },
  };
}
