import type { DuckDBConnection } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import { isObject } from '../../model/json.ts';
import { type PropertyTypes, typeOf } from '../../model/property-types.ts';
import { appendRows } from './append-rows.ts';

interface Property {
  collection: string;
  path: string;
  type: string;
}

/** A node in the tree of a collection's properties. It can have both a type and children, of different events. */
interface Node {
  type?: string;
  children: Map<string, Node>;
}

/** The schema of all collections. It is updated with each stored event, so that reading it needs no scan. */
export interface Catalogue {
  schema(): ReadonlyMap<string, PropertyTypes>;
  /** Properties of these events that are not in the schema. */
  findNew(events: NewEvent[]): Property[];
  /** Stores properties in the database, within the caller's transaction. */
  insert(connection: DuckDBConnection, properties: Property[]): Promise<void>;
  /** Adds properties to the schema in memory. Call it once they are committed. */
  add(properties: Property[]): void;
  /** Drops a collection, or one of its properties with everything nested in it. */
  drop(connection: DuckDBConnection, collection: string, path?: string): Promise<void>;
}

// A Write key is public, so anyone can invent names. Events past these limits are stored, but the schema ignores their
// names.
const MAX_PROPERTIES = 100_000;
const MAX_PATH_CHARS = 512;

/** Loads the schema from the database. */
export async function openCatalogue(connection: DuckDBConnection): Promise<Catalogue> {
  const schema = new Map<string, PropertyTypes>();
  // The schema as a tree: a walk over an event can follow it without building the text of each path.
  const roots = new Map<string, Node>();
  let size = 0;

  function add(properties: Property[]): void {
    for (const { collection, path, type } of properties) {
      const types = schema.get(collection) ?? new Map<string, string>();
      if (!types.has(path)) size++;
      schema.set(collection, types.set(path, type));
      nodeOf(collection, path).type = type;
    }
  }

  function nodeOf(collection: string, path: string): Node {
    // Splitting is safe: property names hold no dots.
    return path.split('.').reduce((node, name) => getOrCreate(node.children, name), getOrCreate(roots, collection));
  }

  function findNew(events: NewEvent[]): Property[] {
    const found = new Map<string, Property>();
    let collection = '';

    function visit(object: Record<string, unknown>, node: Node | undefined, prefix: string): void {
      for (const name in object) {
        const value = object[name];
        const child = node?.children.get(name);
        if (isObject(value)) visit(value, child, `${prefix}${name}.`);
        else if (changesType(child?.type, value)) addFound(prefix + name, value);
      }
    }

    function addFound(path: string, value: unknown): void {
      if (path.length > MAX_PATH_CHARS || size + found.size >= MAX_PROPERTIES) return;
      const key = `${collection}\0${path}`;
      if (changesType(found.get(key)?.type, value)) found.set(key, { collection, path, type: typeOf(value, path) });
    }

    for (const event of events) {
      collection = event.collection;
      visit(event.properties as Record<string, unknown>, roots.get(collection), '');
    }
    return [...found.values()];
  }

  async function drop(from: DuckDBConnection, collection: string, path?: string): Promise<void> {
    const dropped = path === undefined ? 'true' : `(path = $2 OR starts_with(path, $2 || '.'))`;
    await from.run(
      `DELETE FROM properties WHERE collection = $1 AND ${dropped}`,
      path === undefined ? [collection] : [collection, path],
    );
    const types = schema.get(collection) ?? new Map<string, string>();
    for (const known of [...types.keys()]) {
      if (path !== undefined && known !== path && !known.startsWith(`${path}.`)) continue;
      types.delete(known);
      size--;
    }
    if (path === undefined) schema.delete(collection);
    roots.delete(collection);
    for (const [known, type] of types) nodeOf(collection, known).type = type;
  }

  // In the order of writing, because the row of a type that replaced `null` comes after the row with `null`.
  const stored = await connection.runAndReadAll('SELECT collection, path, type FROM properties ORDER BY rowid');
  add(stored.getRows().map(([collection, path, type]) => ({ collection, path, type }) as Property));
  return { schema: () => schema, findNew, insert, add, drop };
}

/** The first type of a property stays, except `null`, which says nothing about the property [U]. */
const changesType = (known: string | undefined, value: unknown) =>
  known === undefined || (known === 'null' && value !== null);

async function insert(connection: DuckDBConnection, properties: Property[]): Promise<void> {
  if (!properties.length) return;
  await appendRows(connection, 'properties', properties, (appender, { collection, path, type }) => {
    for (const text of [collection, path, type]) appender.appendVarchar(text);
  });
}

function getOrCreate(nodes: Map<string, Node>, name: string): Node {
  const known = nodes.get(name);
  if (known) return known;
  const node: Node = { children: new Map() };
  nodes.set(name, node);
  return node;
}
