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
  let fresh: Item[] = [];
  /** The write of this task, which all of its events share. */
  let writing: Promise<Outcome> | undefined;
  /** The store may not or cannot be used, until something changes; memory has what it does not. */
  let held = !allowed();
  /** How many more fit, by the last count; other tabs add too, so it is counted again when it runs out. */
  let room = 0;

  const trouble = (error: unknown) => {
    if (!held) report('storage', 0, { error });
    held = true;
  };

  const evicted = (count: number) => {
    if (count > 0) report('evicted', count);
  };

  /** Gives up what is too old or too much; resolves with how many are stored. */
  const trim = async () => {
    // Nobody else counts meanwhile.
    room = Infinity;
    const [before, now] = await trimStore(timePart(Date.now() - maxAge), maxQueue);
    evicted(before - now);
    room = maxQueue - now;
    return now;
  };

  const write = async (): Promise<Outcome> => {
    writing = undefined;
    const items = fresh;
    fresh = [];
    held ||= !allowed();
    try {
      if (!held) {
        await put(items, allowed);
        if ((room -= items.length) < 0) await trim();
      }
    } catch (error) {
      trouble(error);
    }
    let extra = memory.size - maxQueue;
    if (held) evicted(extra);
    for (const id of memory.keys()) {
      if (extra-- <= 0) break;
      memory.delete(id);
    }
    return held ? 'held' : 'stored';
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

    /** peek: the oldest stored events behind `after`, at most `limit`. */
    (after: string, limit: number) =>
      read(after, limit).catch((error) => {
        trouble(error);
        return [];
      }),

    /** remove: settled; takes events out of memory and out of the store. */
    async (items: Item[]) => {
      for (const [id] of items) memory.delete(id);
      if (items[0] && !held) await removeStored(items).catch(trouble);
    },

    /** purge: everything goes, the stored too. */
    () => {
      memory.clear();
      // Whatever is still under way must not bring the database back.
      held = true;
      return purgeStore().catch(trouble);
    },

    /** size */
    async () => (await writing, held ? memory.size : trim().catch(() => memory.size)),
  ] as const;
}
