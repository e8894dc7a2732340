import { dirname, resolve } from 'node:path';
import { SettingsError } from '../model/settings-error.ts';
import type { CommandLine } from './command-line.ts';
import { readFile } from './read-file.ts';
import {
  flagOf,
  keysIn,
  SETTING_NAMES,
  SETTINGS,
  type Setting,
  type SettingName,
  type Settings,
  variableOf,
} from './settings.ts';

/** The environment variable with the file's path, used without `--config`. */
export const CONFIG = 'COLLECTOR_CONFIG';

/**
 * Reads every setting from the first of flag, environment and JSON file that has it, else takes its default. An empty
 * variable counts as absent, because shells and CI systems leave such variables behind.
 * @param warn gets a sentence about a file that other users can read
 * @throws SettingsError for an invalid value, and for settings that exclude each other
 */
export function readSettings(
  env: Record<string, string | undefined>,
  { flags, config }: Pick<CommandLine, 'flags' | 'config'> = { flags: {} },
  warn: (text: string) => void = () => undefined,
): Settings {
  const file = config ?? (env[CONFIG] || undefined);
  const inFile = file === undefined ? {} : readFile(file, warn);

  const read = (name: SettingName): unknown => {
    const { read, fallback, value: kind }: Setting = SETTINGS[name];
    if (flags[name] !== undefined) return read(flags[name], `--${flagOf(name)}`);
    if (env[variableOf(name)]) return read(env[variableOf(name)], variableOf(name));
    if (inFile[name] === undefined) return fallback;
    const value = read(inFile[name], `"${name}" in ${file}`);
    // A path in the JSON file is relative to that file.
    return kind === 'FILE' ? resolve(dirname(file!), value as string) : value;
  };
  const settings = Object.fromEntries(SETTING_NAMES.map((name) => [name, read(name)])) as Settings;
  checkTogether(settings);
  return settings;
}

/** Checks the rules that concern more than one setting. */
function checkTogether(settings: Settings): void {
  const { projectId, dashboardToken, tlsCert, tlsKey, tlsSelfMade, behindProxy } = settings;
  // One value for two classes would give a browser more than the right to write.
  const secrets = Object.values(keysIn(settings));
  const all = [...secrets, projectId, dashboardToken].filter((value) => value !== undefined);
  if (new Set(all).size < all.length)
    throw new SettingsError('WRITE_KEY, READ_KEY, MASTER_KEY, DASHBOARD_TOKEN and PROJECT_ID must all differ.');

  if (!tlsCert !== !tlsKey) throw new SettingsError('TLS_CERT and TLS_KEY go together.');
  const tlsSettings = [
    tlsCert && 'TLS_CERT',
    tlsSelfMade && 'TLS_SELF_MADE',
    behindProxy.length && 'BEHIND_PROXY',
  ].filter(Boolean);
  if (tlsSettings.length > 1)
    throw new SettingsError(`${tlsSettings.join(' and ')} exclude each other: TLS ends in one place.`);
  checkCluster(settings);
}

function checkCluster(settings: Settings): void {
  const { storage, natsServers, natsCredentials, natsUser, natsPassword, clickhouseUrls } = settings;
  const { clickhousePassword, clusterCa } = settings;
  const isGiven = natsServers.length > 0 && clickhouseUrls.length > 0;
  if (storage === 'cluster' && !isGiven)
    throw new SettingsError('STORAGE=cluster needs NATS_SERVERS and CLICKHOUSE_URLS.');
  const others = { natsCredentials, natsUser, natsPassword, clickhousePassword, clusterCa };
  const unused = natsServers.length || clickhouseUrls.length || Object.values(others).some(Boolean);
  // Whoever names a cluster and forgets this one would record into a file that nobody reads.
  if (storage !== 'cluster' && unused) throw new SettingsError('The settings of a cluster need STORAGE=cluster.');
  if (natsCredentials && natsUser) throw new SettingsError('NATS_CREDENTIALS and NATS_USER exclude each other.');
  if (natsPassword && !natsUser) throw new SettingsError('NATS_PASSWORD needs NATS_USER.');
  if (natsCredentials && natsPassword)
    throw new SettingsError('NATS_CREDENTIALS and NATS_PASSWORD exclude each other.');
}
