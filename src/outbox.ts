import { type Item, timePart } from './event.ts';
import type { Settings } from './options.ts';
import { openStore } from './store.ts';
import type { Outcome, ProblemCode } from './types.ts';

/** Tells of a problem; `count` is how many events were given up for it. */
export type Report = (code: ProblemCode, count: number, detail?: object) => void;

/**
 * What waits: in the store, which all tabs share, and in memory, where this page's own events stay until they are
 * settled. A page sends its own from memory, also in its last moment; the store is for whoever comes after it. Memory is all there is
 * while the store may not (consent) or cannot be used. No network and no DOM in here.
 */
export function createQueue(name: string, { durability, maxQueue, maxAge }: Settings, allowed: () => boolean, report: Report) {
  const [put, read, removeStored, trimStore, purgeStore] = openStore(name, durability);
  const memory = new Map<string, Item>();
  /** Not yet handed to the store. */
  let fresh: Item[] = [];
  /** The write of this task, which all of its events share. */
  let writing: Promise<Outcome> | undefined;
  /** The store may not or cannot be used, until something changes; memory has what it does not. */
  let held = !allowed();
  /** How many more fit, by the last count; other tabs add too, so it is counted again when it runs out. */
  let room = 0;
  /** What was under way when one began must not bring anything back. */
  let purges = 0;

  /** Said once, until the store works again. */
  let told = false;
  const trouble = (error: unknown) => {
    if (!told) report('storage', 0, { error });
    told = held = true;
  };

  /** Gives these up, wherever else they may be. */
  const evict = (ids: string[]) => {
    for (const id of ids) memory.delete(id);
    if (ids[0]) report('evicted', ids.length);
  };

  /** When an event would now be too old, as the start of an id. */
  const oldest = () => timePart(Date.now() - maxAge);

  /** Gives up what is too old or too much; resolves with how many are stored. */
  const trim = () =>
    trimStore(oldest(), maxQueue, (keys, left, last) => {
      // Memory has more: what could not be stored, and what somebody has cleared from the store.
      evict([...new Set([...(keys as string[]), ...memory.keys()].filter((id) => id <= last))]);
      room = maxQueue - left;
      return left;
    });

  const write = async (): Promise<Outcome> => {
    writing = undefined;
    const items = fresh;
    const born = purges;
    fresh = [];
    held ||= !allowed();
    try {
      if (!held) {
        if (!(await put(items, () => allowed() && born === purges))) {
          // Consent has changed meanwhile, perhaps more than once.
          if (born !== purges) return 'dropped';
          fresh.push(...items);
          return write();
        }
        told = false;
        if ((room -= items.length) < 0) await trim();
        return 'stored';
      }
    } catch (error) {
      trouble(error);
    }
    evict([...memory.keys()].slice(0, -maxQueue));
    return 'held';
  };

  /** Settled: takes events out of memory and out of the store. */
  const remove = async (items: Item[]) => {
    for (const [id] of items) memory.delete(id);
    if (items[0] && !held) await removeStored(items).catch(trouble);
  };

  return [
    memory,

    /** add: resolves once the event is stored, or held where it cannot be. All events of a task share one transaction. */
    (item: Item): Promise<Outcome> => {
      memory.set(item[0], item);
      fresh.push(item);
      return (writing ??= Promise.resolve().then(write));
    },

    /** persist: brings to the store what is in memory, now that it may or may again be used. */
    () => {
      if (held) fresh = [...memory.values()];
      held = false;
      room = -1;
      return write();
    },

    /**
     * peek: the oldest stored events behind `after`, at most `limit`, without those that are in memory already; and where to go on,
     * undefined when that was all. They are in memory then, so that whatever happens to memory happens to them.
     */
    async (after: string, limit: number): Promise<[items: Item[], next?: string | undefined]> => {
      const born = purges;
      try {
        const [page, next] = held ? [[]] : await read(after, limit);
        const items = page.filter((item): item is Item => Array.isArray(item) && !!item[2] && !memory.has(item[0]));
        if (born !== purges) return [[]];
        for (const item of items) memory.set(item[0], item);
        return [items, next];
      } catch (error) {
        trouble(error);
        return [[]];
      }
    },

    /** alive: those that are still to be sent; gives up what has become too old. */
    (items: Item[]): Item[] => {
      const limit = oldest();
      const old = items.filter(([id]) => memory.has(id) && id < limit);
      evict(old.map(([id]) => id));
      remove(old);
      return items.filter(([id]) => memory.has(id));
    },

    remove,

    /** purge: everything goes, the stored too. */
    () => {
      memory.clear();
      fresh = [];
      purges++;
      // Whatever is still under way must not bring the database back.
      held = true;
      return purgeStore().catch(trouble);
    },

    /** size */
    async () => (await writing, held ? memory.size : trim().catch(() => memory.size)),
  ] as const;
}
