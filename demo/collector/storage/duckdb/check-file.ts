import { closeSync, openSync, readSync } from 'node:fs';
import { SettingsError } from '../../model/settings-error.ts';

/**
 * Throws where the file is something else. DuckDB by itself would read a JSON or CSV file as a database that lives in memory, and
 * everything recorded would be gone at the end.
 */
export function checkFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const start = Buffer.alloc(12);
    const length = readSync(file, start);
    if (length && start.toString('latin1', 8) !== 'DUCK') throw new SettingsError(`${path} is not a DuckDB database.`);
  } finally {
    closeSync(file);
  }
}
