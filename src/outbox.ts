import { backoff } from './backoff.ts';
import { isGranted } from './consent.ts';
import { countBytes, type Entry, pageTime } from './event.ts';
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
  /**
   * Stores the entries that are only in memory, now that the store may work, and trims. If the store fails, `retry` is
   * called later.
   */
  _save(): Promise<unknown>;
  /**
   * Evicts what is older than `maxAge` or exceeds `maxQueue` or `maxBytes`. Resolves with the number of entries that
   * are left, of all tabs.
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

/** No event is this old: if it seems to be, one of the clocks was wrong. About five years. */
const IMPOSSIBLE_AGE_MS = 157e9;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createOutbox(name: string, settings: Settings, report: Report, retry: () => void): Outbox {
  const { maxQueue, maxAge, maxBytes } = settings;
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
  /** Failures of the store in a row. The first is reported. */
  let failures = 0;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** Characters that `maxBytes` leaves for new entries, as far as this page knows. */
  let room = maxBytes;

  const storeFailed = (error: unknown) => {
    // mutant: heal
    if (!memoryOnly) retryTimer = globalThis.setTimeout(retry, backoff(failures + 1));
    memoryOnly = true;
    if (!failures++) report('storage', 0, { error });
  };

  const evict = (ids: string[]) => {
    ids.forEach((id) => entries.delete(id));
    // mutant: eviction report
    if (ids[0]) report('evicted', ids.length);
  };

  /**
   * Makes a test whether an entry is older than `maxAge`, by the time in its id. The wall clock can have been set since
   * then. The test reads the clock once, because that takes longer than the rest, and not before there is an entry.
   */
  const createAgeTest = (now?: number) => (id: string) => {
    // mutant: page clock
    const age = (now ??= pageTime()) - parseInt(id, 36);
    // mutant: impossible
    return age > maxAge && age < IMPOSSIBLE_AGE_MS;
  };

  /** Those of the ids that are too old, or the oldest over `maxQueue` and `maxBytes`. An id is `token~size`. */
  const findExcess = (ids: string[]) => {
    let count = maxQueue;
    const isTooOld = createAgeTest();
    room = maxBytes;
    return ids
      .sort()
      .reverse()
      .filter((id) => isTooOld(id) || --count < 0 || (room -= +id.split('~')[1]! || 0) < 0);
  };

  const trim = async () => {
    const left = memoryOnly ? undefined : await store._trim(findExcess, evict).catch(storeFailed);
    // Memory can hold more than the store: entries that could not be stored, or that another script has deleted.
    const ids = [...entries.keys()];
    // mutant: evict from memory
    evict(memoryOnly ? findExcess(ids) : ids.filter(createAgeTest()));
    return left ?? entries.size;
  };

  const save = async (before: typeof entries): Promise<Outcome> => {
    const batch = unsaved;
    unsaved = [];
    saving = undefined;
    // Checked again when the transaction begins, because consent can change in between, even twice.
    const isStorable = () => before === entries && !(memoryOnly ||= !isGranted(settings));
    const isStored = isStorable() && (await store._put(batch, isStorable).catch(storeFailed));
    // An empty batch proves nothing: a full disk takes it.
    if (isStored && batch[0]) failures = 0;
    if (entries.size > maxQueue || room < 0) await trim();
    if (before !== entries) return 'dropped';
    return isStored ? 'stored' : 'held';
  };

  return {
    _add(entry) {
      entries.set(entry[0], entry);
      unsaved.push(entry);
      room -= entry[2].length;
      return (saving ??= Promise.resolve(entries).then(save));
    },

    _save() {
      globalThis.clearTimeout(retryTimer);
      if (memoryOnly) unsaved = [...entries.values()];
      memoryOnly = false;
      return save(entries).then(trim);
    },

    async _trim() {
      await saving;
      return trim();
    },

    _claim(count, room, mustFit) {
      const batch: Entry[] = [];
      let hasExpired = false;
      const isTooOld = createAgeTest();
      for (const entry of entries.values()) {
        const id = entry[0];
        // The id takes more bytes than the quotes, brackets and commas that a request adds.
        const size = mustFit ? countBytes(entry.join()) : entry[2].length;
        // mutant: in flight
        if (inFlight.has(id)) continue;
        // mutant: expired
        if (isTooOld(id)) hasExpired = true;
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
      released.forEach((entry) => {
        inFlight.delete(entry[0]);
        if (last && entries.delete(entry[0])) {
          entries.set(entry[0], entry);
          // Only memory knows the new order, so loaded entries stay there.
          loaded = [];
        }
      });
    },

    async _settle(ids) {
      // mutant: settle
      ids.forEach((id) => entries.delete(id));
      if (!memoryOnly) await store._delete(ids).catch(storeFailed);
    },

    async _load(cursor, limit) {
      const before = entries;
      const page = !memoryOnly && (await store._read(cursor, limit).catch(storeFailed));
      if (!page || before !== entries) return;
      page._records.forEach((record) => {
        if (Array.isArray(record) && record[2] && !entries.has(record[0])) {
          entries.set(record[0], record as unknown as Entry);
          loaded.push(record as unknown as Entry);
        }
      });
      return page._last;
    },

    _unload() {
      loaded.forEach((entry) => entries.delete(entry[0]));
      loaded = [];
    },

    _clear() {
      entries = new Map();
      unsaved = [];
      // An operation that is still running must not create the database again.
      memoryOnly = true;
      // The site must learn that a purge has failed, also if the store failed before.
      // mutant: purge report
      failures = 0;
      return store._destroy().catch(storeFailed);
    },
  };
}
