import { compareKeys, type Key, type KeyRange } from './key-range.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** A page as the disk sees it. */
export interface Client {
  alive: boolean;
  /** Runs in the page's event loop, if it still lives. */
  task(ms: number, run: () => void): void;
  /** In the back/forward cache a page that is in the way is thrown out; true where that was so. */
  evict(): boolean;
}

export class Request {
  result: any;
  error: DOMException | null = null;
  transaction: Transaction | null = null;
  onsuccess: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onupgradeneeded: (() => void) | null = null;
  onblocked: (() => void) | null = null;
}

export type Operation =
  | { kind: 'put'; key: Key; value: unknown }
  | { kind: 'delete'; range: KeyRange }
  | { kind: 'getAll' | 'getAllKeys'; range: KeyRange | undefined; limit: number }
  | { kind: 'count'; range: KeyRange | undefined };

/** What a committed transaction changed. */
export type Change = { kind: 'put'; key: Key; value: unknown } | { kind: 'delete'; range: KeyRange; values: unknown[] };

type Records = [key: Key, value: unknown][];

export interface Connection {
  client: Client;
  database: Database;
  /** The page has it. */
  ready: boolean;
  closed: boolean;
  onclose(): void;
  onversionchange(): void;
}

export interface Transaction {
  connection: Connection;
  store: string;
  active: boolean;
  commitCalled: boolean;
  finished: boolean;
  stepping: boolean;
  /** Requests whose answer has not reached the page. */
  undone: Set<Request>;
  work: Records | undefined;
  changes: Change[];
  waiting: { operation: Operation; request: Request; store: string }[];
  error: DOMException | null;
  oncomplete(): void;
  onabort(): void;
  onerror(): void;
}

interface Opening {
  client: Client;
  request: Request;
  connect: ((connection: Connection) => unknown) | undefined;
}

export interface Database {
  name: string;
  /** undefined: does not exist. */
  stores: Map<string, Records> | undefined;
  connections: Set<Connection>;
  transactions: Transaction[];
  openings: Opening[];
  busy: boolean;
}

export interface DiskHooks {
  put?(client: Client, value: unknown): void;
  commitCalled?(client: Client, transaction: Transaction): void;
  committed?(client: Client, changes: Change[]): void;
  deleted?(client: Client | undefined, values: unknown[]): void;
  fault?(name: string): void;
}

/**
 * The browser's side of IndexedDB: databases of an origin and their transactions, one after the other. Only what was committed
 * survives a crash of the browser; a crash of a page also leaves what it had asked to commit.
 */
