import { conflict, unavailable } from '../../model/errors.ts';
import type { NewEvent } from '../../model/event.ts';
import type { Query, Selection } from '../../model/query.ts';
import { mapInTurns } from '../../model/turns.ts';
import type { Storage } from '../storage.ts';
import { connectNats, type NatsOptions } from './connection.ts';
import { openJetStream } from './jetstream.ts';
import { openClusterKeys } from './keys.ts';
import { type Layout, readLayout } from './layout.ts';
import type { Log } from './log.ts';
import { partitionOf } from './partition.ts';
import { createPartitionWriter, type PartitionWriter } from './partition-writer.ts';
import { encodeEntry, encodeEvent } from './record.ts';
import { createRefusalLog } from './refusal-log.ts';
import type { Replicas } from './replicas.ts';
import { openSchemaCopy, type SchemaCopy } from './schema-copy.ts';
import type { Property, RemovalTarget, StoreReader } from './store.ts';

/** Characters of JSON that may wait in memory for the log. Above it, `append` throws 503. */
const MAX_WAITING_CHARS = 64_000_000;
/** A query waits this long for the store. */
const MAX_WAIT_MS = 2_000;
/** A removal has to pass every partition of every shard. */
const REMOVAL_TIMEOUT_MS = 60_000;

export interface ClusterOptions {
  nats: NatsOptions;
  /** The number of shards. */
  shards: number;
  openReplicas(layout: Layout): Promise<Replicas>;
  now: () => number;
  /** Is told about an error that the cluster gets over by itself. */
  onTrouble(error: Error): void;
}

/**
 * Opens the storage of one collector of a cluster. It holds nothing that another collector would miss.
 * @throws SettingsError if the cluster cannot be reached or has not been set up
 */
export async function openCluster({
  nats: options,
  shards,
  openReplicas,
  now,
  onTrouble,
}: ClusterOptions): Promise<Storage> {
  const nats = await connectNats(options);
  const { kv, layout } = await readLayout(nats, shards);
  const log = openJetStream(nats.connection, nats, layout.partitions, onTrouble);
  const keys = await openClusterKeys(kv, onTrouble);
  const replicas = await openReplicas(layout);
  const readSchema = async () => (await replicas.upTo([], 0)).properties();
  const schema = await openSchemaCopy(readSchema, now, onTrouble);
  const appender = createAppender(log, schema, onTrouble);
  const home = Math.floor(Math.random() * layout.partitions);
  const refusals = createRefusalLog(
    async (rows) => void (await log.append(home, encodeEntry({ kind: 'refusals', refusals: rows }))),
    onTrouble,
  );
  let revision = 0;

  /** A reader that sees everything acknowledged before the call. */
  async function fresh(): Promise<StoreReader> {
    const heads = await log.heads().catch((error: Error) => {
      onTrouble(error);
      throw unavailable('The log cannot be reached, so nobody knows whether the store has all events; ask again.');
    });
    return replicas.upTo(heads, MAX_WAIT_MS);
  }

  async function* query(query: Query, signal?: AbortSignal) {
    const reader = await fresh();
    yield* reader.query(query as Query & { type: 'analysis' }, signal);
  }

  async function remove(target: RemovalTarget): Promise<void> {
    // The loaders cannot tell anyone that the selection is invalid.
    if (!('property' in target)) await count(await fresh(), target);
    const entry = encodeEntry({ kind: 'removal', target });
    const heads = await log.heads();
    const places = await Promise.all(
      heads.map(async ({ born }, partition) => ({ born, seq: await log.append(partition, entry) })),
    ).catch((error: Error) => {
      onTrouble(error);
      throw unavailable('The removal did not reach every part of the log. Repeat it.');
    });
    await replicas.upTo(places, REMOVAL_TIMEOUT_MS);
    await schema.refresh();
    revision++;
  }

  return {
    async append(events) {
      revision++;
      await appender.append(events);
    },
    query: query as Storage['query'],
    remove,
    schema: schema.schema,
    keys,
    refusals: {
      add(refusal) {
        revision++;
        refusals.add(refusal);
      },
      async report(limit, filter) {
        await refusals.flush();
        return (await fresh()).refusals.report(limit, filter);
      },
    },
    overview: {
      collections: async (limit) => (await fresh()).overview.collections(limit),
      arrivals: async (since, width, collections) => (await fresh()).overview.arrivals(since, width, collections),
      latestEvents: async (limit) => (await fresh()).overview.latestEvents(limit),
      pages: async (since) => (await fresh()).overview.pages(since),
      misdated: async (collection) => (await fresh()).overview.misdated(collection),
      recorded: () => ({ stored: appender.acknowledged(), repeats: 0 }),
      revision: () => revision,
    },
    async backup() {
      throw conflict('The collector cannot back a cluster up. Use BACKUP of ClickHouse; see CLUSTER.md.');
    },
    secret: layout.secret,
    size: () => ({ fileBytes: 0, logBytes: 0, waitingChars: appender.waitingChars() }),
    healthy: appender.healthy,
    failed: nats.lost,
    async close() {
      await appender.idle();
      await refusals.end();
      await schema.close();
      await keys.close();
      await replicas.close();
      await nats.close();
    },
  };
}

