import type { NewEvent } from '../model/event.ts';
import { isObject } from '../model/json.ts';
import { type PropertyTypes, typeOf } from '../model/property-types.ts';
import { mapInTurns } from '../model/turns.ts';
import { createSchemaShares } from './schema-shares.ts';

export interface Property {
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

/** The schema of all collections in memory. It is updated with each event, so that reading it needs no scan. */
export interface Catalogue {
  schema(): ReadonlyMap<string, PropertyTypes>;
  /** Properties of these events that are not in the schema and have room in it. */
  findNew(events: NewEvent[]): Promise<SchemaChange>;
  /** Applies a change. Call it once it is stored. */
  add(change: SchemaChange): void;
  /** Drops a collection, or one of its properties with everything nested in it. */
  drop(collection: string, path?: string): void;
}

const MAX_PATH_CHARS = 512;

/**
 * An empty schema.
 * @param counts events of the collections that will be in the schema from the start
 */
export function createCatalogue(counts: Map<string, number>, now: () => number): Catalogue {
  const schema = new Map<string, PropertyTypes>();
  // The schema as a tree: a walk over an event can follow it without building the text of each path.
  const roots = new Map<string, Node>();
  const shares = createSchemaShares(counts);

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

  function drop(collection: string, path?: string): void {
    const types = schema.get(collection) ?? new Map<string, string>();
    for (const known of [...types.keys()]) {
      if (path !== undefined && known !== path && !known.startsWith(`${path}.`)) continue;
      types.delete(known);
    }
    if (path === undefined) {
      forget(collection);
      return;
    }
    if (schema.has(collection)) shares.set(collection, types.size);
    roots.delete(collection);
    for (const [known, type] of types) nodeOf(collection, known).type = type;
  }

  return { schema: () => schema, findNew, add, drop };
}

/** The first type of a property stays, except `null`, which says nothing about the property [U]. */
const changesType = (known: string | undefined, value: unknown) =>
  known === undefined || (known === 'null' && value !== null);

function getOrCreate(nodes: Map<string, Node>, name: string): Node {
  const known = nodes.get(name);
  if (known) return known;
  const node: Node = { children: new Map() };
  nodes.set(name, node);
  return node;
}
