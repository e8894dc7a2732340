import { readFileSync, statSync } from 'node:fs';
import { nearest } from '../model/nearest.ts';
import { SettingsError } from '../model/settings-error.ts';
import { SETTING_NAMES, type SettingName } from './settings.ts';

/**
 * Reads the settings of a JSON file: one object whose keys are names of settings.
 * @param warn gets a sentence if other users can read the file
 * @throws SettingsError if the file cannot be read, is no JSON object, or has an unknown key
 */
export function readFile(path: string, warn: (text: string) => void): Partial<Record<SettingName, unknown>> {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // The parser's own message quotes the file, which can hold keys.
    throw new SettingsError(error instanceof SyntaxError ? `${path} is not valid JSON.` : (error as Error).message);
  }
  // On Windows the mode tells nothing.
  if (process.platform !== 'win32' && statSync(path).mode & 0o044)
    warn(`${path} can be read by other users of this machine; if it holds keys: chmod 600`);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new SettingsError(`${path} must hold one JSON object with settings.`);
  }
  const unknown = Object.keys(given).find((name) => !SETTING_NAMES.includes(name as SettingName));
  if (unknown !== undefined)
    throw new SettingsError(
      `${path} has a key that is no setting. Is it "${nearest(unknown, SETTING_NAMES)}"? See --help.`,
    );
  return given;
}
