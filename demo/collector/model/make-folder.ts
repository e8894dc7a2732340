import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SettingsError } from './settings-error.ts';

/**
 * Creates a folder and those above it. Node's own recursive creation repeats for ever if a file system says that the
 * folder above is missing although it is there, as /proc does.
 * @throws SettingsError if the folder cannot be created
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new SettingsError(`The folder ${path} cannot be created (${code}).`);
  }
}
