import { promisifyRequest } from 'idb-keyval';
import type { Entry } from './event.ts';
import { read } from './read.ts';

/** A part of the store, in order of time. */
export interface Page {
  /** Records written by other scripts can have any shape. */
  _records: any[];
  /** The key of the last record; undefined if there are no records. */
  _last: string | undefined;
}

/**
 * Entries in IndexedDB, one record each, so that tabs never overwrite each other's. The database opens on first use
 * and again after a lost connection. An operation rejects if IndexedDB fails twice. The only file with IndexedDB.
 */
export interface Store {
  /**
   * Resolves with true when all entries are on disk, as far as `durability` promises. Resolves with false, and writes
   * none, if `isWanted` is false when the transaction begins.
   */
  _put(entries: Entry[], isWanted: () => boolean): Promise<boolean>;
  /** The first `limit` records after a key. */
  _read(after: string, limit: number): Promise<Page>;
  /** Deletes records; ids without a record are ignored. */
  _delete(ids: string[]): Promise<void>;
  /**
   * Deletes those records that `findExcess` returns, given the ids of all. Calls `onTrimmed` with their ids
   * (even after a timeout), and resolves with the number of records that are left.
   */
  _trim(findExcess: (ids: string[]) => string[], onTrimmed: (ids: string[]) => void): Promise<number>;
  /** Deletes the database itself, so that nothing stays on disk. */
  _destroy(): Promise<unknown>;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function openStore(name: string, options: IDBTransactionOptions): Store {
  /** A database that takes longer for one operation has stopped answering. */
  const TIMEOUT_MS = 10_000;
  /** After all ids. The keys of other scripts' records can also be numbers, dates, bytes or lists. */
  const LAST = '~~';
  let connection: Promise<IDBDatabase> | undefined;

  const close = (db: IDBDatabase) => {
    try {
      db.close();
    } catch {
      // The page has broken it.
    }
  };

  const disconnect = () => {
    connection = void connection?.then(close, () => {});
  };

  const hasStore = (db: IDBDatabase) => db.objectStoreNames.contains(name);

  const open = async (version?: number) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
      const db = request.result;
      try {
        // Of another shape, see `connect()`.
        if (hasStore(db)) db.deleteObjectStore(name);
        db.createObjectStore(name);
      } catch {
        // The page has broken it. Then the first transaction fails.
      }
    };
    const db = await promisifyRequest(request);
    // Another tab deletes the database because consent was withdrawn. After a connection was closed, also by the browser,
    // the next transaction fails and is repeated.
    db.onversionchange = () => close(db);
    return db;
  };

  const connect = async () => {
    let db = await open();
    // Another script has created the database, or a visit ended in the middle of it. A key path allows none of ours.
    if (!hasStore(db) || db.transaction(name).objectStore(name).keyPath != null) {
      db.close();
      // mutant: object store
      db = await open(db.version + 1);
    }
    // A SIGKILL can leave half a record at the end of Chromium's log. The next start appends to it, and the start
    // after that finds the log broken and deletes the origin's databases. Deleting any database, even an empty one,
    // makes Chromium begin a new log. Only Chromium has `userAgentData`.
    if (read('navigator', 'userAgentData')) {
      promisifyRequest(indexedDB.open(name + ':'))
        .then((db) => {
          db.close();
          indexedDB.deleteDatabase(name + ':');
        })
        .catch(() => {});
    }
    return db;
  };

  const limit = <T>(work: Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const timer = globalThis.setTimeout(reject, TIMEOUT_MS, 'no answer');
      work.then(resolve, reject).then(() => globalThis.clearTimeout(timer));
    });

  /** Runs one transaction; once more over a new connection if it fails or times out. */
  const transact = <T>(work: (store: IDBObjectStore) => Promise<T>, isRetry?: boolean): Promise<T> =>
    limit(
      (connection ??= connect()).then((db) => work(db.transaction(name, 'readwrite', options).objectStore(name))),
    ).catch((error) => {
      disconnect();
      // mutant: second try
      if (isRetry) throw error;
      return transact(work, true);
    });

  /** An explicit commit survives a renderer that dies while the page's script still runs. */
  const commit = (store: IDBObjectStore) => {
    // mutant: commit
    store.transaction.commit();
    return promisifyRequest(store.transaction);
  };

  const remove = async (store: IDBObjectStore, ids: string[]) => {
    const range = IDBKeyRange.bound(ids.sort()[0], ids[ids.length - 1]);
    const keys = await promisifyRequest(store.getAllKeys(range, ids.length + 1));
    // One request deletes the whole range, unless it also holds records of other tabs.
    // mutant: range
    (keys.join() === ids.join() ? [range] : ids).forEach((id) => store.delete(id));
    await commit(store);
  };

  return {
    _put: (entries, isWanted) =>
      transact(async (store) => {
        // mutant: still wanted
        if (!isWanted()) return false;
        entries.forEach((entry) => store.put(entry, entry[0]));
        await commit(store);
        return true;
      }),

    _read: (after, limit) =>
      transact(async (store) => {
        const range = IDBKeyRange.bound(after, LAST, true);
        const keys = await promisifyRequest(store.getAllKeys(range, limit));
        return { _records: await promisifyRequest(store.getAll(range, limit)), _last: keys.pop() as string };
      }),

    _delete: (ids) => transact((store) => remove(store, ids)),

    _trim: (findExcess, onTrimmed) =>
      transact(async (store) => {
        let ids: string[] = [];
        // In parts, because those of a hundred thousand records would take one long task.
        for (let last: any = ''; last != null; ) {
          const keys = (await promisifyRequest(
            store.getAllKeys(IDBKeyRange.bound(last, LAST, true), 5_000),
          )) as string[];
          ids = ids.concat(keys);
          last = keys.pop();
        }
        const excess = findExcess(ids);
        if (excess.length) await remove(store, excess);
        onTrimmed(excess);
        return ids.length - excess.length;
      }),

    async _destroy() {
      disconnect();
      // mutant: delete the database
      await limit(promisifyRequest(indexedDB.deleteDatabase(name)));
    },
  };
}
