import { promisifyRequest } from 'idb-keyval';
import type { Item } from './event.ts';

/** How long one operation may take, in milliseconds: a database that is slower has stopped answering. */
const PATIENCE = 10_000;

/**
 * What is on disk: one record an event, so that tabs never rewrite each other's. Opened on first use, and again whenever
 * the connection is lost. Each operation rejects where IndexedDB refuses or fails twice.
 *
 * The operations come as a list, for a minifier can shorten the names of variables but not of properties.
 */
export function openStore(name: string, durability: 'relaxed' | 'strict') {
  let opening: Promise<IDBDatabase> | undefined;

  const close = () => {
    opening?.then(
      (db) => db.close(),
      () => {},
    );
    opening = undefined;
  };

  const open = async () => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore(name);
    const db = await promisifyRequest(request);
    // The browser drops the connection, or another tab deletes the database (consent withdrawn).
    db.onclose = db.onversionchange = close;
    renewLog();
    return db;
  };

  /**
   * A browser that is killed leaves the end of Chromium's log cut off. The next start writes on right behind it, and the one after that
   * cannot read the file and throws all databases of the origin away. Deleting a database, even an empty one, makes it begin a new log.
   */
  const renewLog = () => {
    // No other engine has these.
    if (!(navigator as { userAgentData?: unknown }).userAgentData) return;
    const request = indexedDB.open(name + ':');
    request.onsuccess = () => {
      request.result.close();
      indexedDB.deleteDatabase(name + ':');
    };
  };

  const run = async <T>(job: (store: IDBObjectStore) => Promise<T>, again?: boolean): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await Promise.race([
        (async () => job((await (opening ??= open())).transaction(name, 'readwrite', { durability }).objectStore(name)))(),
        new Promise<never>((_, reject) => (timer = setTimeout(reject, PATIENCE, 'no answer'))),
      ]);
    } catch (error) {
      // A lost connection, whichever way it shows, is opened anew and the job tried once more.
      close();
      if (again) throw error;
      return run(job, true);
    } finally {
      clearTimeout(timer);
    }
  };

  const committed = ({ transaction }: IDBObjectStore) => {
    // Without commit() a transaction is lost when the renderer dies while the page's script still runs.
    transaction.commit();
    return promisifyRequest(transaction);
  };

  return [
    /** put: true when all are on disk, as far as `durability` asks; false when they were no longer `wanted`, and none is. */
    (items: Item[], wanted: () => boolean) =>
      run(async (store) => {
        const go = wanted();
        if (go) for (const item of items) store.put(item, item[0]);
        await committed(store);
        return go;
      }),

    /** read: the first `limit` behind `after`, in order, and the last one's key. What no tracker wrote may be anything. */
    (after: string, limit: number): Promise<[items: (Item | undefined)[], last?: string]> =>
      run(async (store) => {
        const range = IDBKeyRange.lowerBound(after, true);
        const keys = await promisifyRequest(store.getAllKeys(range, limit));
        return [await promisifyRequest(store.getAll(range, limit)), keys.at(-1) as string];
      }),

    /** remove: keys that are gone already do no harm. */
    (items: Item[]) =>
      run(async (store) => {
        const ids = items.map(([id]) => id).sort();
        const range = IDBKeyRange.bound(ids[0], ids.at(-1));
        // One request instead of hundreds, where no other tab's record lies between.
        if ((await promisifyRequest(store.getAllKeys(range, ids.length + 1))) + '' === ids + '') store.delete(range);
        else for (const id of ids) store.delete(id);
        return committed(store);
      }),

    /**
     * trim: deletes what is older than `oldest`, and the oldest over `limit`. Tells `done`, even when nobody waits for it any more, which
     * keys went, how many are left, and the last key that had to go.
     */
    <T>(oldest: string, limit: number, done: (gone: IDBValidKey[], left: number, last: string) => T) =>
      run(async (store) => {
        const count = await promisifyRequest(store.count());
        if (count > limit) oldest = (await promisifyRequest(store.getAllKeys(null, count - limit))).at(-1) as string;
        const range = IDBKeyRange.upperBound(oldest);
        const keys = await promisifyRequest(store.getAllKeys(range));
        await promisifyRequest(store.delete(range));
        return done(keys, count - keys.length, oldest);
      }),

    /** purge: deletes the database itself, so that nothing of it stays on disk. */
    async () => {
      close();
      await promisifyRequest(indexedDB.deleteDatabase(name));
    },
  ] as const;
}
