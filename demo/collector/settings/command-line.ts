import { parseArgs } from 'node:util';
import { nearest } from '../model/nearest.ts';
import { SettingsError } from '../model/settings-error.ts';
import { flagOf, SETTING_NAMES, SETTINGS, type Setting, type SettingName } from './settings.ts';

export interface CommandLine {
  /** The command with its arguments, such as `keys rotate write`. Empty: start the collector. */
  command: string[];
  help: boolean;
  version: boolean;
  /** Path of the JSON file with settings. */
  config?: string;
  /** Of `keys` and `backup`: the URL of a running collector. */
  url?: string;
  /** Of `keys rotate`: the old keys stay valid. */
  keep?: boolean;
  /** Of `keys list`: prints JSON. */
  json?: boolean;
  /** Of `keys list`: prints hashes. */
  fingerprints?: boolean;
  /** Of `restore`: takes a file that has lost its log. */
  incomplete?: boolean;
  flags: Partial<Record<SettingName, string | boolean>>;
}

const OWN = {
  config: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  url: { type: 'string' },
  keep: { type: 'boolean' },
  json: { type: 'boolean' },
  fingerprints: { type: 'boolean' },
  incomplete: { type: 'boolean' },
} as const satisfies Record<string, { type: 'string' | 'boolean'; short?: string }>;

const SWITCHES = ['help', 'version', 'keep', 'json', 'fingerprints', 'incomplete'] as const;

const isOwn = (flag: string): flag is keyof typeof OWN => Object.hasOwn(OWN, flag);

/**
 * Parses the arguments after the script's name.
 * @throws SettingsError for an unknown flag, a flag without its value, and a secret, whose value it never repeats
 */
export function readCommandLine(args: string[]): CommandLine {
  const isSwitch = (name: SettingName) => !('value' in SETTINGS[name]);
  const names = new Map(SETTING_NAMES.map((name) => [flagOf(name), name]));
  const options = Object.fromEntries(
    [...names].map(([flag, name]) => [flag, { type: isSwitch(name) ? 'boolean' : 'string' } as const]),
  );
  // Not strict, because strict mode's errors suggest no flag and repeat the arguments, which can hold a key.
  const { tokens, positionals } = parseArgs({
    args,
    options: { ...options, ...OWN },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const line: CommandLine = { command: positionals, help: false, version: false, flags: {} };
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name: flag, value } = token;
    const name = names.get(flag);
    if (name && (SETTINGS[name] as Setting).secret) {
      throw new SettingsError(
        `--${flag} is no flag, because other users of this machine can see a program's arguments. Put it into the environment or into a file for --config.`,
      );
    }
    if (isOwn(flag) && OWN[flag].type === 'boolean') line[flag as (typeof SWITCHES)[number]] = true;
    else if (!name && !isOwn(flag))
      throw new SettingsError(`There is a flag that is not known. Is it --${nearest(flag, knownFlags())}? See --help.`);
    else if (value === undefined && (!name || !isSwitch(name))) throw new SettingsError(`--${flag} needs a value.`);
    else if (name) line.flags[name] = value ?? true;
    else line[flag as 'config' | 'url'] = value!;
  }
  return line;
}

const knownFlags = () => [
  ...SETTING_NAMES.filter((name) => !(SETTINGS[name] as Setting).secret).map(flagOf),
  ...Object.keys(OWN),
];
