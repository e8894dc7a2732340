import { promisifyRequest } from 'idb-keyval';
import type { Entry } from './event.ts';

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
   * Deletes the records before `cutoff` and the oldest over `limit`, calls `onTrimmed` with their ids (even after a
   * timeout), and resolves with the number of records that are left.
   */
  _trim(cutoff: string, limit: number, onTrimmed: (ids: string[]) => void): Promise<number>;
  /** Deletes the database itself, so that nothing stays on disk. */
  _destroy(): Promise<unknown>;
}

export function openStore(name: string, options: IDBTransactionOptions): Store {
  /** A database that takes longer for one operation has stopped answering. */
  const TIMEOUT_MS = 10_000;
  let connection: Promise<IDBDatabase> | undefined;

  const disconnect = () => {
    connection = void connection?.then(
      (db) => db.close(),
      () => {},
    );
  };

  const connect = async () => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore(name);
    const db = await promisifyRequest(request);
    // The browser closed the connection, or another tab deletes the database because consent was withdrawn.
    db.onclose = db.onversionchange = disconnect;
    // A SIGKILL can leave half a record at the end of Chromium's log. The next start appends to it, and the start
    // after that finds the log broken and deletes the origin's databases. Deleting any database, even an empty one,
    // makes Chromium begin a new log. Only Chromium has `userAgentData`.
    if ((navigator as { userAgentData?: unknown }).userAgentData) {
      promisifyRequest(indexedDB.open(name + ':')).then(
        (db) => {
          db.close();
          indexedDB.deleteDatabase(name + ':');
        },
        () => {},
      );
    }
    return db;
  };

  /** Runs one transaction; once more over a new connection if it fails or times out. */
  const transact = <T>(work: (store: IDBObjectStore) => Promise<T>, isRetry?: boolean): Promise<T> => {
    let timer: ReturnType<typeof setTimeout>;
    return Promise.race([
      (connection ??= connect()).then((db) => work(db.transaction(name, 'readwrite', options).objectStore(name))),
      new Promise<never>((_, reject) => (timer = setTimeout(reject, TIMEOUT_MS, 'no answer'))),
    ])
      .finally(() => clearTimeout(timer))
      .catch((error) => {
        disconnect();
        // mutant: second try
        if (isRetry) throw error;
        return transact(work, true);
      });
  };

  return {
    _put: (entries, isWanted) =>
      transact(async (store) => {
        // mutant: still wanted
        if (!isWanted()) return false;
        for (const entry of entries) store.put(entry, entry[0]);
        // An explicit commit survives a renderer that dies while the page's script still runs.
        // mutant: commit
        store.transaction.commit();
        await promisifyRequest(store.transaction);
        return true;
      }),

    _read: (after, limit) =>
      transact(async (store) => {
        const range = IDBKeyRange.lowerBound(after, true);
        const keys = await promisifyRequest(store.getAllKeys(range, limit));
        return { _records: await promisifyRequest(store.getAll(range, limit)), _last: keys.at(-1) as string };
      }),

    _delete: (ids) =>
      transact(async (store) => {
        const range = IDBKeyRange.bound(ids.sort()[0], ids.at(-1));
        const keys = await promisifyRequest(store.getAllKeys(range, ids.length + 1));
        // One request deletes the whole range, unless it also holds records of other tabs.
        // mutant: range
        if (keys + '' === ids + '') store.delete(range);
        else for (const id of ids) store.delete(id);
      }),

    _trim: (cutoff, limit, onTrimmed) =>
      transact(async (store) => {
        const count = await promisifyRequest(store.count());
        if (count > limit) cutoff = (await promisifyRequest(store.getAllKeys(null, count - limit))).at(-1) as string;
        const range = IDBKeyRange.upperBound(cutoff);
        const ids = (await promisifyRequest(store.getAllKeys(range))) as string[];
        await promisifyRequest(store.delete(range));
        onTrimmed(ids);
        return count - ids.length;
      }),

    async _destroy() {
      disconnect();
      // mutant: delete the database
      await promisifyRequest(indexedDB.deleteDatabase(name));
    },
  };
}
