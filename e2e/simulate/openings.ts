import type { DiskFaults } from './disk.ts';
import type { Client, Connection, Database, DiskHooks, Opening, Records } from './disk-model.ts';
import type { DiskTime } from './disk-time.ts';

/** The connections to each database, and the requests to open or delete it, which run one after the other. */
export interface Openings {
  /** Call it when a connection was closed or one of its transactions has ended. */
  disconnect(connection: Connection): void;
  /** Runs the next request to open or delete the database, if it can run now. */
  serve(database: Database): void;
  /** The page's `createObjectStore`, in an upgrade. */
  createStore(name: string): void;
  /** The page is gone. */
  leave(client: Client, databases: Iterable<Database>): void;
  crash(): void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createOpenings({ tell, later }: DiskTime, faults: DiskFaults, hooks: DiskHooks): Openings {
  /** The stores of the database that is being set up. */
  let upgrading: Map<string, Records> | undefined;
  /** Called if a page is gone while it sets a database up. */
  const watchers = new Map<Client, (() => unknown)[]>();
  const watch = (client: Client, run: () => unknown) => {
    watchers.set(client, [...(watchers.get(client) ?? []), run]);
  };

  const disconnect = (connection: Connection) => {
    const { database } = connection;
    // A closed connection is gone once its last transaction has ended.
    if (!connection.closed || database.transactions.some((one) => one.connection === connection)) return;
    if (database.connections.delete(connection)) serve(database);
  };

  /** Deletes a database once all connections to it are closed. */
  const remove = (database: Database, head: Opening, next: () => void) => {
    if (!database.busy) {
      database.busy = true;
      for (const connection of database.connections) {
        if (!connection.client.evict()) tell(connection.client, () => connection.onversionchange());
      }
    }
    if (database.connections.size) return;
    // A second call must not delete it again.
    database.openings[0] = { ...head, connect: () => {} };
    later(() => {
      const values = [...(database.stores?.values() ?? [])].flat().map(([, value]) => value);
      database.stores = undefined;
      hooks.deleted?.(head.client, values);
      tell(head.client, () => head.request.onsuccess?.());
      next();
    });
  };

  /** Lets a page set up a database that does not exist yet, or has a lower version. */
  const setUp = (database: Database, { client, request, version }: Opening, opened: () => void, next: () => void) => {
    // If the page dies in the upgrade, the database is as it was before.
    const stores = new Map<string, Records>(database.stores);
    let isSetUp = false;
    tell(client, () => {
      upgrading = stores;
      request.onupgradeneeded?.();
      later(() => {
        if (!client.alive) return next();
        isSetUp = true;
        Object.assign(database, { stores, version: version ?? 1 });
        opened();
      });
    });
    // The page may die before its upgrade begins.
    watch(client, () => !isSetUp && database.openings[0]?.request === request && next());
  };

  /** Asks the other connections to close; `resume` is called when they have. */
  const waitForOthers = (database: Database, head: Opening, resume: () => void) => {
    head.resume = resume;
    for (const connection of database.connections) {
      if (!connection.client.evict()) tell(connection.client, () => connection.onversionchange());
    }
  };

  const open = (database: Database, head: Opening, next: () => void) => {
    const { client, request } = head;
    if (!client.alive) return next();
    if (faults.refuse === 'error') {
      hooks.fault?.('refuse');
      request.error = new DOMException('The database could not be opened.', 'UnknownError');
      tell(client, () => request.onerror?.());
      return next();
    }
    if (database.stores && head.version! < database.version) {
      request.error = new DOMException('The database has a higher version.', 'VersionError');
      tell(client, () => request.onerror?.());
      return next();
    }
    const isUpgrade = !database.stores || head.version! > database.version;
    if (isUpgrade && database.connections.size) return waitForOthers(database, head, () => open(database, head, next));
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
    request.result = head.connect!(connection);
    if (isUpgrade) setUp(database, head, opened, next);
    else opened();
  };

  const serve = (database: Database) => {
    const head = database.openings[0];
    if (!head) return;
    let done = false;
    const next = () => {
      if (done) return;
      done = true;
      database.openings.shift();
      database.busy = false;
      serve(database);
    };
    if (!head.client.alive && !database.busy) return next();
    if (!head.connect) return remove(database, head, next);
    if (database.busy) {
      const { resume } = head;
      if (!resume || (head.client.alive && database.connections.size)) return;
      head.resume = undefined;
      return later(resume);
    }
    database.busy = true;
    later(() => open(database, head, next));
  };

  return {
    disconnect,
    serve,

    createStore(name) {
      upgrading!.set(name, []);
    },

    leave(client, databases) {
      for (const found of databases) {
        // A deletion that waits for other connections is dropped; one that has begun goes on.
        if (found.openings[0]?.client === client && !found.openings[0].connect && found.connections.size) {
          found.openings.shift();
          found.busy = false;
        }
        found.openings = found.openings.filter(
          (opening, index) => (index === 0 && found.busy) || opening.client !== client,
        );
        serve(found);
      }
      for (const run of watchers.get(client) ?? []) run();
      watchers.delete(client);
    },

    crash: () => watchers.clear(),
  };
}
