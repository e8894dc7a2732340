import { type Client, type Connection, type Database, type DiskHooks, Request } from './disk-model.ts';
import { createDiskTime } from './disk-time.ts';
import type { Key } from './key-range.ts';
import { createOpenings } from './openings.ts';
import type { Random } from './random.ts';
import { withRecord } from './records.ts';
import type { Scheduler } from './scheduler.ts';
import { createTransactions } from './transactions.ts';

/** What is wrong with it: it does not answer, has no room, how likely a commit is to fail, or how it refuses to open. */
export interface DiskFaults {
  hung: boolean;
  quota: boolean;
  abort: number;
  refuse: '' | 'throw' | 'error';
}

/**
 * The browser's side of IndexedDB: databases of an origin and their transactions, one after the other. Only what was committed
 * survives a crash of the browser; a crash of a page also leaves what it had asked to commit.
 */
export function createDisk(scheduler: Pick<Scheduler, 'after' | 'now'>, random: Random, hooks: DiskHooks = {}) {
  const databases = new Map<string, Database>();
  const faults: DiskFaults = { hung: false, quota: false, abort: 0, refuse: '' };
  const time = createDiskTime(scheduler, random, () => faults.hung);
  const { tell } = time;
  const { serve, disconnect, ...openings } = createOpenings(time, faults, hooks);
  const { abort, settle, crash, ...transactions } = createTransactions(time, random, faults, hooks, disconnect);

  const database = (name: string): Database => {
    let found = databases.get(name);
    if (!found) {
      found = { name, stores: undefined, connections: new Set(), transactions: [], openings: [], busy: false };
      databases.set(name, found);
    }
    return found;
  };

  const forceClose = (connection: Connection, aloud: boolean) => {
    if (connection.closed) return;
    connection.closed = true;
    for (const transaction of [...connection.database.transactions]) {
      if (transaction.connection === connection)
        abort(transaction, new DOMException('Connection to the database lost.', 'AbortError'));
    }
    if (aloud) tell(connection.client, () => connection.onclose());
    disconnect(connection);
  };

  const each = (run: (connection: Connection) => void) => {
    for (const { connections } of databases.values()) for (const connection of [...connections]) run(connection);
  };

  return {
    faults,
    hooks,

    open(client: Client, name: string, connect: (connection: Connection) => unknown): Request {
      const request = new Request();
      database(name).openings.push({ client, request, connect });
      serve(database(name));
      return request;
    },

    remove(client: Client, name: string): Request {
      const request = new Request();
      database(name).openings.push({ client, request, connect: undefined });
      serve(database(name));
      return request;
    },

    createStore: openings.createStore,

    close(connection: Connection) {
      connection.closed = true;
      disconnect(connection);
    },

    ...transactions,
    abort,

    /** The page's task and its microtasks are over: transactions that it left take no more requests. */
    settle,

    /** The page is gone. */
    leave(client: Client) {
      each((connection) => {
        if (connection.client !== client) return;
        connection.closed = true;
        for (const transaction of [...connection.database.transactions]) {
          if (transaction.connection === connection && !transaction.commitCalled) abort(transaction, null);
        }
        disconnect(connection);
      });
      openings.leave(client, databases.values());
    },

    /** The whole browser is gone. */
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

    /** Answers again; `lost`: but every connection from before is dead. */
    wake(lost: boolean) {
      if (!faults.hung) return;
      faults.hung = false;
      if (lost) each((connection) => forceClose(connection, true));
      time.wake();
    },

    /** The browser drops the page's connections, with or without a word. */
    lose(client: Client, tell: boolean) {
      each((connection) => connection.client === client && forceClose(connection, tell));
    },

    /** The visitor clears the origin's data: what was open is closed by force. */
    clear() {
      each((connection) => forceClose(connection, true));
      for (const found of databases.values()) {
        // What pages that are gone had asked to commit.
        for (const transaction of [...found.transactions]) abort(transaction, null);
        const values = [...(found.stores?.values() ?? [])].flat().map(([, value]) => value);
        if (found.busy) continue;
        found.stores = undefined;
        hooks.deleted?.(undefined, values);
      }
    },

    /** Whether the page could store something right now. */
    healthy(client: Client): boolean {
      let open = false;
      each((connection) => (open ||= connection.client === client && connection.ready && !connection.closed));
      return open && !faults.hung && !faults.quota && !faults.abort && !faults.refuse;
    },

    /** Whether something of the page is under way. */
    busy(client: Client): boolean {
      for (const { transactions, openings } of databases.values()) {
        if (transactions.some(({ connection }) => connection.client === client)) return true;
        if (openings.some((opening) => opening.client === client)) return true;
      }
      return false;
    },

    /** All that is committed. */
    records(): [Key, unknown][] {
      return [...databases.values()].flatMap(({ stores }) => [...(stores?.values() ?? [])].flat());
    },

    exists: (name: string) => databases.get(name)?.stores !== undefined,

    /** Another script of the origin puts something there. */
    tamper(key: Key, value: unknown) {
      for (const { stores } of databases.values()) {
        for (const [name, records] of stores ?? []) {
          stores!.set(name, withRecord(records, key, value));
        }
      }
    },
  };
}

export type Disk = ReturnType<typeof createDisk>;
