import type { DuckDBConnection } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import { isObject } from '../../model/json.ts';
import { type PropertyTypes, typeOf } from '../../model/property-types.ts';
import { mapInTurns } from '../../model/turns.ts';
import { appendRows } from './append-rows.ts';
import { rebuildTable } from './rebuild-table.ts';
import { createSchemaShares } from './schema-shares.ts';

interface Property {
  collection: string;
  path: string;
  type: string;
}

/** What a group of events changes in the schema. */
export interface SchemaChange {
  properties: Property[];
  /** Collections that lose their place to larger ones. Their events stay. */
  replaced: string[];
}

/** A node in the tree of a collection's properties. It can have both a type and children, of different events. */
interface Node {
  type?: string;
  children: Map<string, Node>;
}

/** The schema of all collections. It is updated with each stored event, so that reading it needs no scan. */
export interface Catalogue {
  schema(): ReadonlyMap<string, PropertyTypes>;
  /** Properties of these events that are not in the schema and have room in it. */
  findNew(events: NewEvent[]): Promise<SchemaChange>;
  /** Stores a change in the database, within the caller's transaction. */
  insert(connection: DuckDBConnection, change: SchemaChange): Promise<void>;
  /** Applies a change to the schema in memory. Call it once it is committed. */
  add(change: SchemaChange): void;
  /** Drops a collection, or one of its properties with everything nested in it. */
  drop(connection: DuckDBConnection, collection: string, path?: string): Promise<void>;
}

const MAX_PATH_CHARS = 512;

/** Loads the schema from the database. */
export async function openCatalogue(connection: DuckDBConnection, now: () => number): Promise<Catalogue> {
  const schema = new Map<string, PropertyTypes>();
  // The schema as a tree: a walk over an event can follow it without building the text of each path.
  const roots = new Map<string, Node>();
  const shares = createSchemaShares(await countEvents(connection));

  function add({ properties, replaced }: SchemaChange): void {
    for (const collection of replaced) forget(collection);
    const changed = new Set<string>();
    for (const { collection, path, type } of properties) {
      const types = schema.get(collection) ?? new Map<string, string>();
      schema.set(collection, types.set(path, type));
      nodeOf(collection, path).type = type;
      changed.add(collection);
    }
    for (const collection of changed) shares.set(collection, schema.get(collection)!.size);
  }

  function forget(collection: string): void {
    schema.delete(collection);
    roots.delete(collection);
    shares.delete(collection);
  }

  function nodeOf(collection: string, path: string): Node {
    // Splitting is safe: property names hold no dots.
    return path.split('.').reduce((node, name) => getOrCreate(node.children, name), getOrCreate(roots, collection));
  }

  async function findNew(events: NewEvent[]): Promise<SchemaChange> {
    const found = new Map<string, Property>();
    /** Properties that each collection will have. */
    const sizes = new Map<string, number>();
    let collection = '';
    shares.begin(now());

    function visit(object: Record<string, unknown>, node: Node | undefined, prefix: string): void {
      for (const name in object) {
        const value = object[name];
        const child = node?.children.get(name);
        if (isObject(value)) visit(value, child, `${prefix}${name}.`);
        else if (changesType(child?.type, value)) addFound(prefix + name, value);
      }
    }

    function addFound(path: string, value: unknown): void {
      if (path.length > MAX_PATH_CHARS) return;
      const key = `${collection}\0${path}`;
      const known = found.get(key);
      if (!changesType(known?.type, value)) return;
      const types = schema.get(collection);
      if (!known && !types?.has(path)) {
        const size = sizes.get(collection) ?? types?.size ?? 0;
        if (!shares.takeProperty(size)) return;
        sizes.set(collection, size + 1);
      }
      found.set(key, { collection, path, type: typeOf(value, path) });
    }

    await mapInTurns(events, (event) => {
      collection = event.collection;
      if (shares.countEvent(collection)) visit(event.properties as Record<string, unknown>, roots.get(collection), '');
    });
    const replaced = shares.replaced();
    const lost = new Set(replaced);
    return { properties: [...found.values()].filter((property) => !lost.has(property.collection)), replaced };
  }

  async function drop(from: DuckDBConnection, collection: string, path?: string): Promise<void> {
    const dropped = path === undefined ? 'true' : `(path = $2 OR starts_with(path, $2 || '.'))`;
    await rebuildTable(
      from,
      'properties',
      `SELECT * FROM properties WHERE NOT (collection = $1 AND ${dropped}) ORDER BY rowid`,
      path === undefined ? [collection] : [collection, path],
    );
    const types = schema.get(collection) ?? new Map<string, string>();
    for (const known of [...types.keys()]) {
      if (path !== undefined && known !== path && !known.startsWith(`${path}.`)) continue;
      types.delete(known);
    }
    if (path === undefined) return forget(collection);
    if (schema.has(collection)) shares.set(collection, types.size);
    roots.delete(collection);
    for (const [known, type] of types) nodeOf(collection, known).type = type;
  }

  // In the order of writing, because the row of a type that replaced `null` comes after the row with `null`.
  const stored = await connection.runAndReadAll('SELECT collection, path, type FROM properties ORDER BY rowid');
  const properties = stored.getRows().map(([collection, path, type]) => ({ collection, path, type }) as Property);
  add({ properties, replaced: [] });
  return { schema: () => schema, findNew, insert, add, drop };
}

/** The first type of a property stays, except `null`, which says nothing about the property [U]. */
const changesType = (known: string | undefined, value: unknown) =>
  known === undefined || (known === 'null' && value !== null);

/** Events of each collection of the schema. */
async function countEvents(connection: DuckDBConnection): Promise<Map<string, number>> {
  const rows = await connection.runAndReadAll(
    'SELECT collection, count(*) FROM events WHERE collection IN (SELECT collection FROM properties) GROUP BY 1',
  );
  return new Map(rows.getRows().map(([collection, events]) => [collection as string, Number(events)]));
}

async function insert(connection: DuckDBConnection, { properties, replaced }: SchemaChange): Promise<void> {
  for (const collection of replaced) await connection.run('DELETE FROM properties WHERE collection = $1', [collection]);
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
