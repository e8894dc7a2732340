import { KEY_CLASSES } from '../model/key.ts';
import { CONFIG } from './read-settings.ts';
import { flagOf, SETTING_NAMES, SETTINGS, type Setting, type SettingName, variableOf } from './settings.ts';

/** The text of `--help`. */
export const help = (): string => `Usage: npm run collector -- [--SETTING VALUE …]
       npm run collector -- keys COMMAND [--SETTING VALUE …]
       npm run collector -- backup FILE [--SETTING VALUE …]
       npm run collector -- restore FILE [--SETTING VALUE …]
       npm run collector -- cluster COMMAND [--SETTING VALUE …]

Keen's 3.0 event API over an embedded DuckDB file, with a dashboard. Once the collector listens, it prints one line of JSON with
its addresses. On the first start it prints the generated keys before that. GET /health answers 200 if events can be written.

  --config FILE   a JSON file with settings; also ${CONFIG}
  --help          prints this text
  --version       prints the version

Commands for keys. They open the database file or, if a collector is running, send requests with MASTER_KEY and PROJECT_ID:

  keys list [--json | --fingerprints]
                  with --fingerprints, the hashes of the keys that can read or manage, for mailslot check
  keys rotate ${KEY_CLASSES.join('|')} [--keep]
                  prints a new key and revokes the others of its class; with --keep, the others stay valid
  keys revoke ID, keys unrevoke ID, keys delete ID
  --url URL       the running collector's URL, if it is not on this machine at --port

Commands for the database. A running collector makes its backup itself, and needs MASTER_KEY and PROJECT_ID as above:

  backup FILE     saves a complete copy, and never replaces a file; with --url from another machine
  restore FILE [--incomplete]
                  puts a backup where DATA expects the database, if there is none yet; with --incomplete also a file
                  that was copied without its log

Commands for a cluster, with STORAGE=cluster. CLUSTER.md says how its parts fit together:

  cluster init [PARTITIONS]
                  makes what is missing in NATS and ClickHouse, and prints the keys that it has generated
  cluster load [URL …]
                  brings events from NATS into these replicas of ClickHouse; each replica needs one such process
  cluster status  prints heads, lag, replicas and versions
  cluster import FILE
                  brings the events and keys of a stopped collector's file over; after an interruption it goes on

Each setting can be a flag, an environment variable or a key of the JSON file. The first of these that is set wins.
Commas separate the items of a list.

${SETTING_NAMES.filter((name) => !isSecret(name))
  .map(describe)
  .join('\n')}

Secrets have no flag, because other users of this machine can see a program's arguments:

${SETTING_NAMES.filter(isSecret).map(describe).join('\n')}
`;

/** The setting's value without any input, as text. */
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
