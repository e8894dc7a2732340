import { isGranted } from './consent.ts';
import { countBytes, type Entry, timePart } from './event.ts';
import type { Settings } from './options.ts';
import { openStore } from './store.ts';
import type { Outcome, ProblemCode } from './types.ts';

/** Reports a problem; `count` is the number of events that were given up. */
export type Report = (code: ProblemCode, count: number, detail?: object) => void;

/**
 * Owns every entry that is not settled. An entry is waiting, in flight or settled, and only the outbox moves it.
 *
 * The store holds the entries of all tabs. Memory holds this page's own until they are settled, and is all there is
 * while consent is missing or IndexedDB fails. No network and no page events in here.
 */
export interface Outbox {
  /** Takes an entry. Resolves when it is stored, or held in memory. Entries of the same task share one transaction. */
  _add(entry: Entry): Promise<Outcome>;
  /** Stores the entries that are only in memory, now that the store may work, and trims. */
  _save(): Promise<unknown>;
  /**
   * Evicts what is older than `maxAge` or exceeds `maxQueue`. Resolves with the number of entries that are left, of
   * all tabs.
   */
  _trim(): Promise<number>;
  /**
   * Waiting → in flight, for those of the next `count` entries that fit together into `room` characters. An entry that
   * is larger than `room` goes alone. With `mustFit`, it does not go, and `room` is in bytes. Evicts entries that are
   * older than `maxAge`.
   */
  _claim(count: number, room: number, mustFit?: boolean): Entry[];
  /** In flight → waiting, because the request is over; at the end of the queue if `last` is set. */
  _release(entries: Entry[], last?: boolean): void;
  /** Removes entries that are delivered or rejected from memory and store. */
  _settle(ids: string[]): Promise<void>;
  /**
   * Brings the next `limit` stored entries of other pages into memory. Resolves with the cursor for the next call, or
   * undefined at the end of the store.
   */
  _load(cursor: string, limit: number): Promise<string | undefined>;
  /** Drops loaded entries from memory, because another tab can send them while this page waits. */
  _unload(): void;
  /** Deletes everything, including the database. */
  _clear(): Promise<unknown>;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createOutbox(name: string, settings: Settings, report: Report): Outbox {
  const { maxQueue, maxAge } = settings;
  const store = openStore(name, settings);
  /** A purge replaces the map, so that an operation that began earlier can tell. */
  let entries = new Map<string, Entry>();
  const inFlight = new Set<string>();
  /** Entries that the store has not been given. */
  let unsaved: Entry[] = [];
  let loaded: Entry[] = [];
  /** The write that this task's entries share. */
  let saving: Promise<Outcome> | undefined;
  /** The store must not or cannot be used until consent or the page changes. */
  let memoryOnly = true;
  /** A failing store is reported once, until it works again. */
  let reported = false;

  const storeFailed = (error: unknown) => {
    if (!reported) report('storage', 0, { error });
    reported = memoryOnly = true;
  };

  const evict = (ids: string[]) => {
    for (const id of ids) entries.delete(id);
    // mutant: eviction report
    if (ids[0]) report('evicted', ids.length);
  };

  /** The id of an event that is exactly `maxAge` old; older events have lower ids. */
  const cutoff = () => timePart(Date.now() - maxAge);

  const trim = async () => {
    const oldest = cutoff();
    const left = memoryOnly ? undefined : await store._trim(oldest, maxQueue, evict).catch(storeFailed);
    // Memory can hold more than the store: entries that could not be stored, or that another script has deleted.
    // mutant: evict from memory
    evict([...entries.keys()].filter((id, index) => id < oldest || (memoryOnly && index < entries.size - maxQueue)));
    return left ?? entries.size;
  };

  const save = async (before: typeof entries): Promise<Outcome> => {
    const batch = unsaved;
    unsaved = [];
    saving = undefined;
    // Checked again when the transaction begins, because consent can change in between, even twice.
    const isStorable = () => before === entries && !(memoryOnly ||= !isGranted(settings));
    const isStored = isStorable() && (await store._put(batch, isStorable).catch(storeFailed));
    if (isStored) reported = false;
    if (entries.size > maxQueue) await trim();
    if (before !== entries) return 'dropped';
    return isStored ? 'stored' : 'held';
  };

  return {
    _add(entry) {
      entries.set(entry[0], entry);
      unsaved.push(entry);
      return (saving ??= Promise.resolve(entries).then(save));
    },

    _save() {
      if (memoryOnly) unsaved = [...entries.values()];
      memoryOnly = false;
      return save(entries).then(trim);
    },

    async _trim() {
      await saving;
      return trim();
    },

    _claim(count, room, mustFit) {
      const oldest = cutoff();
      const batch: Entry[] = [];
      let hasExpired = false;
      for (const entry of entries.values()) {
        const [id, , json] = entry;
        // The id takes more bytes than the quotes, brackets and commas that a request adds.
        const size = mustFit ? countBytes(entry + '') : json.length;
        // mutant: in flight
        if (inFlight.has(id)) continue;
        // mutant: expired
        if (id < oldest) hasExpired = true;
        // Bounds the loop, because a page can hold a hundred thousand entries.
        else if (!count--) break;
        else if (size <= room || !(mustFit || batch[0])) {
          room -= size;
          inFlight.add(id);
          batch.push(entry);
        }
      }
      if (hasExpired) trim();
      return batch;
    },

    _release(released, last) {
      for (const entry of released) {
        inFlight.delete(entry[0]);
        if (last && entries.delete(entry[0])) {
          entries.set(entry[0], entry);
          // Only memory knows the new order, so loaded entries stay there.
          loaded = [];
        }
      }
    },

    async _settle(ids) {
      // mutant: settle
      for (const id of ids) entries.delete(id);
      if (!memoryOnly) await store._delete(ids).catch(storeFailed);
    },

    async _load(cursor, limit) {
      const before = entries;
      const page = !memoryOnly && (await store._read(cursor, limit).catch(storeFailed));
      if (!page || before !== entries) return;
      loaded = page._records.filter((record) => Array.isArray(record) && record[2] && !entries.has(record[0]));
      for (const entry of loaded) entries.set(entry[0], entry);
      return page._last;
    },

    _unload() {
      for (const [id] of loaded) entries.delete(id);
    },

    _clear() {
      entries = new Map();
      unsaved = [];
      // An operation that is still running must not create the database again.
      memoryOnly = true;
      return store._destroy().catch(storeFailed);
    },
  };
}
