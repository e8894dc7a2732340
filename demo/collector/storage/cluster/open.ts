import { readFileSync } from 'node:fs';
import { SettingsError } from '../../model/settings-error.ts';
import type { Storage } from '../storage.ts';
import { type Access, openClient } from './client.ts';
import { openCluster } from './cluster.ts';
import { connectNats, type Nats, type NatsOptions } from './connection.ts';
import type { QueryLimits } from './errors.ts';
import { countRefused, openJetStream, openRefused, replicasFor, streamOf } from './jetstream.ts';
import { type ClusterKeys, openClusterKeys } from './keys.ts';
import { type Layout, partitionsOf, readLayout, setUpLog } from './layout.ts';
import { type Loader, startLoader } from './loader.ts';
import { openStoreReader } from './reader.ts';
import { addressOf, openReplica, remoteTables } from './replica.ts';
import { countBehind, createReplicas, type Replicas } from './replicas.ts';
import { type ClusterStatus, type ReplicaStatus, readPartition } from './status.ts';
import { createTables } from './tables.ts';
import { openStoreWriter } from './writer.ts';

/** The name of the shards in the configuration of ClickHouse (`remote_servers`). */
const CLUSTER = 'mailslot';

/** Where a cluster is, and how to get in. */
export interface ClusterSettings {
  natsServers: string[];
  natsCredentials?: string | undefined;
  natsUser?: string | undefined;
  natsPassword?: string | undefined;
  /** The replicas of each shard. */
  clickhouseUrls: string[][];
  clickhouseUser?: string | undefined;
  clickhousePassword?: string | undefined;
  /** Path of the certificate authority's file. */
  clusterCa?: string | undefined;
}

type OnTrouble = (error: Error) => void;

const natsOptions = (settings: ClusterSettings): NatsOptions => ({
  servers: settings.natsServers,
  credentials: settings.natsCredentials,
  user: settings.natsUser,
  password: settings.natsPassword,
  ca: settings.clusterCa,
});

const accessTo = (urls: string[], { clickhouseUser, clickhousePassword, clusterCa }: ClusterSettings): Access => ({
  urls,
  user: clickhouseUser,
  password: clickhousePassword,
  ca: clusterCa === undefined ? undefined : readFileSync(clusterCa),
});

/** Opens a collector's storage. @throws SettingsError if the cluster cannot be reached or has not been set up */
export async function openClusterStorage(
  settings: ClusterSettings,
  { now, limits, onTrouble }: { now: () => number; limits: QueryLimits; onTrouble: OnTrouble },
): Promise<Storage> {
  return openCluster({
    nats: natsOptions(settings),
    shards: settings.clickhouseUrls.length,
    openReplicas: (layout) => openReplicas(settings, layout, limits),
    now,
    onTrouble,
  });
}

async function openReplicas(settings: ClusterSettings, layout: Layout, limits: QueryLimits): Promise<Replicas> {
  const { clickhouseUrls: shards } = settings;
  const replicas = await Promise.all(
    shards.map((urls) => Promise.all(urls.map((url) => openReplica(accessTo([url], settings))))),
  );
  const openReader = async (urls: string[]) => {
    const access = accessTo(urls, settings);
    // With one shard, its replica has everything.
    if (urls.length === 1) return openStoreReader({ access, limits, source: (table) => table });
    const addresses = await Promise.all(urls.map((url) => addressOf(accessTo([url], settings))));
    return openStoreReader({ access, limits, source: remoteTables(addresses, access) });
  };
  return createReplicas({ shards: replicas, partitionsOf: (shard) => partitionsOf(layout, shard), openReader });
}

/** Opens the keys alone. */
export async function openKeysOfCluster(
  settings: ClusterSettings,
  onTrouble: OnTrouble,
): Promise<{ keys: ClusterKeys; close(): Promise<void> }> {
  const nats = await connectNats(natsOptions(settings));
  const { kv } = await readLayout(nats, settings.clickhouseUrls.length);
  const keys = await openClusterKeys(kv, onTrouble);
  return {
    keys,
    async close() {
      await keys.close();
      await nats.close();
    },
  };
}

