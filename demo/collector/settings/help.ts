import { KEY_CLASSES } from '../model/key.ts';
import { CONFIG } from './read-settings.ts';
import { flagOf, SETTING_NAMES, SETTINGS, type Setting, type SettingName, variableOf } from './settings.ts';

/** What `--help` prints. */
export const help = (): string => `Usage: npm run collector -- [--SETTING VALUE …]
       npm run collector -- keys COMMAND [--SETTING VALUE …]

Keen's 3.0 event API over an embedded DuckDB file, with a dashboard. Once it listens it prints one line of JSON with its
addresses; before that, on the first start, one with the keys that it made. GET /health answers 200 while it is well.

  --config FILE   a JSON file with settings; also ${CONFIG}
  --help          this text
  --version

The keys, in the database itself or, while the collector runs, over HTTP with MASTER_KEY and PROJECT_ID:

  keys list [--json]
  keys rotate ${KEY_CLASSES.join('|')} [--keep]
                  prints a new key and revokes the others of its class; with --keep, these stay valid until they are revoked
  keys revoke ID, keys unrevoke ID, keys delete ID
  --url URL       where the collector is that is to be asked, if not on this machine at --port

Each setting can be a flag, a variable of the environment or a key of the JSON file; the first that is there counts.
In a list, commas separate.

${SETTING_NAMES.filter((name) => !isSecret(name))
  .map(describe)
  .join('\n')}

Secrets have no flag, because other users of this machine can see a program's arguments:

${SETTING_NAMES.filter(isSecret).map(describe).join('\n')}
`;

/** What the setting is where nothing is given, as text. */
export function fallbackOf(name: SettingName): string {
  const { fallback, unset = 'none' }: Setting = SETTINGS[name];
  return fallback === undefined || String(fallback) === '' ? unset : String(fallback);
}

const isSecret = (name: SettingName) => (SETTINGS[name] as Setting).secret === true;

function describe(name: SettingName): string {
  const { help, value }: Setting = SETTINGS[name];
  const flag = isSecret(name) ? '' : `--${flagOf(name)}${value ? ` ${value}` : ''}, `;
  return `  ${flag}${variableOf(name)}, "${name}"\n      ${help.replaceAll('`', '')} (${fallbackOf(name)})`;
}
