import { createHash, randomBytes } from 'node:crypto';
import { CLUSTER, type ClickHouseServer } from '../../../scripts/cluster/clickhouse.mjs';
import { conflict } from '../model/errors.ts';
import type { NewEvent } from '../model/event.ts';
import { isObject } from '../model/json.ts';
import { type PropertyTypes, typeOf } from '../model/property-types.ts';
import type { Refusal } from '../model/refusal.ts';
import type { QueryLimits } from '../storage/cluster/errors.ts';
import type { Place } from '../storage/cluster/position.ts';
import { openStoreReader } from '../storage/cluster/reader.ts';
import type { Property, StoreWriter } from '../storage/cluster/store.ts';
import { createTables } from '../storage/cluster/tables.ts';
import { openStoreWriter } from '../storage/cluster/writer.ts';
import { createSemaphore } from '../storage/semaphore.ts';
import type { Keys, Storage } from '../storage/storage.ts';
import { memoryKeys } from './memory-keys.ts';

const LIMITS: QueryLimits = { seconds: 30, megabytes: 1024 };
const BORN = Date.UTC(2024, 0);

/**
 * The storage port on shards of one replica each. Instead of a log it has counters: each request becomes a record of
 * each of its partitions, and is stored before it is answered.
 */
export async function openClickHouse(
  shards: ClickHouseServer[],
  { limits = LIMITS, database = newDatabase(), partitions = 3 } = {},
): Promise<Storage> {
  const access = shards.map(({ url }) => ({ urls: [url], database }));
  await Promise.all(access.map((one) => createTables(one, CLUSTER)));
  const writers = await Promise.all(
    access.map((one) => openStoreWriter({ access: one, secret: 'of the tests', limits })),
  );
  const reader = await openStoreReader({ access: { urls: shards.map(({ url }) => url), database }, limits });
  const turn = createSemaphore(1);
  const seqs = new Map((await reader.offsets()).map(({ partition, seq }) => [partition, seq]));
  let schema = await reader.properties();
  const recorded = { stored: 0, repeats: 0 };
  let revision = 0;
  const refusals: Refusal[] = [];

  /** Gives a partition its next record. */
  async function next(partition: number, write: (writer: StoreWriter, place: Place) => Promise<void>): Promise<void> {
    const writer = writers[partition % writers.length]!;
    const place = { partition, born: BORN, seq: (seqs.get(partition) ?? 0) + 1 };
    await write(writer, place);
    await writer.advance(place);
    seqs.set(partition, place.seq);
    revision++;
  }

  async function append(events: NewEvent[]): Promise<void> {
    for (let partition = 0; partition < partitions; partition++) {
      const own = events.filter(({ collection, token, id }) => {
        const hash = createHash('md5').update(token === undefined ? id : `${collection}\0${token}`);
        return hash.digest().readUInt32BE() % partitions === partition;
      });
      if (!own.length) continue;
      const logged = own.map(({ json, ...event }) => ({ ...event, quoted: JSON.stringify(json) }));
      await next(partition, async (writer, { seq, ...log }) => {
        const done = await writer.record(log, [{ seq, events: logged, properties: newProperties(own, schema) }]);
        recorded.stored += done.stored;
        recorded.repeats += done.repeats;
      });
    }
    schema = await reader.properties();
  }

  async function remove(target: Parameters<Storage['remove']>[0]): Promise<void> {
    for (let partition = 0; partition < partitions; partition++)
      await next(partition, (writer, place) => writer.remove(place, target));
    schema = await reader.properties();
  }

  return {
    append: (events) => turn.run(() => append(events)),
    query: reader.query,
    remove: (target) => turn.run(() => remove(target)),
    schema: () => schema,
    keys: keysOf(database),
    refusals: {
      add: (refusal) => void refusals.push(refusal),
      async report(limit, filter) {
        const added = refusals.splice(0).map((refusal) => ({ ...refusal, times: 1 }));
        if (added.length) await turn.run(() => next(0, (writer, place) => writer.addRefusals(place, added)));
        return reader.refusals.report(limit, filter);
      },
    },
    overview: { ...reader.overview, recorded: () => ({ ...recorded }), revision: () => revision },
    async backup() {
      throw conflict('The tests have no backup of ClickHouse.');
    },
    secret: 'of the tests',
    size: () => ({ fileBytes: 0, logBytes: 0, waitingChars: 0 }),
    healthy: () => true,
    failed: new Promise(() => undefined),
    async close() {
      await Promise.all([reader, ...writers].map((one) => one.close()));
    },
  };
}

export const newDatabase = () => `test_${randomBytes(6).toString('hex')}`;

/** The properties of events that a schema does not have; a type replaces `null`. */
function newProperties(events: NewEvent[], schema: ReadonlyMap<string, PropertyTypes>): Property[] {
  const found = new Map<string, Property>();
  function visit(collection: string, object: object, prefix: string): void {
    for (const [name, value] of Object.entries(object)) {
      const path = prefix + name;
      if (isObject(value)) visit(collection, value, `${path}.`);
      else {
        const type = typeOf(value, path);
        const known = found.get(`${collection}\0${path}`)?.[2] ?? schema.get(collection)?.get(path);
        if (!known || (known === 'null' && type !== 'null'))
          found.set(`${collection}\0${path}`, [collection, path, type]);
      }
    }
  }
  for (const { collection, properties } of events) visit(collection, properties, '');
  return [...found.values()];
}

/** Keys by database, because ClickHouse has none. */
const keysByDatabase = new Map<string, Keys>();

function keysOf(database: string): Keys {
  const keys = keysByDatabase.get(database) ?? memoryKeys();
  keysByDatabase.set(database, keys);
  return keys;
}