/** Makes streams, bucket and tables. What is there stays. @returns the number of replicas of the log */
export async function setUpCluster(
  settings: ClusterSettings,
  partitions: number | undefined,
): Promise<{ layout: Layout; replicas: number }> {
  const nats = await connectNats(natsOptions(settings));
  try {
    const replicas = replicasFor(settings.natsServers.length);
    const { layout } = await setUpLog(nats, { partitions, shards: settings.clickhouseUrls.length, replicas });
    for (const url of settings.clickhouseUrls.flat()) await createTables(accessTo([url], settings), CLUSTER);
    return { layout, replicas };
  } finally {
    await nats.close();
  }
}

export interface RunningLoaders {
  stop(): Promise<void>;
  /** Resolves with the error after which only a restart or an operator can help. */
  failed: Promise<Error>;
}

/**
 * Starts a loader for each of these replicas.
 * @param urls replicas of the settings
 * @throws SettingsError for a URL that is no replica of the settings
 */
export async function startLoaders(
  settings: ClusterSettings,
  urls: string[],
  { limits, onTrouble }: { limits: QueryLimits; onTrouble: OnTrouble },
): Promise<RunningLoaders> {
  const places = urls.map((url) => ({
    url,
    shard: settings.clickhouseUrls.findIndex((replicas) => replicas.includes(url)),
  }));
  if (places.some(({ shard }) => shard < 0))
    throw new SettingsError('A loader takes a URL as it stands in CLICKHOUSE_URLS.');
  const nats: Nats = await connectNats(natsOptions(settings));
  const { layout } = await readLayout(nats, settings.clickhouseUrls.length);
  const log = openJetStream(nats.connection, nats, layout.partitions, onTrouble);
  const refuse = openRefused(nats.js);
  const loaders: Loader[] = [];
  for (const { url, shard } of places) {
    const writer = await openStoreWriter({ access: accessTo([url], settings), secret: layout.secret, limits });
    loaders.push(startLoader({ log, writer, partitions: partitionsOf(layout, shard), refuse, onTrouble }));
  }
  return {
    failed: Promise.race([nats.lost, ...loaders.map(({ failed }) => failed)]),
    async stop() {
      await Promise.all(loaders.map((loader) => loader.stop()));
      await nats.close();
    },
  };
}

/** What is where. A replica that cannot be reached is a line of its own; without the log there is no status. */
export async function readStatus(settings: ClusterSettings, onTrouble: OnTrouble): Promise<ClusterStatus> {
  const nats = await connectNats(natsOptions(settings));
  try {
    const { layout } = await readLayout(nats, settings.clickhouseUrls.length);
    const partitions = await Promise.all(
      layout.shards.map((_, partition) => readPartition(nats.jsm, streamOf(partition), partition)),
    );
    const replicas = settings.clickhouseUrls.flatMap((urls, shard) =>
      urls.map(async (url): Promise<ReplicaStatus> => {
        const writer = await openStoreWriter({
          access: accessTo([url], settings),
          secret: layout.secret,
          limits: STATUS_LIMITS,
        });
        try {
          const behind = countBehind(partitions, partitionsOf(layout, shard), await writer.offsets());
          return { shard, url, version: await versionOf(accessTo([url], settings)), behind };
        } catch (error) {
          onTrouble(error as Error);
          return { shard, url, version: undefined, behind: 0 };
        } finally {
          await writer.close();
        }
      }),
    );
    const { version } = nats.connection.info!;
    return { nats: version, partitions, refused: await countRefused(nats.jsm), replicas: await Promise.all(replicas) };
  } finally {
    await nats.close();
  }
}

const STATUS_LIMITS: QueryLimits = { seconds: 10, megabytes: 256 };

async function versionOf(access: Access): Promise<string> {
  const client = await openClient(access);
  try {
    const [row] = await client.readAll({ sql: 'SELECT version()', values: {} });
    return String(row![0]);
  } finally {
    await client.close();
  }
}

/** Where imports remember how far they are. */
export async function openProgress(settings: ClusterSettings) {
  const nats = await connectNats(natsOptions(settings));
  const kv = await nats.openBucket();
  return {
    /** @param id hex digits */
    read: async (id: string): Promise<number> => Number((await kv.get(`import.${id}`))?.string() ?? 0),
    write: async (id: string, last: number): Promise<void> => void (await kv.put(`import.${id}`, String(last))),
    close: () => nats.close(),
  };
}
