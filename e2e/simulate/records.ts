import type { Operation, Records, Transaction } from './disk-model.ts';
import { compareKeys, type Key } from './key-range.ts';

/** Where the key is or would be. */
function find(records: Records, key: Key): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(records[middle]![0], key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The same records with one more, or another in its place. */
export function withRecord(records: Records, key: Key, value: unknown): Records {
  const at = find(records, key);
  const exists = at < records.length && compareKeys(records[at]![0], key) === 0;
  return [...records.slice(0, at), [key, value], ...records.slice(at + +exists)];
}

/** Does to the transaction's own records what was asked; the request's result. */
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
