import { existsSync } from 'node:fs';
import { SettingsError } from '../../model/settings-error.ts';
import type { Keys } from '../storage.ts';
import { readKeys, writeKeys } from './keys.ts';
import { openFile } from './open-file.ts';
import { inTransaction } from './transaction.ts';

/**
 * Opens the database of a stopped collector for its keys alone, without reading what recording needs.
 * @returns nothing where a running collector has it
 * @throws SettingsError where there is no such file
 */
export async function openKeys(file: string): Promise<{ keys: Keys; close(): void } | undefined> {
  if (!existsSync(file))
    throw new SettingsError(
      `There is no database at ${file}. The collector makes it, and its keys, when it first starts.`,
    );
  const database = await openFile(file, Date.now()).catch((error: Error) => {
    if (/Could not set lock/i.test(error.message)) return undefined;
    throw error;
  });
  if (!database) return undefined;
  const connection = await database.connect();
  return {
    keys: {
      read: () => readKeys(connection),
      write: (change) => inTransaction(connection, () => writeKeys(connection, change)),
    },
    close() {
      connection.closeSync();
      database.closeSync();
    },
  };
}
