import { dirname, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { makeFolder } from '../../model/make-folder.ts';
import { checkFile } from './check-file.ts';
import { migrate } from './migrate.ts';

/**
 * Opens the database file, creating the file and missing tables. DuckDB locks the file, so only one process can open
 * it.
 * @param now milliseconds since 1970, for migrated keys
 * @param options DuckDB's settings, such as `memory_limit`
 * @throws if the file cannot be opened, is locked, is not a database, or was written by a newer collector
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
    await migrate(connection, now);
  } catch (error) {
    database.closeSync();
    throw error;
  } finally {
    connection.closeSync();
  }
  return database;
}
