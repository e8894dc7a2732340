import { classNamedBy, KEY_CLASSES, type KeyClass } from './keys/keys.ts';

/** What the collector is told from outside. */
export interface Settings {
  /** TCP port; 0 takes any free one. */
  port: number;
  host: string;
  /** The database file, made with its folder where it is missing. */
  data: string;
  /** Replaces the stored project id; without both, one is made. */
  projectId?: string;
  /** Each replaces the stored key of its class; a class with neither gets a new key. */
  keys: Partial<Record<KeyClass, string>>;
}

/** A setting that cannot be used. Its message names the variable and never holds a key. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

const VARIABLES = { write: 'WRITE_KEY', read: 'READ_KEY', master: 'MASTER_KEY' } as const;
const DEFAULT_PORT = 8080;

/**
 * Reads PORT, HOST, DATA, PROJECT_ID, WRITE_KEY, READ_KEY and MASTER_KEY. A variable that is
 * empty counts as absent, as shells and CI systems leave them.
 * @throws SettingsError
 */
export function readSettings(env: Record<string, string | undefined>, defaultData: string): Settings {
  const projectId = env.PROJECT_ID || undefined;
  const keys: Settings['keys'] = {};
  for (const of of KEY_CLASSES) {
    const key = env[VARIABLES[of]];
    if (key) keys[of] = checkKey(of, key);
  }
  // One value for two classes would quietly give a browser more than the right to write.
  const secrets = Object.values(keys);
  if (new Set([...secrets, projectId]).size <= secrets.length && secrets.length) {
    throw new SettingsError('WRITE_KEY, READ_KEY, MASTER_KEY and PROJECT_ID must all differ.');
  }
  return {
    port: checkPort(env.PORT || String(DEFAULT_PORT)),
    host: env.HOST || '127.0.0.1',
    data: env.DATA || defaultData,
    ...(projectId && { projectId: checkProjectId(projectId) }),
    keys,
  };
}

function checkPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new SettingsError(`PORT must be a whole number from 0 to 65535, where 0 takes any free one; it is ${JSON.stringify(text)}.`);
  }
  return Number(text);
}

function checkProjectId(id: string): string {
  if (!/^[\w.~-]{1,128}$/.test(id) || /^\.\.?$/.test(id)) {
    throw new SettingsError('PROJECT_ID must be one path segment of letters, digits, "-", "_", "." and "~", at most 128 of them.');
  }
  return id;
}

function checkKey(of: KeyClass, key: string): string {
  const variable = VARIABLES[of];
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) {
    throw new SettingsError(`${variable} must be 1 to 512 visible ASCII characters without spaces, because it travels in a header.`);
  }
  const named = classNamedBy(key);
  if (named && named !== of) throw new SettingsError(`${variable} holds a key that is labelled "${named}_".`);
  return key;
}
