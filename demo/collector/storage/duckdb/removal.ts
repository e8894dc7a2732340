import type { DuckDBConnection } from '@duckdb/node-api';
import type { Selection } from '../../model/query.ts';
import { statement } from './binding.ts';
import { pointer, where } from './where.ts';

/** Events that are changed in one transaction: what they were and are has to fit into memory. */
const BATCH = 20_000;

/** Removes the selected events, all or none. */
export async function removeEvents(connection: DuckDBConnection, selection: Selection): Promise<void> {
  const { sql, values } = statement((bind) => `DELETE FROM events WHERE ${where(selection, bind)}`);
  await connection.run(sql, values);
}

export async function isEmpty(connection: DuckDBConnection, collection: string): Promise<boolean> {
  return !(await connection.runAndReadAll('SELECT 1 FROM events WHERE collection = $1 LIMIT 1', [collection])).getRows()
    .length;
}

/**
 * Takes a property out of all events of a collection that are there now. Broken off midway, it can be done again.
 * @param between is called after each transaction, while no row is being changed
 */
export async function removeProperty(
  connection: DuckDBConnection,
  collection: string,
  path: string,
  between: () => void,
): Promise<void> {
  const [bounds] = (
    await connection.runAndReadAll('SELECT min(rowid), max(rowid) FROM events WHERE collection = $1', [collection])
  ).getRows();
  const [first, last] = bounds as [bigint | null, bigint];
  if (first === null) return;
  // RFC 7396: null in a patch removes.
  const patch = path.split('.').reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), null);
  for (let start = first; start <= last; start += BigInt(BATCH)) {
    await connection.run(
      `UPDATE events SET event = json_merge_patch(event, $1::JSON)
       WHERE rowid >= $2 AND rowid < $3 AND collection = $4 AND json_exists(event, $5)`,
      [JSON.stringify(patch), start, start + BigInt(BATCH), collection, pointer(path)],
    );
    between();
  }
}
