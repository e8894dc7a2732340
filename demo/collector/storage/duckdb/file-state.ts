import { existsSync, statSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { SettingsError } from '../../model/settings-error.ts';
import { inTransaction } from './transaction.ts';

// A running collector's latest commits are in the log beside the file (`FILE.wal`). The file itself says that it is open,
// and where: a copy without the log has another inode.

/** @param path must exist */
const placeOf = (path: string): string => String(statSync(path, { bigint: true }).ino);

/** The log of a database file. */
export const logOf = (path: string): string => `${path}.wal`;

/**
 * Rejects a file that was copied without its log. Call it before the first change.
 * @param tables names of the file's tables
 * @param hadLog whether there was a log before the file was opened
 * @throws SettingsError
 */
export async function checkComplete(
  connection: DuckDBConnection,
  path: string,
  tables: ReadonlySet<string>,
  hadLog: boolean,
): Promise<void> {
  if (hadLog) return;
  // A new file gets its name only when it has its tables.
  if (!tables.has('identity')) throw lostLog(path);
  if (!tables.has('file_state')) return; // of an older collector
  const [row] = (await connection.runAndReadAll('SELECT state, place FROM file_state')).getRows();
  if (row?.[0] === 'open' && row[1] !== placeOf(path)) throw lostLog(path);
}

const lostLog = (path: string) =>
  new SettingsError(
    `${path} was copied from a running collector without its log (${logOf(path)}), so its latest events are missing. Take a copy with "backup", or copy both files of a stopped collector. If this is all there is, "restore FILE --incomplete" takes it.`,
  );

/** @throws SettingsError for a log without its database, which DuckDB would apply to a new one */
export function checkLog(path: string): void {
  if (!existsSync(path) && existsSync(logOf(path)))
    throw new SettingsError(
      `${logOf(path)} is the log of a database that is missing. Put ${path} back, or move the log away.`,
    );
}

/** Writes into the log that the file at this path is open. */
export const markOpen = (connection: DuckDBConnection, path: string) => mark(connection, 'open', placeOf(path));

/** Writes into the log that the file is complete with all that is in the log. */
export const markComplete = (connection: DuckDBConnection) => mark(connection, 'complete', '');

export async function isMarkedOpen(connection: DuckDBConnection, path: string): Promise<boolean> {
  const [row] = (await connection.runAndReadAll('SELECT state, place FROM file_state')).getRows();
  return row?.[0] === 'open' && row[1] === placeOf(path);
}

const mark = (connection: DuckDBConnection, state: 'open' | 'complete', place: string) =>
  inTransaction(connection, async () => {
    await connection.run('DELETE FROM file_state');
    await connection.run('INSERT INTO file_state VALUES ($1, $2)', [state, place]);
  });
