import { existsSync } from 'node:fs';
import { SettingsError } from '../../model/settings-error.ts';
import type { Keys } from '../storage.ts';
import { createKeys } from './keys.ts';
import { openFile } from './open-file.ts';

export interface OpenKeys {
  keys: Keys;
  close(): void;
}

/**
 * Opens the database of a stopped collector only for its keys, without loading tokens and schema.
 * @returns `undefined` if a running collector has locked the file
 * @throws SettingsError if the file does not exist or is not a database
 */
export async function openKeys(file: string): Promise<OpenKeys | undefined> {
  if (!existsSync(file))
    throw new SettingsError(
      `There is no database at ${file}. The collector creates it, with its keys, on its first start.`,
    );
  const database = await openFile(file, Date.now()).catch((error: Error) => {
    if (/Could not set lock/i.test(error.message)) return undefined;
    throw error;
  });
  if (!database) return undefined;
  const connection = await database.connect();
  return {
    keys: createKeys(connection, (task) => task()),
    close() {
      connection.closeSync();
      database.closeSync();
    },
  };
}
