import type { Operation, Records, Transaction } from './disk-model.ts';
import { compareKeys, type Key } from './key-range.ts';

/** The index of the first record with this key or a higher one. */
function findIndex(records: Records, key: Key): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(records[middle]![0], key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A copy of the records with this one added or replaced. */
export function withRecord(records: Records, key: Key, value: unknown): Records {
  const at = findIndex(records, key);
  const exists = at < records.length && compareKeys(records[at]![0], key) === 0;
  return [...records.slice(0, at), [key, value], ...records.slice(at + +exists)];
}

/** Executes an operation on the transaction's own records; the request's result. */
export function execute(transaction: Transaction, operation: Operation): unknown {
  const records = transaction.work!;
  if (operation.kind === 'put') {
    const { key, value } = operation;
    transaction.work = withRecord(records, key, value);
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
}