/** Runs the selection, for its errors alone. */
async function count(reader: StoreReader, { collection, filters, timeframe }: Selection): Promise<void> {
  const selection = { collection, filters, timeframe };
  const measures = [{ metric: 'count' as const, filters: [] }];
  const rest = { groupBy: [], slices: undefined, order: [], limit: undefined };
  for await (const _ of reader.query({ type: 'analysis', ...selection, measures, ...rest }));
}

interface Appender {
  append(events: NewEvent[]): Promise<void>;
  waitingChars(): number;
  acknowledged(): number;
  healthy(): boolean;
  idle(): Promise<void>;
}

/** Appends events to the log, each to its partition. */
function createAppender(log: Log, schema: SchemaCopy, onTrouble: (error: Error) => void): Appender {
  const writers: PartitionWriter[] = Array.from({ length: log.partitions }, (_, partition) =>
    createPartitionWriter((bytes) => log.append(partition, bytes)),
  );
  const waitingChars = () => writers.reduce((sum, writer) => sum + writer.waitingChars(), 0);
  const running = new Set<Promise<void>>();
  let healthy = true;
  let acknowledged = 0;

  async function send(events: NewEvent[]): Promise<void> {
    const change = await schema.findNew(events);
    const parts = new Map<number, { lines: string[]; properties: Property[] }>();
    await mapInTurns(events, (event) => {
      const partition = partitionOf(event, log.partitions);
      let part = parts.get(partition);
      if (!part) parts.set(partition, (part = { lines: [], properties: [] }));
      part.lines.push(encodeEvent(event));
    });
    // With the first part. They are the same for all shards, so it does not matter where they are.
    const [first] = parts.values();
    first!.properties = change.properties.map(({ collection, path, type }): Property => [collection, path, type]);
    await Promise.all(
      [...parts].map(([partition, { lines, properties }]) => writers[partition]!.add(lines, properties)),
    );
    schema.add(change);
    acknowledged += events.length;
  }

  async function append(events: NewEvent[]): Promise<void> {
    if (!events.length) return;
    if (waitingChars() > MAX_WAITING_CHARS)
      throw unavailable('The collector has more events waiting than the log takes; send these again.');
    const sending = send(events);
    running.add(sending);
    try {
      await sending;
      healthy = true;
    } catch (error) {
      healthy = false;
      onTrouble(error as Error);
      throw unavailable('The events could not be written to the log; send them again.');
    } finally {
      running.delete(sending);
    }
  }

  return {
    append,
    waitingChars,
    acknowledged: () => acknowledged,
    healthy: () => healthy,
    async idle() {
      while (running.size) await Promise.allSettled(running);
    },
  };
}
