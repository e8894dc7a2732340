import type { Random } from '../../scripts/testing/random.ts';
import type { DiskFaults } from './disk.ts';
import {
  type Connection,
  type Database,
  type DiskHooks,
  type Operation,
  Request,
  type Transaction,
} from './disk-model.ts';
import type { DiskTime } from './disk-time.ts';
import { execute } from './records.ts';

/** The transactions of each database, which run one after the other. */
export interface Transactions {
  begin(transaction: Transaction): void;
  /** Queues a request of a transaction. */
  ask(transaction: Transaction, operation: Operation): Request;
  commit(transaction: Transaction): void;
  /** Ends a transaction without its changes; `error` is null if the page asked for it. */
  abort(transaction: Transaction, error: DOMException | null): void;
  /** The page's task and its microtasks are over: transactions that it left take no more requests. */
  settle(): void;
  crash(): void;
}

/** `ended` is called when a transaction of a connection has ended. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createTransactions(
  { tell, later }: DiskTime,
  random: Random,
  faults: DiskFaults,
  hooks: DiskHooks,
  ended: (connection: Connection) => void,
): Transactions {
  const activated = new Set<Transaction>();

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
    ended(connection);
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
      hooks.committed?.(connection.client, transaction.isTrim, changes);
      tell(connection.client, () => transaction.oncomplete());
      finish(transaction);
    }
  };

  const watch = (
    { connection, changes, isTrim }: Transaction,
    { operation, request }: Transaction['waiting'][number],
  ) => {
    const change = changes.at(-1);
    if (operation.kind === 'getAll') hooks.read?.(connection.client, request.result);
    else if (operation.kind === 'delete' && change?.kind === 'delete')
      hooks.erased?.(connection.client, isTrim, change.values);
  };

  /** Executes the next request of the oldest transaction, or commits it. */
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
      if (next.operation.kind === 'getAllKeys' && !next.request.result.length) transaction.isTrim = true;
      watch(transaction, next);
      answer(transaction, next.request);
      step(database);
    });
  };

  const activate = (transaction: Transaction) => {
    transaction.active = true;
    activated.add(transaction);
  };

  return {
    begin(transaction) {
      activate(transaction);
      transaction.connection.database.transactions.push(transaction);
    },

    ask(transaction, operation) {
      const request = new Request();
      request.transaction = transaction;
      if (operation.kind === 'put') hooks.put?.(transaction.connection.client, operation.value);
      transaction.undone.add(request);
      transaction.waiting.push({ operation, request });
      step(transaction.connection.database);
      return request;
    },

    commit(transaction) {
      transaction.commitCalled = true;
      transaction.active = false;
      hooks.commitCalled?.(transaction.connection.client, transaction);
      step(transaction.connection.database);
    },

    abort,

    settle() {
      for (const transaction of activated) {
        activated.delete(transaction);
        transaction.active = false;
        step(transaction.connection.database);
      }
    },

    crash: () => activated.clear(),
  };
}
