import type { Random } from '../../scripts/testing/random.ts';
import { type Client, type Connection, type Database, type DiskHooks, Request } from './disk-model.ts';
import { createDiskTime } from './disk-time.ts';
import type { Key } from './key-range.ts';
import { createOpenings, type Openings } from './openings.ts';
import { withRecord } from './records.ts';
import type { Scheduler } from './scheduler.ts';
import { createTransactions, type Transactions } from './transactions.ts';

/** The faults of the disk at the moment. */
export interface DiskFaults {
  /** It does not answer. */
  hung: boolean;
  /** It has no room. */
  quota: boolean;
  /** Probability that a commit fails. */
  abort: number;
  /** How `indexedDB.open()` fails. */
  refuse: '' | 'throw' | 'error';
}

/**
 * The browser's side of IndexedDB: the databases of an origin and their transactions. A crash of the browser keeps only
 * what was committed; a crash of a page also keeps transactions that the page had asked to commit.
 */
export interface Disk extends Pick<Openings, 'createStore'>, Omit<Transactions, 'crash'> {
  readonly faults: DiskFaults;
  readonly hooks: DiskHooks;
  open(client: Client, name: string, connect: (connection: Connection) => unknown, version?: number): Request;
  /** Deletes a database. */
  remove(client: Client, name: string): Request;
  close(connection: Connection): void;
  /** The page is gone. */
  leave(client: Client): void;
  /** The whole browser is gone. */
  crash(): void;
  /** Answers again; `lost`: every earlier connection is dead. */
  wake(lost: boolean): void;
  /** The browser drops the page's connections; `tell`: with a `close` event. */
  lose(client: Client, tell: boolean): void;
  /** The visitor clears the origin's data: open connections are closed by force. */
  clear(): void;
  /** Another script upgrades the databases to a higher version, without the stores that they had. */
  loseStores(): void;
  /** Whether the page could store something now. */
  healthy(client: Client): boolean;
  /** Whether the page has a transaction or an opening under way. */
  busy(client: Client): boolean;
  /** All committed records. */
  records(): [Key, unknown][];
  exists(name: string): boolean;
  /** Another script of the origin puts a record there. */
  tamper(key: Key, value: unknown): void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createDisk(scheduler: Pick<Scheduler, 'after' | 'now'>, random: Random, hooks: DiskHooks = {}): Disk {
  const databases = new Map<string, Database>();
  const faults: DiskFaults = { hung: false, quota: false, abort: 0, refuse: '' };
  const time = createDiskTime(scheduler, random, () => faults.hung);
  const { tell } = time;
  const { serve, disconnect, ...openings } = createOpenings(time, faults, hooks);
  const { abort, settle, crash, ...transactions } = createTransactions(time, random, faults, hooks, disconnect);

  const database = (name: string): Database => {
    let found = databases.get(name);
    if (!found) {
      found = {
        name,
        version: 1,
        stores: undefined,
        connections: new Set(),
        transactions: [],
        openings: [],
        busy: false,
      };
      databases.set(name, found);
    }
    return found;
  };

  const forceClose = (connection: Connection, withEvent: boolean) => {
    if (connection.closed) return;
    connection.closed = true;
    for (const transaction of [...connection.database.transactions]) {
      if (transaction.connection === connection)
        abort(transaction, new DOMException('Connection to the database lost.', 'AbortError'));
    }
    if (withEvent) tell(connection.client, () => connection.onclose());
    disconnect(connection);
  };

  const eachConnection = (run: (connection: Connection) => void) => {
    for (const { connections } of databases.values()) for (const connection of [...connections]) run(connection);
  };

  return {
    faults,
    hooks,

    open(client, name, connect, version) {
      const request = new Request();
      database(name).openings.push({ client, request, connect, version });
      serve(database(name));
      return request;
    },

    remove(client, name) {
      const request = new Request();
      database(name).openings.push({ client, request, connect: undefined });
      serve(database(name));
      return request;
    },

    createStore: openings.createStore,

    close(connection) {
      connection.closed = true;
      disconnect(connection);
    },

    ...transactions,
    abort,

    settle,

    leave(client) {
      eachConnection((connection) => {
        if (connection.client !== client) return;
        connection.closed = true;
        for (const transaction of [...connection.database.transactions]) {
          if (transaction.connection === connection && !transaction.commitCalled) abort(transaction, null);
        }
        disconnect(connection);
      });
      openings.leave(client, databases.values());
    },

    crash() {
      faults.hung = false;
      time.crash();
      crash();
      openings.crash();
      for (const found of databases.values()) {
        for (const transaction of found.transactions) transaction.finished = true;
        Object.assign(found, { connections: new Set(), transactions: [], openings: [], busy: false });
      }
    },

    wake(lost) {
      if (!faults.hung) return;
      faults.hung = false;
      if (lost) eachConnection((connection) => forceClose(connection, true));
      time.wake();
    },

    lose(client, tell) {
      eachConnection((connection) => connection.client === client && forceClose(connection, tell));
    },

    clear() {
      eachConnection((connection) => forceClose(connection, true));
      for (const found of databases.values()) {
        // Transactions that pages asked to commit before they were gone.
        for (const transaction of [...found.transactions]) abort(transaction, null);
        const values = [...(found.stores?.values() ?? [])].flat().map(([, value]) => value);
        if (found.busy) continue;
        found.stores = undefined;
        hooks.deleted?.(undefined, values);
      }
    },

    loseStores() {
      eachConnection((connection) => forceClose(connection, true));
      for (const found of databases.values()) {
        for (const transaction of [...found.transactions]) abort(transaction, null);
        if (found.busy || !found.stores) continue;
        const values = [...found.stores.values()].flat().map(([, value]) => value);
        found.stores = new Map();
        found.version++;
        hooks.deleted?.(undefined, values);
      }
    },

    healthy(client) {
      let open = false;
      eachConnection((connection) => (open ||= connection.client === client && connection.ready && !connection.closed));
      return open && !faults.hung && !faults.quota && !faults.abort && !faults.refuse;
    },

    busy(client) {
      for (const { transactions, openings, connections } of databases.values()) {
        if (transactions.some(({ connection }) => connection.client === client)) return true;
        if (openings.some((opening) => opening.client === client)) return true;
        // The page has not been told yet.
        for (const one of connections) if (one.client === client && !one.ready && !one.closed) return true;
      }
      return false;
    },

    records() {
      return [...databases.values()].flatMap(({ stores }) => [...(stores?.values() ?? [])].flat());
    },

    exists: (name) => databases.get(name)?.stores !== undefined,

    tamper(key, value) {
      for (const { stores } of databases.values()) {
        for (const [name, records] of stores ?? []) {
          stores!.set(name, withRecord(records, key, value));
        }
      }
    },
  };
}
