import type { DuckDBConnection } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import { isObject } from '../../model/json.ts';
import { type PropertyTypes, typeOf } from '../../model/property-types.ts';

interface Property {
  collection: string;
  path: string;
  type: string;
}

/** A place in a collection's events: the type of the values there, and what is inside of them where they are objects. */
interface Place {
  type?: string;
  inner: Map<string, Place>;
}

/** Which properties each collection has ever had. Learned from the events as they come, so that asking costs no scan. */
export interface Catalogue {
  schema(): ReadonlyMap<string, PropertyTypes>;
  /** Properties of these events that are not known yet. */
  unknown(events: NewEvent[]): Property[];
  store(connection: DuckDBConnection, properties: Property[]): Promise<void>;
  learn(properties: Property[]): void;
  /** Drops a collection, or a property of it with all that is inside. */
  forget(connection: DuckDBConnection, collection: string, path?: string): Promise<void>;
}

// A Write key is public, so anyone can invent names. Past these, events are stored all the same but the schema stays as it is.
const MAX_PROPERTIES = 100_000;
const MAX_PATH = 512;

export async function catalogue(connection: DuckDBConnection): Promise<Catalogue> {
  const schema = new Map<string, PropertyTypes>();
  // The same as a tree, along which events are walked without making the text of a single path.
  const places = new Map<string, Place>();
  let size = 0;

  function learn(properties: Property[]): void {
    for (const { collection, path, type } of properties) {
      const types = schema.get(collection) ?? new Map<string, string>();
      if (!types.has(path)) size++;
      schema.set(collection, types.set(path, type));
      placeOf(collection, path).type = type;
    }
  }

  function placeOf(collection: string, path: string): Place {
    // No property has a dot in its name.
    return path.split('.').reduce((place, name) => ensure(place.inner, name), ensure(places, collection));
  }

  /** The first type seen stays, but for null, which says nothing about a property [U]. */
  const isNews = (known: string | undefined, value: unknown) =>
    known === undefined || (known === 'null' && value !== null);

  function unknown(events: NewEvent[]): Property[] {
    const found = new Map<string, Property>();
    let collection = '';

    function visit(object: Record<string, unknown>, place: Place | undefined, prefix: string): void {
      for (const name in object) {
        const value = object[name];
        const inside = place?.inner.get(name);
        if (isObject(value)) visit(value, inside, `${prefix}${name}.`);
        else if (isNews(inside?.type, value)) note(prefix + name, value);
      }
    }

    function note(path: string, value: unknown): void {
      const key = `${collection}\0${path}`;
      if (path.length > MAX_PATH || size + found.size >= MAX_PROPERTIES || !isNews(found.get(key)?.type, value)) return;
      found.set(key, { collection, path, type: typeOf(value, path) });
    }

    for (const event of events) {
      collection = event.collection;
      visit(event.properties as Record<string, unknown>, places.get(collection), '');
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

  async function forget(from: DuckDBConnection, collection: string, path?: string): Promise<void> {
    const gone = path === undefined ? 'true' : `(path = $2 OR starts_with(path, $2 || '.'))`;
    await from.run(
      `DELETE FROM properties WHERE collection = $1 AND ${gone}`,
      path === undefined ? [collection] : [collection, path],
    );
    const types = schema.get(collection) ?? new Map<string, string>();
    for (const known of [...types.keys()]) {
      if (path !== undefined && known !== path && !known.startsWith(`${path}.`)) continue;
      types.delete(known);
      size--;
    }
    if (path === undefined) schema.delete(collection);
    places.delete(collection);
    for (const [known, type] of types) placeOf(collection, known).type = type;
  }

  // Rows come in the order they were written, so a type that replaced null comes after it.
  const stored = await connection.runAndReadAll('SELECT collection, path, type FROM properties ORDER BY rowid');
  learn(stored.getRows().map(([collection, path, type]) => ({ collection, path, type }) as Property));
  return { schema: () => schema, unknown, store, learn, forget };
}

function ensure(places: Map<string, Place>, name: string): Place {
  const known = places.get(name);
  if (known) return known;
  const place: Place = { inner: new Map() };
  places.set(name, place);
  return place;
}
