import { promisifyRequest } from 'idb-keyval';
import type { Item } from './event.ts';

const EVENTS = 'events';

/**
 * What is on disk: one record an event, so that tabs never rewrite each other's. Opened on first use, and again whenever
 * the connection is lost. Each operation rejects where IndexedDB refuses or fails twice.
 *
 * The operations come as a list, for a minifier can shorten the names of variables but not of properties.
 */
export function openStore(name: string, durability: 'relaxed' | 'strict') {
  let opening: Promise<IDBDatabase> | undefined;

  const close = () => {
    opening?.then((db) => db.close()).catch(() => {});
    opening = undefined;
  };

  const open = async () => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore(EVENTS);
    const db = await promisifyRequest(request);
    // The browser drops the connection, or another tab deletes the database (consent withdrawn).
    db.onclose = db.onversionchange = close;
    return db;
  };

  const run = async <T>(job: (store: IDBObjectStore) => Promise<T>, again?: boolean): Promise<T> => {
    try {
      return await job((await (opening ??= open())).transaction(EVENTS, 'readwrite', { durability }).objectStore(EVENTS));
    } catch (error) {
      // A lost connection, whichever way it shows, is opened anew and the job tried once more.
      close();
      if (again) throw error;
      return run(job, true);
    }
  };

  const change = (job: (store: IDBObjectStore) => void) =>
    run((store) => {
      job(store);
      // Without commit() a transaction is lost when the renderer dies while the page's script still runs.
      store.transaction.commit?.();
      return promisifyRequest(store.transaction);
    });

  return [
    /** put: resolves when all are on disk, as far as `durability` asks; none of them otherwise, nor when no longer `wanted`. */
    (items: Item[], wanted: () => boolean) =>
      change((store) => {
        if (wanted()) for (const [id, ...value] of items) store.put(value, id);
      }),

    /** read: the first `limit` behind `after`, in order. */
    (after: string, limit: number) =>
      run(async (store) => {
        const range = IDBKeyRange.lowerBound(after, true);
        const keys = await promisifyRequest(store.getAllKeys(range, limit));
        const values = await promisifyRequest(store.getAll(range, limit));
        return keys.map((id, index) => [id, ...values[index]] as unknown as Item);
      }),

    /** remove: keys that are gone already do no harm. */
    (items: Item[]) => change((store) => items.forEach(([id]) => store.delete(id))),

    /** trim: deletes what is older than `oldest`, and the oldest over `limit`; resolves with how many were and are there. */
    (oldest: string, limit: number) =>
      run(async (store) => {
        const before = await promisifyRequest(store.count());
        if (before > limit) oldest = (await promisifyRequest(store.getAllKeys(null, before - limit))).at(-1) as string;
        store.delete(IDBKeyRange.upperBound(oldest));
        return [before, await promisifyRequest(store.count())] as const;
      }),

    /** purge: deletes the database itself, so that nothing of it stays on disk. */
    async () => {
      close();
      await promisifyRequest(indexedDB.deleteDatabase(name));
    },
  ] as const;
}
