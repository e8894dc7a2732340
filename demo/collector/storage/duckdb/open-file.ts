import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { checkFile } from './check-file.ts';
import { migrate } from './migrate.ts';

/**
 * Opens the database file with every table that there has to be, or makes it. One process at a time: DuckDB locks the file.
 * @throws if the file cannot be opened, is locked, or is not a database
 */
export async function openFile(
  file: string,
  now: number,
  options: Record<string, string> = {},
): Promise<DuckDBInstance> {
  // As a path from the root: DuckDB has special meanings for names such as `:memory:`.
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true });
  checkFile(path);
  const database = await DuckDBInstance.create(path, {
    // A query that does not fit into memory is refused. Spilling it to disk could fill the disk, and then nothing could be recorded.
    // (DuckDB 1.5 does not heed `max_temp_directory_size` here. And this has to come first: the next option locks it.)
    temp_directory: '',
    // Nothing that a query says may reach beyond this file or the network.
    enable_external_access: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // For a new file. One of 0.1.0 stays as it is, and only packs its events less tightly.
    storage_compatibility_version: 'v1.5.0',
    ...options,
  });
  const connection = await database.connect();
  await migrate(connection, now);
  connection.closeSync();
  return database;
}
