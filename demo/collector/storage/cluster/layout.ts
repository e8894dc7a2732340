import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KV } from '@nats-io/kv';
import { SettingsError } from '../../model/settings-error.ts';
import type { Nats } from './connection.ts';
import { createStreams } from './jetstream.ts';

const KEY = 'layout';
/** A cluster that has just been started first elects leaders. */
const SETUP_TIMEOUT_MS = 60_000;
const RETRY_DELAY_MS = 250;
/** Enough for 64 shards. More partitions make smaller records, and the number of records is what costs. */
const DEFAULT_PARTITIONS = 64;

/** What never changes in the life of a cluster, and what all collectors must agree on. */
export interface Layout {
  /** The number of partitions. A token's partition depends on it, so it stays. */
  partitions: number;
  /** The shard of each partition, from 0. */
  shards: number[];
  /** Signs what clients send back. */
  secret: string;
}

/** The partitions of a shard. */
export const partitionsOf = ({ shards }: Layout, shard: number): number[] =>
  shards.flatMap((owner, partition) => (owner === shard ? [partition] : []));

/**
 * Makes the streams and the bucket, and stores the layout. Can be repeated: what is there stays.
 * @throws SettingsError if the cluster has another layout
 */
export async function setUpLog(
  nats: Nats,
  { partitions: wanted, shards, replicas }: { partitions: number | undefined; shards: number; replicas: number },
): Promise<{ kv: KV; layout: Layout }> {
  const kv = await retry(() => nats.createBucket(replicas));
  const stored = await retry(async () => {
    const known = await kv.get(KEY);
    if (known) return known.json<Layout>();
    const layout = newLayout(wanted ?? DEFAULT_PARTITIONS, shards);
    await kv.create(KEY, JSON.stringify(layout));
    return layout;
  });
  checkShards(stored, shards);
  if (wanted !== undefined && stored.partitions !== wanted)
    throw new SettingsError(`The cluster has ${stored.partitions} partitions, and their number cannot change.`);
  await retry(() => createStreams(nats.jsm, stored.partitions, replicas));
  return { kv, layout: stored };
}

const newLayout = (partitions: number, shards: number): Layout => ({
  partitions,
  shards: Array.from({ length: partitions }, (_, partition) => partition % shards),
  secret: randomBytes(32).toString('hex'),
});

/**
 * Reads the layout.
 * @throws SettingsError if the cluster has not been set up, or has another number of shards
 */
export async function readLayout(nats: Nats, shards: number): Promise<{ kv: KV; layout: Layout }> {
  const kv = await nats.openBucket();
  const entry = await kv.get(KEY).catch((error: Error & { code?: number }) => {
    // The bucket is missing.
    if (error.name === 'StreamNotFoundError' || error.code === 10059) return null;
    throw error;
  });
  if (!entry) throw new SettingsError('The cluster has not been set up: npm run collector -- cluster init');
  const layout = entry.json<Layout>();
  checkShards(layout, shards);
  return { kv, layout };
}

function checkShards({ shards }: Layout, given: number): void {
  const expected = Math.max(...shards) + 1;
  if (given !== expected)
    throw new SettingsError(`CLICKHOUSE_URLS names ${given} shards, and the cluster has ${expected}.`);
}

/** Repeats a task that a cluster without leaders refuses. */
async function retry<T>(task: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + SETUP_TIMEOUT_MS; ; await sleep(RETRY_DELAY_MS)) {
    try {
      return await task();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
