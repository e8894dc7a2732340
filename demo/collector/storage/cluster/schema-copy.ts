import { setTimeout as sleep } from 'node:timers/promises';
import type { NewEvent } from '../../model/event.ts';
import type { PropertyTypes } from '../../model/property-types.ts';
import { type Catalogue, createCatalogue, type SchemaChange } from '../catalogue.ts';
import { retry } from './retry.ts';

const REFRESH_MS = 1_000;
/** A collector that starts with its cluster waits for the store. */
const START_TIMEOUT_MS = 30_000;
/** A property that this collector has sent may take so long to reach the store. */
const PENDING_MS = 10_000;

/** A collector's copy of the schema, a second old, with what it has sent itself. */
export interface SchemaCopy {
  schema(): ReadonlyMap<string, PropertyTypes>;
  findNew(events: NewEvent[]): Promise<SchemaChange>;
  /** Adds what the log has now. */
  add(change: SchemaChange): void;
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** @param read reads the schema from the store */
export async function openSchemaCopy(
  read: () => Promise<Map<string, PropertyTypes>>,
  now: () => number,
  onTrouble: (error: Error) => void,
): Promise<SchemaCopy> {
  const stopping = new AbortController();
  const catalogue: Catalogue = createCatalogue(new Map(), now);
  /** When this collector sent a property, by collection and path. */
  const sentAt = new Map<string, number>();

  async function refresh(): Promise<void> {
    const startedAt = performance.now();
    const stored = await read();
    const properties = [];
    for (const [collection, types] of stored)
      for (const [path, type] of types)
        if (catalogue.schema().get(collection)?.get(path) !== type) properties.push({ collection, path, type });
    catalogue.add({ properties, replaced: [] });
    for (const [key, at] of sentAt) if (at < startedAt - PENDING_MS) sentAt.delete(key);
    dropRemoved(stored);
  }

  /** Drops what another collector has removed. What it still gets is sent again then. */
  function dropRemoved(stored: Map<string, PropertyTypes>): void {
    for (const [collection, types] of catalogue.schema()) {
      const left = stored.get(collection);
      const isPending = (path: string) => sentAt.has(keyOf(collection, path));
      const gone = [...types.keys()].filter((path) => !left?.has(path) && !isPending(path));
      if (gone.length === types.size) catalogue.drop(collection);
      else for (const path of gone) if (types.has(path)) catalogue.drop(collection, path);
    }
  }

  async function keepFresh(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(REFRESH_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) await refresh().catch(onTrouble);
    }
  }

  await retry(START_TIMEOUT_MS, refresh);
  const running = keepFresh();
  return {
    schema: catalogue.schema,
    findNew: catalogue.findNew,
    add(change) {
      catalogue.add(change);
      for (const { collection, path } of change.properties) sentAt.set(keyOf(collection, path), performance.now());
    },
    refresh,
    async close() {
      stopping.abort();
      await running;
    },
  };
}

const keyOf = (collection: string, path: string) => `${collection}\0${path}`;
