import type { DuckDBBlobValue, DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { KeyChange, KeyEntry } from '../../model/key-entry.ts';
import type { Keys } from '../storage.ts';
import type { Commit } from './commit-memory.ts';
import { fromTimestamp, toTimestamp } from './time.ts';
import { inTransaction } from './transaction.ts';

/** @param run runs a task while no other one uses the connection */
export function createKeys(
  connection: DuckDBConnection,
  run: <T>(task: () => Promise<T>) => Promise<T>,
  commit?: Commit,
): Keys {
  const watchers = new Set<(keys: KeyEntry[]) => void>();
  return {
    read: () => run(() => readKeys(connection)),
    write: (change) =>
      run(async () => {
        await inTransaction(connection, () => writeKeys(connection, change), commit);
        if (!watchers.size) return;
        const { keys } = await readKeys(connection);
        for (const changed of watchers) changed(keys);
      }),
    watch(changed) {
      watchers.add(changed);
      return () => void watchers.delete(changed);
    },
    isCurrent: () => true,
  };
}

export async function readKeys(connection: DuckDBConnection): Promise<{ projectId?: string; keys: KeyEntry[] }> {
  const [project] = (await connection.runAndReadAll('SELECT project_id FROM identity')).getRows();
  const rows = await connection.runAndReadAll(
    'SELECT id, sha256, class, name, active, permitted, options, created_at FROM issued_keys ORDER BY created_at, id',
  );
  return { ...(project && { projectId: project[0] as string }), keys: rows.getRows().map(toKey) };
}

/** Runs within the caller's transaction. */
export async function writeKeys(
  connection: DuckDBConnection,
  { projectId, put = [], remove = [] }: KeyChange,
): Promise<void> {
  if (projectId !== undefined) {
    await connection.run('DELETE FROM identity');
    await connection.run('INSERT INTO identity VALUES ($1)', [projectId]);
  }
  for (const { id, sha256, class: keyClass, name, active, permitted, options, createdAt } of put) {
    await connection.run('INSERT OR REPLACE INTO issued_keys VALUES ($1, unhex($2), $3, $4, $5, $6, $7, $8)', [
      id,
      sha256.toString('hex'),
      keyClass,
      name,
      active,
      JSON.stringify(permitted),
      JSON.stringify(options),
      toTimestamp(createdAt),
    ]);
  }
  for (const id of remove) await connection.run('DELETE FROM issued_keys WHERE id = $1', [id]);
}

const toKey = ([id, sha256, keyClass, name, active, permitted, options, createdAt]: DuckDBValue[]): KeyEntry => ({
  id: id as string,
  sha256: Buffer.from((sha256 as DuckDBBlobValue).bytes),
  class: keyClass as KeyEntry['class'],
  name: name as string,
  active: active as boolean,
  permitted: JSON.parse(permitted as string) as KeyEntry['permitted'],
  options: JSON.parse(options as string) as KeyEntry['options'],
  createdAt: fromTimestamp(createdAt),
});
