import { createGroupCommit, type GroupCommit } from '../group-commit.ts';
import type { Client } from './client.ts';

/** Characters of an insert after which it takes no further rows. */
const MAX_CHARS = 32_000_000;

/**
 * A client whose inserts into one table share a statement while an earlier one runs. Each insert is synced to disk and
 * makes files to merge, so that many partitions would otherwise cost as many of both.
 */
export function groupInserts(client: Client): Client {
  const tables = new Map<string, GroupCommit<string>>();
  const tableOf = (table: string): GroupCommit<string> => {
    const known = tables.get(table) ?? createGroupCommit((rows) => client.insert(table, rows), lengthOf, MAX_CHARS);
    tables.set(table, known);
    return known;
  };
  return {
    ...client,
    // Not for nothing: a table without new rows is not asked at all.
    insert: async (table, rows) => {
      if (rows.length) await tableOf(table).add(rows);
    },
  };
}

const lengthOf = (row: string) => row.length;
