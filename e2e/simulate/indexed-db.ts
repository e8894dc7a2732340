import type { Disk } from './disk.ts';
import type { Client, Connection, Request, Transaction } from './disk-model.ts';
import { KeyRange, toRange } from './key-range.ts';

function check(allowed: boolean, name: string, message: string): void {
  if (!allowed) throw new DOMException(message, name);
}

function createStore(disk: Disk, state: Transaction, transaction: object) {
  const ask = (operation: Parameters<Disk['ask']>[1]) => {
    check(state.active && !state.finished, 'TransactionInactiveError', 'The transaction is not active.');
    return disk.ask(state, operation);
  };
  return {
    transaction,
    put: (value: unknown, key: string) =>
      ask({ kind: 'put', key: KeyRange.only(key).lower!, value: structuredClone(value) }),
    delete(query: unknown) {
      const range = toRange(query);
      if (!range) throw new DOMException('No key or key range specified.', 'DataError');
      return ask({ kind: 'delete', range });
    },
    getAll: (query?: unknown, limit = 0) => ask({ kind: 'getAll', range: toRange(query), limit }),
    getAllKeys: (query?: unknown, limit = 0) => ask({ kind: 'getAllKeys', range: toRange(query), limit }),
    count: (query?: unknown) => ask({ kind: 'count', range: toRange(query) }),
  };
}

function createTransaction(disk: Disk, connection: Connection, store: string) {
  const handlers: { oncomplete?: () => void; onabort?: () => void; onerror?: () => void } = {};
  const state: Transaction = {
    connection,
    store,
    active: true,
    commitCalled: false,
    finished: false,
    stepping: false,
    undone: new Set(),
    isTrim: false,
    work: undefined,
    changes: [],
    waiting: [],
    error: null,
    oncomplete: () => handlers.oncomplete?.(),
    onabort: () => handlers.onabort?.(),
    onerror: () => handlers.onerror?.(),
  };
  disk.begin(state);
  return Object.defineProperties(handlers, {
    error: { get: () => state.error },
    objectStore: { value: () => createStore(disk, state, handlers) },
    commit: {
      value() {
        check(state.active && !state.finished, 'InvalidStateError', 'The transaction is not active.');
        disk.commit(state);
      },
    },
    abort: {
      value() {
        check(!state.finished && !state.commitCalled, 'InvalidStateError', 'The transaction has finished.');
        disk.abort(state, null);
      },
    },
  });
}

/** The page's `IDBDatabase`. */
function createDatabase(disk: Disk, connection: Connection) {
  const handlers: { onclose?: () => void; onversionchange?: () => void } = {};
  connection.onclose = () => handlers.onclose?.();
  connection.onversionchange = () => {
    if (!connection.closed) handlers.onversionchange?.();
  };
  return Object.assign(handlers, {
    createObjectStore: (name: string) => disk.createStore(name),
    close: () => disk.close(connection),
    version: connection.database.version,
    objectStoreNames: { contains: (name: string) => connection.database.stores?.has(name) === true },
    transaction(store: string) {
      check(!connection.closed, 'InvalidStateError', 'The database connection is closing.');
      check(connection.database.stores?.has(store) === true, 'NotFoundError', 'There is no such object store.');
      return createTransaction(disk, connection, store);
    },
  });
}

/** The page's `indexedDB`, as far as a tracker uses it. */
export function createIndexedDb(disk: Disk, client: Client) {
  return {
    open(name: string, version?: number): Request {
      if (disk.faults.refuse === 'throw') {
        disk.hooks.fault?.('refuse');
        throw new DOMException('Access to IndexedDB is denied.', 'SecurityError');
      }
      return disk.open(client, name, (connection) => createDatabase(disk, connection), version);
    },
    deleteDatabase: (name: string): Request => disk.remove(client, name),
  };
}
