import type { DiskFaults } from './disk.ts';
import type { Client, Connection, Database, DiskHooks, Records } from './disk-model.ts';
import type { DiskTime } from './disk-time.ts';

/** Who has a database open, and who wants to open or delete it. */
export function createOpenings({ tell, later }: DiskTime, faults: DiskFaults, hooks: DiskHooks) {
  /** The stores of a database that is being set up. */
  let upgrading: Map<string, Records> | undefined;
  /** What follows when a page is gone in the middle of that. */
  const watchers = new Map<Client, (() => unknown)[]>();
  const watch = (client: Client, run: () => unknown) => {
    watchers.set(client, [...(watchers.get(client) ?? []), run]);
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

  return {
    disconnect,
    serve,

    createStore(name: string) {
      upgrading!.set(name, []);
    },

    leave(client: Client, databases: Iterable<Database>) {
      for (const found of databases) {
        // A deletion that still waits for others is given up; one that does not goes on.
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
