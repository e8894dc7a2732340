import type { PropertyTypes } from '../../model/property-types.ts';
import { type Statement, statement } from './binding.ts';
import { allOf } from './tables.ts';

interface Removal {
  /** Of the property; empty for events. */
  path: string;
  /** Milliseconds since 1970. */
  at: number;
}

/**
 * The schema. The type of a property is that of its earliest event, but for `null`. What was seen last before its removal
 * is left out, and so is a collection without events.
 */
export async function readSchema(
  readAll: (one: Statement) => Promise<unknown[][]>,
): Promise<Map<string, PropertyTypes>> {
  const [properties, removals] = await Promise.all([
    readAll(
      statement(
        () => `SELECT collection, path, argMin(type, (type = 'null', first)), max(latest), min(first) AS begun
          FROM ${allOf('properties')} GROUP BY collection, path ORDER BY begun, collection, path`,
      ),
    ),
    readAll(statement(() => `SELECT collection, path, max(at) FROM ${allOf('removals')} GROUP BY collection, path`)),
  ]);
  const removed = new Map<string, Removal[]>();
  for (const [collection, path, at] of removals as [string, string, number][])
    removed.set(collection, [...(removed.get(collection) ?? []), { path, at }]);
  const empty = await emptyOf(readAll, removed);
  const schema = new Map<string, PropertyTypes>();
  for (const [collection, path, type, latest] of properties as [string, string, string, number][]) {
    const isGone = (removal: Removal) =>
      latest <= removal.at && (path === removal.path || path.startsWith(`${removal.path}.`));
    if (empty.has(collection) || removed.get(collection)?.some(isGone)) continue;
    const types = schema.get(collection) ?? new Map<string, string>();
    schema.set(collection, types.set(path, type));
  }
  return schema;
}

/** Of the collections of which events were removed, those that have none left. */
async function emptyOf(
  readAll: (one: Statement) => Promise<unknown[][]>,
  removed: Map<string, Removal[]>,
): Promise<Set<string>> {
  const candidates = [...removed].flatMap(([collection, all]) => (all.some(({ path }) => !path) ? [collection] : []));
  if (!candidates.length) return new Set();
  const rows = await readAll(
    statement(
      (bind) =>
        `SELECT DISTINCT collection FROM ${allOf('events')} WHERE collection IN ${bind(candidates, 'Array(String)')}`,
    ),
  );
  const left = new Set(rows.map(([collection]) => collection));
  return new Set(candidates.filter((collection) => !left.has(collection)));
}
