import { DAY_MS } from '../model/durations.ts';

// A Write key is public, so anyone can invent names. Events past these limits are stored, but the schema ignores their
// names.
/** Collections in the schema, and new ones on one day (UTC). Beyond them, a larger collection replaces a smaller one. */
export const MAX_COLLECTIONS = 5_000;
export const MAX_NEW_COLLECTIONS = 1_000;
/** Properties of one collection. */
export const MAX_COLLECTION_PROPERTIES = 10_000;
/** Properties of a collection that always have room. All further ones share a pool. */
export const OWN_PROPERTIES = 40;
/** Properties in the pool, and new ones on one day (UTC). */
export const MAX_POOL = 60_000;
export const MAX_NEW_POOL = 20_000;

/** Collections outside of the schema whose events are counted. */
const MAX_CANDIDATES = 10_000;
/** Replacements for one group of events. Each one looks for the smallest of all collections. */
const MAX_REPLACED = 20;

/** Decides which collections and properties have room in the schema. */
export interface SchemaShares {
  /** Counts an event of a collection. Returns whether the collection is in the schema, or has room in it. */
  countEvent(collection: string): boolean;
  /** Whether a collection with so many properties has room for one more, and takes it. */
  takeProperty(properties: number): boolean;
  /** Collections that have lost their place to larger ones since the last call of `begin`. */
  replaced(): string[];
  /** Begins a group of events, of which nothing is in the schema before `commit`. */
  begin(now: number): void;
  /** The schema has the collection with so many properties now. */
  set(collection: string, properties: number): void;
  /** The schema has lost the collection. */
  delete(collection: string): void;
}

/**
 * Counts events by collection in memory. A flood of names has few events for each, so a collection that is really used
 * soon has more, and takes the place of one of them.
 * @param counts events of the collections that are in the schema at the start
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createSchemaShares(counts: Map<string, number>): SchemaShares {
  const known = new Map(counts);
  const properties = new Map<string, number>();
  const candidates = new Map<string, number>();
  let day = 0;
  let newCollections = 0;
  let newInPool = 0;
  let pool = 0;
  /** No collection of the schema has fewer events than this. It spares most candidates a look at all of them. */
  let fewest = 0;
  // Of the current group.
  /** Collections that get into the schema with this group, with their events. */
  let admitted = new Map<string, number>();
  let taken = 0;
  let replaced: string[] = [];

  function begin(now: number): void {
    admitted = new Map();
    taken = 0;
    replaced = [];
    const today = Math.floor(now / DAY_MS);
    if (today === day) return;
    day = today;
    newCollections = 0;
    newInPool = 0;
  }

  function countEvent(collection: string): boolean {
    const count = known.get(collection);
    if (count !== undefined) {
      known.set(collection, count + 1);
      return !replaced.includes(collection);
    }
    const admittedCount = admitted.get(collection);
    if (admittedCount !== undefined) {
      admitted.set(collection, admittedCount + 1);
      return true;
    }
    if (known.size + admitted.size < MAX_COLLECTIONS && newCollections + admitted.size < MAX_NEW_COLLECTIONS) {
      admitted.set(collection, 1);
      return true;
    }
    return compete(collection);
  }

  /** Lets a collection in if it has got more events than the smallest one in the schema. */
  function compete(collection: string): boolean {
    if (candidates.size >= MAX_CANDIDATES) candidates.clear();
    const count = (candidates.get(collection) ?? 0) + 1;
    candidates.set(collection, count);
    // A first event is never enough, so a flood of names is not compared at all.
    if (count < 2 || count <= fewest || replaced.length >= MAX_REPLACED) return false;
    let smallest: string | undefined;
    let events = count;
    for (const [name, number] of known) {
      if (number >= events || replaced.includes(name)) continue;
      smallest = name;
      events = number;
    }
    if (smallest === undefined) {
      if (!replaced.length) fewest = count;
      return false;
    }
    replaced.push(smallest);
    admitted.set(collection, count);
    return true;
  }

  function takeProperty(count: number): boolean {
    if (count >= MAX_COLLECTION_PROPERTIES) return false;
    if (count < OWN_PROPERTIES) return true;
    if (pool + taken >= MAX_POOL || newInPool + taken >= MAX_NEW_POOL) return false;
    taken++;
    return true;
  }

  const inPool = (count: number) => Math.max(0, count - OWN_PROPERTIES);

  return {
    begin,
    countEvent,
    takeProperty,
    replaced: () => replaced,
    set(collection, count) {
      const added = inPool(count) - inPool(properties.get(collection) ?? 0);
      pool += added;
      if (day) newInPool += Math.max(0, added);
      properties.set(collection, count);
      if (known.has(collection)) return;
      // One that has replaced another is not new to the limit of the day.
      if (day && !candidates.delete(collection)) newCollections++;
      const events = admitted.get(collection) ?? 1;
      fewest = Math.min(fewest, events);
      known.set(collection, events);
    },
    delete(collection) {
      pool -= inPool(properties.get(collection) ?? 0);
      properties.delete(collection);
      known.delete(collection);
    },
  };
}
