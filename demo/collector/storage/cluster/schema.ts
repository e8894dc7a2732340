import type { PropertyTypes } from '../../model/property-types.ts';
import { type Statement, statement } from './binding.ts';
import { allOf } from './tables.ts';

type ReadAll = (one: Statement) => Promise<unknown[][]>;

/** Partition → position in its log. */
type Positions = Map<number, bigint>;

interface Removal {
  /** Of the property; empty for events. */
  path: string;
  at: Positions;
}

/**
 * The schema. The type of a property is that of its earliest event, but for `null`. What was named before its removal, in
 * the log of the same partition, is left out. A removal of events counts if it has left none of the collection.
 */
export async function readSchema(readAll: ReadAll): Promise<Map<string, PropertyTypes>> {
  const [properties, removals] = await Promise.all([
    readAll(
      statement(
        () => `SELECT collection, path, type, part, toString(max(latest)), min(first) AS begun
          FROM ${allOf('properties')} GROUP BY collection, path, type, part
          ORDER BY type = 'null', begun, collection, path, type`,
      ),
    ),
    readRemovals(readAll),
  ]);
  const schema = new Map<string, PropertyTypes>();
  for (const [collection, path, type, part, latest] of properties as [string, string, string, number, string][]) {
    const isGone = (removal: Removal) =>
      (!removal.path || path === removal.path || path.startsWith(`${removal.path}.`)) &&
      BigInt(latest) < (removal.at.get(part) ?? 0n);
    if (removals.get(collection)?.some(isGone)) continue;
    const types = schema.get(collection) ?? new Map<string, string>();
    schema.set(collection, types);
    if (!types.has(path)) types.set(path, type);
  }
  return schema;
}

async function readRemovals(readAll: ReadAll): Promise<Map<string, Removal[]>> {
  const rows = await readAll(
    statement(
      () => `SELECT collection, path, part, toString(max(position)) FROM ${allOf('removals')}
        GROUP BY collection, path, part`,
    ),
  );
  const removals = new Map<string, Removal[]>();
  for (const [collection, path, part, position] of rows as [string, string, number, string][]) {
    const own = removals.get(collection) ?? [];
    removals.set(collection, own);
    let removal = own.find((one) => one.path === path);
    if (!removal) own.push((removal = { path, at: new Map() }));
    removal.at.set(part, BigInt(position));
  }
  const ofEvents = [...removals.keys()].filter((name) => removals.get(name)!.some(({ path }) => !path));
  for (const collection of await withOlderEvents(readAll, ofEvents, removals))
    removals.set(
      collection,
      removals.get(collection)!.filter(({ path }) => path),
    );
  return removals;
}

/** Of the collections of which events were removed, those that have others from before that. */
async function withOlderEvents(
  readAll: ReadAll,
  collections: string[],
  removals: Map<string, Removal[]>,
): Promise<Set<string>> {
  const older = new Set<string>();
  if (!collections.length) return older;
  const rows = await readAll(
    statement(
      (bind) => `SELECT collection, part, toString(min(position)) FROM ${allOf('events')}
        WHERE collection IN ${bind(collections, 'Array(String)')} GROUP BY collection, part`,
    ),
  );
  for (const [collection, part, position] of rows as [string, number, string][]) {
    const removed = removals.get(collection)!.find(({ path }) => !path)!;
    if (BigInt(position) < (removed.at.get(part) ?? 0n)) older.add(collection);
  }
  return older;
}