export function createDisk(scheduler: Pick<Scheduler, 'after' | 'now'>, random: Random, hooks: DiskHooks = {}) {
  const databases = new Map<string, Database>();
  const activated = new Set<Transaction>();
  let stalled: (() => void)[] = [];
  /** What is under way dies with the browser. */
  let generation = 0;
  const faults = { hung: false, quota: false, abort: 0, refuse: '' as '' | 'throw' | 'error' };

  const latency = () => (random.chance(0.02) ? random.between(5, 60) : random.between(0.02, 1.5));

  const told = new Map<Client, number>();

  /** Something reaches the page, never before what was on its way already. */
  const tell = (client: Client, run: () => void) => {
    // Not at the same time: a sum of fractions may come out a little smaller.
    const due = Math.max(scheduler.now() + latency() / 4, (told.get(client) ?? 0) + 0.001);
    told.set(client, due);
    client.task(due - scheduler.now(), run);
  };

  const later = (run: () => void) => {
    const born = generation;
    const go = () => {
      if (born !== generation) return;
      if (faults.hung) stalled.push(go);
      else run();
    };
    scheduler.after(latency(), go);
  };

  const database = (name: string): Database => {
    let found = databases.get(name);
    if (!found) {
      found = { name, stores: undefined, connections: new Set(), transactions: [], openings: [], busy: false };
      databases.set(name, found);
    }
    return found;
  };

  const find = (records: Records, key: Key) => {
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(records[middle]![0], key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const execute = (transaction: Transaction, operation: Operation): unknown => {
    const records = transaction.work!;
    if (operation.kind === 'put') {
      const { key, value } = operation;
      const at = find(records, key);
      const exists = at < records.length && compareKeys(records[at]![0], key) === 0;
      records.splice(at, exists ? 1 : 0, [key, value]);
      transaction.changes.push({ kind: 'put', key, value });
      return key;
    }
    const found = records.filter(([key]) => operation.range?.includes(key) ?? true);
    if (operation.kind === 'count') return found.length;
    if (operation.kind === 'delete') {
      transaction.work = records.filter((record) => !found.includes(record));
      transaction.changes.push({ kind: 'delete', range: operation.range, values: found.map(([, value]) => value) });
      return undefined;
    }
    const some = operation.limit ? found.slice(0, operation.limit) : found;
    return some.map(([key, value]) => (operation.kind === 'getAll' ? structuredClone(value) : key));
  };

  const answer = (transaction: Transaction, request: Request) => {
    tell(transaction.connection.client, () => {
      if (!transaction.undone.delete(request)) return;
      if (!transaction.finished) activate(transaction);
      request.onsuccess?.();
    });
  };

  const finish = (transaction: Transaction) => {
    const { connection } = transaction;
    transaction.finished = true;
    transaction.active = false;
    const { database } = connection;
    database.transactions = database.transactions.filter((other) => other !== transaction);
    disconnect(connection);
    step(database);
  };

  const abort = (transaction: Transaction, error: DOMException | null) => {
    if (transaction.finished) return;
    const undone = [...transaction.undone];
    transaction.undone.clear();
    transaction.error = error;
    tell(transaction.connection.client, () => {
      for (const request of undone) {
        request.error = new DOMException('The transaction was aborted.', 'AbortError');
        request.onerror?.();
        transaction.onerror();
      }
      transaction.onabort();
    });
    finish(transaction);
  };

  const commit = (transaction: Transaction) => {
    const { changes, connection } = transaction;
    const puts = changes.some(({ kind }) => kind === 'put');
    if (faults.quota && puts) {
      hooks.fault?.('quota');
      abort(transaction, new DOMException('There is no room left.', 'QuotaExceededError'));
    } else if (faults.abort && random.chance(faults.abort)) {
      hooks.fault?.('abort');
      abort(transaction, new DOMException('Something went wrong on disk.', 'UnknownError'));
    } else {
      connection.database.stores?.set(transaction.store, transaction.work!);
      hooks.committed?.(connection.client, changes);
      tell(connection.client, () => transaction.oncomplete());
      finish(transaction);
    }
  };

  /** Brings the oldest transaction of the database forward. */
  const step = (database: Database) => {
    const transaction = database.transactions[0];
    if (!transaction || transaction.stepping) return;
    transaction.work ??= [...database.stores!.get(transaction.store)!];
    const next = transaction.waiting.shift();
    const mayCommit = transaction.commitCalled || (!transaction.active && !transaction.undone.size);
    if (!next && !mayCommit) return;
    transaction.stepping = true;
    later(() => {
      transaction.stepping = false;
      if (transaction.finished) return;
      if (!next) return commit(transaction);
      next.request.result = execute(transaction, next.operation);
      answer(transaction, next.request);
      step(database);
    });
  };

  const activate = (transaction: Transaction) => {
    transaction.active = true;
    activated.add(transaction);
  };

  /** A connection that was closed is gone when its last transaction is. */
  const disconnect = (connection: Connection) => {
    const { database } = connection;
    if (!connection.closed || database.transactions.some((one) => one.connection === connection)) return;
    if (database.connections.delete(connection)) serve(database);
  };

  /** Opens and deletes a database, one request after the other. */
  const serve = (database: Database) => {
    const head = database.openings[0];
    if (!head) return;
    const { client, request, connect } = head;
    let done = false;
    const next = () => {
      if (done) return;
      done = true;
      database.openings.shift();
      database.busy = false;
      serve(database);
    };
    if (!client.alive && !database.busy) return next();
    if (!connect) {
      if (!database.busy) {
        database.busy = true;
        for (const connection of database.connections) {
          if (!connection.client.evict()) tell(connection.client, () => connection.onversionchange());
        }
      }
      if (database.connections.size) return;
      // Only once, however often it is asked.
      database.openings[0] = { ...head, connect: () => {} };
      later(() => {
        const values = [...(database.stores?.values() ?? [])].flat().map(([, value]) => value);
        database.stores = undefined;
        hooks.deleted?.(client, values);
        tell(client, () => request.onsuccess?.());
        next();
      });
      return;
    }
    if (database.busy) return;
    database.busy = true;
    later(() => {
      if (!client.alive) return next();
      if (faults.refuse === 'error') {
        hooks.fault?.('refuse');
        request.error = new DOMException('The database could not be opened.', 'UnknownError');
        tell(client, () => request.onerror?.());
        return next();
      }
      const connection = {} as Connection;
      const opened = () => {
        database.connections.add(connection);
        tell(client, () => {
          connection.ready = true;
          request.onsuccess?.();
        });
        next();
      };
      Object.assign(connection, { client, database, ready: false, closed: false });
      request.result = connect(connection);
      if (database.stores) return opened();
      // A page that dies while it sets the database up leaves none.
      const stores = (upgrading = new Map<string, Records>());
      tell(client, () => {
        request.onupgradeneeded?.();
        later(() => {
          if (!client.alive) return next();
          database.stores = stores;
          opened();
        });
      });
      // Should the page never get to it.
      watch(client, () => !database.stores && database.openings[0]?.request === request && next());
    });
  };

  let upgrading: Map<string, Records> | undefined;
  const watchers = new Map<Client, (() => unknown)[]>();
  const watch = (client: Client, run: () => unknown) => {
    watchers.set(client, [...(watchers.get(client) ?? []), run]);
  };

  const forceClose = (connection: Connection, aloud: boolean) => {
    if (connection.closed) return;
    connection.closed = true;
    for (const transaction of [...connection.database.transactions]) {
      if (transaction.connection === connection) abort(transaction, new DOMException('Connection to the database lost.', 'AbortError'));
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

    createStore(name: string) {
      upgrading!.set(name, []);
    },

    close(connection: Connection) {
      connection.closed = true;
      disconnect(connection);
    },

    begin(transaction: Transaction) {
      activate(transaction);
      transaction.connection.database.transactions.push(transaction);
    },

    ask(transaction: Transaction, operation: Operation): Request {
      const request = new Request();
      request.transaction = transaction;
      if (operation.kind === 'put') hooks.put?.(transaction.connection.client, operation.value);
      transaction.undone.add(request);
      transaction.waiting.push({ operation, request, store: transaction.store });
      step(transaction.connection.database);
      return request;
    },

    commit(transaction: Transaction) {
      transaction.commitCalled = true;
      transaction.active = false;
      hooks.commitCalled?.(transaction.connection.client, transaction);
      step(transaction.connection.database);
    },

    abort,

    /** The page's task and its microtasks are over: transactions that it left take no more requests. */
    settle() {
      for (const transaction of activated) {
        activated.delete(transaction);
        transaction.active = false;
        step(transaction.connection.database);
      }
    },

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
      for (const found of databases.values()) {
        // A deletion that still waits for others is given up; one that does not goes on.
        if (found.openings[0]?.client === client && !found.openings[0].connect && found.connections.size) {
          found.openings.shift();
          found.busy = false;
        }
        found.openings = found.openings.filter((opening, index) => (index === 0 && found.busy) || opening.client !== client);
        serve(found);
      }
      for (const run of watchers.get(client) ?? []) run();
      watchers.delete(client);
    },

    /** The whole browser is gone. */
    crash() {
      generation++;
      stalled = [];
      faults.hung = false;
      activated.clear();
      watchers.clear();
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
      const waiting = stalled;
      stalled = [];
      for (const run of waiting) run();
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
          const at = find(records, key);
          const exists = at < records.length && compareKeys(records[at]![0], key) === 0;
          stores!.set(name, [...records.slice(0, at), [key, value], ...records.slice(at + +exists)]);
        }
      }
    },
  };
}

export type Disk = ReturnType<typeof createDisk>;
