import type { KeyClass } from '../model/key.ts';
import { addresses, keyOf, listOf, origin, projectId, type Read, text, token, wholeNumber, yesOrNo } from './values.ts';

export interface Setting {
  read: Read<unknown>;
  /** One line for `--help` and the README. */
  help: string;
  /** What stands for its value in `--help`; a flag without one is a switch. */
  value?: string;
  /** Its value where nothing is given; for one that has none, `unset` says what happens then. */
  fallback?: unknown;
  unset?: string;
  /** Has no flag: whoever lists processes sees their arguments. */
  secret?: true;
}

/**
 * Everything that the collector is told from outside: what each setting is called, may be, and is without a word.
 * The names of its variable (`PROJECT_ID`) and flag (`--project-id`) are made of the name here, which is also its
 * name in the JSON file. `--help`, every check and the README's table come from this one.
 */
export const SETTINGS = {
  port: {
    read: wholeNumber(0, 65_535, ', where 0 takes any free one'),
    value: 'NUMBER',
    fallback: 8080,
    help: '0 takes any free one',
  },
  host: {
    read: text,
    value: 'HOST',
    fallback: '127.0.0.1',
    help: 'address to listen on; others than loopback need TLS or a proxy that ends it',
  },
  data: {
    read: text,
    value: 'FILE',
    unset: 'demo/data/collector.duckdb',
    help: 'the database file, made with its folder where it is missing',
  },
  geoipDatabase: {
    read: text,
    value: 'FILE',
    help: 'a MaxMind-format database of cities or countries, for the add-on `keen:ip_to_geo`',
  },
  queryTimeout: { read: wholeNumber(1, 3600), value: 'SECONDS', fallback: 30, help: 'seconds that a query may take' },
  queryMemory: {
    read: wholeNumber(64, 1_000_000),
    value: 'MEGABYTES',
    fallback: 1024,
    help: 'megabytes that queries may take together; recording has 256 more',
  },
  projectId: { read: projectId, value: 'ID', unset: 'made on first start', help: 'replaces the stored project id' },
  writeKey: {
    read: keyOf('write'),
    secret: true,
    unset: 'made on first start',
    help: 'one that is new replaces all Write keys so far; only hashes are stored',
  },
  readKey: { read: keyOf('read'), secret: true, unset: 'made on first start', help: 'the same for the Read keys' },
  masterKey: {
    read: keyOf('master'),
    secret: true,
    unset: 'made on first start',
    help: 'the same for the Master keys',
  },
  dashboardToken: {
    read: token,
    secret: true,
    unset: 'made at each start',
    help: 'opens the dashboard; at least 16 characters',
  },
  tlsCert: {
    read: text,
    value: 'FILE',
    unset: 'none',
    help: 'certificate and its chain (PEM) for HTTPS; read again when it is renewed',
  },
  tlsKey: { read: text, value: 'FILE', unset: 'none', help: 'its private key (PEM)' },
  tlsSelfMade: {
    read: yesOrNo,
    fallback: false,
    help: 'HTTPS with a certificate of its own, made beside the database; browsers warn of it',
  },
  behindProxy: {
    read: listOf(addresses),
    value: 'LIST',
    fallback: [],
    help: 'addresses or ranges of the proxies that end TLS: only they get in, and only they may name a client’s address',
  },
  allowedOrigins: {
    read: listOf(origin),
    value: 'LIST',
    fallback: [],
    help: 'origins whose pages may use the project, such as `https://shop.example` or `https://*.shop.example`; none is every one',
  },
  rateByKey: {
    read: wholeNumber(0, 1_000_000),
    value: 'NUMBER',
    fallback: 20_000,
    help: 'requests a second that one key may send, averaged over ten seconds; 0 is no limit',
  },
  rateByAddress: {
    read: wholeNumber(0, 1_000_000),
    value: 'NUMBER',
    fallback: 500,
    help: 'the same for one address (IPv6: one /64) that is not loopback',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

type Value<Row> = Row extends { read: Read<infer Value> }
  ? Row extends { fallback: unknown }
    ? Value
    : Value | undefined
  : never;
/** The value of each setting; of one that was not given and has no fallback, nothing. */
export type Settings = { [Name in SettingName]: Value<(typeof SETTINGS)[Name]> };

/** `projectId` → `PROJECT_ID`. */
export const variableOf = (name: SettingName): string => name.replace(/[A-Z]/g, '_$&').toUpperCase();

/** `projectId` → `project-id`. */
export const flagOf = (name: SettingName): string => name.replace(/[A-Z]/g, '-$&').toLowerCase();

/** The keys that were given. */
export const keysIn = ({ writeKey, readKey, masterKey }: Settings): Partial<Record<KeyClass, string>> => ({
  ...(writeKey !== undefined && { write: writeKey }),
  ...(readKey !== undefined && { read: readKey }),
  ...(masterKey !== undefined && { master: masterKey }),
});
