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
import type { Random } from './random.ts';
import { execute } from './records.ts';

/** Transactions of a database, one after the other; `closed` hears of each connection that has one less. */
export function createTransactions(
  { tell, later }: DiskTime,
  random: Random,
  faults: DiskFaults,
  hooks: DiskHooks,
  closed: (connection: Connection) => void,
) {
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
    closed(connection);
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
      const { client } = transaction.connection;
      const change = transaction.changes.at(-1);
      if (next.operation.kind === 'getAll') hooks.read?.(client, next.request.result);
      if (next.operation.kind === 'delete' && change?.kind === 'delete')
        hooks.erased?.(client, change.range, change.values);
      answer(transaction, next.request);
      step(database);
    });
  };

  const activate = (transaction: Transaction) => {
    transaction.active = true;
    activated.add(transaction);
  };

  return {
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

    crash: () => activated.clear(),
  };
}
