import { randomBytes } from 'node:crypto';
import type { KV } from '@nats-io/kv';
import { SettingsError } from '../../model/settings-error.ts';
import type { Nats } from './connection.ts';
import { createStreams } from './jetstream.ts';
import { retry } from './retry.ts';

const KEY = 'layout';
/** A cluster that has just been started first elects leaders. */
const SETUP_TIMEOUT_MS = 60_000;
const START_TIMEOUT_MS = 30_000;
/** JetStream's code for it. */
const STREAM_NOT_FOUND = 10059;
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
  const kv = await retry(SETUP_TIMEOUT_MS, () => nats.createBucket(replicas));
  const stored = await retry(SETUP_TIMEOUT_MS, async () => {
    const known = await kv.get(KEY);
    if (known) return known.json<Layout>();
    const layout = newLayout(wanted ?? DEFAULT_PARTITIONS, shards);
    await kv.create(KEY, JSON.stringify(layout));
    return layout;
  });
  checkShards(stored, shards);
  if (wanted !== undefined && stored.partitions !== wanted)
    throw new SettingsError(`The cluster has ${stored.partitions} partitions, and their number cannot change.`);
  await retry(SETUP_TIMEOUT_MS, () => createStreams(nats.jsm, stored.partitions, replicas));
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
  const found = await retry(START_TIMEOUT_MS, () => findLayout(nats));
  if (!found) throw new SettingsError('The cluster has not been set up: npm run collector -- cluster init');
  checkShards(found.layout, shards);
  return found;
}

/** @returns `undefined` if there is no bucket, or no layout in it */
async function findLayout(nats: Nats): Promise<{ kv: KV; layout: Layout } | undefined> {
  try {
    const kv = await nats.openBucket();
    const entry = await kv.get(KEY);
    return entry ? { kv, layout: entry.json<Layout>() } : undefined;
  } catch (error) {
    const { name, code } = error as Error & { code?: number };
    if (name === 'StreamNotFoundError' || code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

function checkShards({ shards }: Layout, given: number): void {
  const expected = Math.max(...shards) + 1;
  if (given !== expected)
    throw new SettingsError(`CLICKHOUSE_URLS names ${given} shards, and the cluster has ${expected}.`);
}
