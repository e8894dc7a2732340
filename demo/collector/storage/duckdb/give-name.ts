import { closeSync, fsyncSync, linkSync, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { SettingsError } from '../../model/settings-error.ts';

/**
 * Renames a complete file without ever replacing another one, and makes the new name durable.
 * @throws SettingsError if there is a file of this name
 */
export function giveName(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new SettingsError(`There is already a file at ${to}.`);
    throw error;
  }
  unlinkSync(from);
  const folder = openSync(dirname(to), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
