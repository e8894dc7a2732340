import { closeSync, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { SettingsError } from '../../model/settings-error.ts';

/** The magic bytes of a DuckDB file, and their offset. */
const MAGIC = { text: 'DUCK', offset: 8 };

/**
 * Rejects a file that is not a DuckDB database. DuckDB itself would open a JSON or CSV file as a database in memory,
 * and lose all events at the end. A missing or empty file passes.
 * @throws SettingsError
 */
export function checkFile(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) {
    // For example to a disk that is not mounted. The collector must not begin anew beside it.
    if (lstatSync(path, { throwIfNoEntry: false }))
      throw new SettingsError(`${path} is a link to a file that does not exist.`);
    return;
  }
  // The open of a pipe would wait for its other end.
  if (!status.isFile()) throw new SettingsError(`${path} is no file.`);
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(MAGIC.offset + MAGIC.text.length);
    const length = readSync(file, start);
    if (length && start.toString('latin1', MAGIC.offset) !== MAGIC.text)
      throw new SettingsError(`${path} is not a DuckDB database.`);
  } finally {
    closeSync(file);
  }
}
