import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import { KEY_CLASSES, type KeyClass } from '../keys/keys.ts';
import type { Identity } from './storage.ts';

export async function readIdentity(connection: DuckDBConnection): Promise<Identity> {
  const [project] = (await connection.runAndReadAll('SELECT project_id FROM identity')).getRows();
  const hashes: Identity['hashes'] = {};
  for (const [of, sha256] of (await connection.runAndReadAll('SELECT class, sha256 FROM keys')).getRows()) {
    if (KEY_CLASSES.includes(of as KeyClass)) hashes[of as KeyClass] = Buffer.from((sha256 as DuckDBBlobValue).bytes);
  }
  return { ...(project && { projectId: project[0] as string }), hashes };
}

/** Replaces all of it in one transaction. */
export async function writeIdentity(connection: DuckDBConnection, { projectId, hashes }: Required<Identity>): Promise<void> {
  await connection.run('BEGIN TRANSACTION');
  await connection.run('DELETE FROM identity');
  await connection.run('INSERT INTO identity VALUES ($1)', [projectId]);
  for (const of of KEY_CLASSES) {
    if (hashes[of]) await connection.run('INSERT OR REPLACE INTO keys VALUES ($1, unhex($2))', [of, hashes[of].toString('hex')]);
  }
  await connection.run('COMMIT');
}
