import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { makeFolder } from '../../model/make-folder.ts';
import { checkFile } from './check-file.ts';
import { checkComplete, checkLog, logOf, markComplete } from './file-state.ts';
import { giveName } from './give-name.ts';
import { migrate } from './migrate.ts';

/**
 * Opens the database file, creating the file and missing tables. DuckDB locks the file, so only one process can open
 * it.
 * @param now milliseconds since 1970, for migrated keys
 * @param options DuckDB's settings, such as `memory_limit`
 * @throws if the file cannot be opened, is locked, is not a database, has lost its log, or was written by a newer
 * collector
 */
export async function openFile(
  file: string,
  now: number,
  options: Record<string, string> = {},
): Promise<DuckDBInstance> {
  // An absolute path, because DuckDB gives names such as `:memory:` a meaning of their own.
  const path = resolve(file);
  makeFolder(dirname(path));
  checkFile(path);
  checkLog(path);
  if (!statSync(path, { throwIfNoEntry: false })?.size && !existsSync(logOf(path))) await createFile(path, now);
  const hadLog = existsSync(logOf(path));
  return open(path, options, async (connection) => {
    await checkComplete(connection, path, await tablesOf(connection), hadLog);
    await migrate(connection, now);
  });
}

/** Opens an existing database as it is, without migrating it. */
export async function openAsIs(path: string, options: Record<string, string> = {}): Promise<DuckDBInstance> {
  checkFile(path);
  return open(path, options, async () => {});
}

export async function tablesOf(connection: DuckDBConnection): Promise<Set<string>> {
  const rows = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()');
  return new Set(rows.getRows().map(([name]) => name as string));
}

/**
 * Makes an empty database under another name, and gives it its own once its tables are in it. So a file without tables
 * is one that has lost its log, and not one whose first start was interrupted.
 */
async function createFile(path: string, now: number): Promise<void> {
  const making = `${path}.${randomBytes(4).toString('hex')}.new`;
  try {
    const database = await open(making, {}, async (connection) => {
      await migrate(connection, now);
      await markComplete(connection);
      await connection.run('CHECKPOINT');
    });
    database.closeSync();
    removeEmpty(path, `${making}.old`);
    giveName(making, path);
  } finally {
    for (const left of [making, logOf(making)]) rmSync(left, { force: true });
  }
}

/**
 * Removes an empty file. It is moved first, and put back if it has content: another collector may have given its new
 * database this name in the meantime.
 */
function removeEmpty(path: string, aside: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.size !== 0) return;
  renameSync(path, aside);
  if (statSync(aside).size) giveName(aside, path);
  else rmSync(aside);
}

async function open(
  path: string,
  options: Record<string, string>,
  prepare: (connection: DuckDBConnection) => Promise<void>,
): Promise<DuckDBInstance> {
  const database = await DuckDBInstance.create(path, {
    // Without a folder for temporary files, a query that needs too much memory fails. If it spilled to disk, it could
    // fill the disk and stop recording. DuckDB 1.5 ignores `max_temp_directory_size` here. This option has to come
    // first, because the next one locks it.
    temp_directory: '',
    // No query may read other files or the network.
    enable_external_access: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Applies to new files. A file of 0.1.0 keeps its version and compresses events less.
    storage_compatibility_version: 'v1.5.0',
    ...options,
  });
  const connection = await database.connect();
  try {
    await prepare(connection);
  } catch (error) {
    connection.closeSync();
    database.closeSync();
    throw error;
  }
  connection.closeSync();
  return database;
}
