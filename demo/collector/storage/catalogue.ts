import { type DuckDBConnection } from '@duckdb/node-api';
import type { PropertyTypes } from '../recording/validate.ts';
import type { NewEvent } from './storage.ts';

interface Property {
  collection: string;
  path: string;
  type: string;
}

/** Which properties each collection has ever had. Learned from the events as they come, so that asking costs no scan. */
export interface Catalogue {
  schema(): ReadonlyMap<string, PropertyTypes>;
  /** Properties of these events that are not known yet. */
  unknown(events: NewEvent[]): Property[];
  store(connection: DuckDBConnection, properties: Property[]): Promise<void>;
  learn(properties: Property[]): void;
}

// A Write key is public, so anyone can invent names. Past these, events are stored all the same but the schema stays as it is.
const MAX_PROPERTIES = 100_000;
const MAX_PATH = 512;

export async function catalogue(connection: DuckDBConnection): Promise<Catalogue> {
  const schema = new Map<string, Map<string, string>>();
  let size = 0;

  function learn(properties: Property[]): void {
    for (const { collection, path, type } of properties) {
      const types = schema.get(collection) ?? new Map<string, string>();
      if (!types.has(path)) size++;
      schema.set(collection, types.set(path, type));
    }
  }

  /** The first type seen stays, but for null, which says nothing about a property [U]. */
  const isNews = (known: string | undefined, type: string) => known === undefined || (known === 'null' && type !== 'null');

  function unknown(events: NewEvent[]): Property[] {
    const found = new Map<string, Property>();
    for (const { collection, types } of events) {
      const known = schema.get(collection);
      for (const [path, type] of types) {
        if (path.length > MAX_PATH || !isNews(known?.get(path), type)) continue;
        const key = `${collection}\0${path}`;
        if (size + found.size < MAX_PROPERTIES && isNews(found.get(key)?.type, type)) found.set(key, { collection, path, type });
      }
    }
    return [...found.values()];
  }

  async function store(into: DuckDBConnection, properties: Property[]): Promise<void> {
    if (!properties.length) return;
    const appender = await into.createAppender('properties');
    try {
      for (const { collection, path, type } of properties) {
        for (const text of [collection, path, type]) appender.appendVarchar(text);
        appender.endRow();
      }
    } finally {
      appender.closeSync();
    }
  }

  // Rows come in the order they were written, so a type that replaced null comes after it.
  const stored = await connection.runAndReadAll('SELECT collection, path, type FROM properties ORDER BY rowid');
  learn(stored.getRows().map(([collection, path, type]) => ({ collection, path, type }) as Property));
  return { schema: () => schema, unknown, store, learn };
}
