import type { KeyClass } from '../model/key.ts';
import {
  addresses,
  keyOf,
  listOf,
  natsServer,
  oneOf,
  origin,
  projectId,
  type Read,
  shard,
  text,
  token,
  wholeNumber,
  yesOrNo,
} from './values.ts';

export interface Setting {
  read: Read<unknown>;
  /** One line for `--help` and the README's table. */
  help: string;
  /** Placeholder of the value in `--help`. A flag without one is a switch. */
  value?: string;
  /** The default. */
  fallback?: unknown;
  /** For a setting without a default: what happens without a value. */
  unset?: string;
  /** Has no flag, because other users of the machine can see a process's arguments. */
  secret?: true;
}

/**
 * All settings of the collector: name, check, default, help. The names of the variable (`PROJECT_ID`) and of the flag
 * (`--project-id`) derive from the name, which is also the key in the JSON file. `--help`, every check and the README's
 * table come from this table.
 */
export const SETTINGS = {
  port: {
    read: wholeNumber(0, 65_535, ', and 0 picks a free port'),
    value: 'NUMBER',
    fallback: 8080,
    help: '0 picks a free port',
  },
  host: {
    read: text,
    value: 'HOST',
    fallback: '127.0.0.1',
    help: 'address to listen on; any but loopback needs TLS, here or at a proxy',
  },
  data: {
    read: text,
    value: 'FILE',
    unset: 'demo/data/collector.duckdb',
    help: 'the database file; created, with its folder, if missing',
  },
  geoipDatabase: {
    read: text,
    value: 'FILE',
    help: 'a MaxMind-format database of cities or countries, for the add-on `keen:ip_to_geo`',
  },
  queryTimeout: { read: wholeNumber(1, 3600), value: 'SECONDS', fallback: 30, help: 'seconds that a query can take' },
  queryMemory: {
    read: wholeNumber(64, 1_000_000),
    value: 'MEGABYTES',
    fallback: 1024,
    help: 'megabytes for all queries together; recording has 256 more',
  },
  projectId: {
    read: projectId,
    value: 'ID',
    unset: 'generated on first start',
    help: 'replaces the stored project id',
  },
  writeKey: {
    read: keyOf('write'),
    secret: true,
    unset: 'generated on first start',
    help: 'at least 16 characters; a new one replaces all current Write keys; only hashes are stored',
  },
  readKey: { read: keyOf('read'), secret: true, unset: 'generated on first start', help: 'the same for the Read keys' },
  masterKey: {
    read: keyOf('master'),
    secret: true,
    unset: 'generated on first start',
    help: 'the same for the Master keys',
  },
  dashboardToken: {
    read: token,
    secret: true,
    unset: 'generated at each start',
    help: 'opens the dashboard; at least 16 characters, and from 32 on wrong attempts lock nobody out',
  },
  tlsCert: {
    read: text,
    value: 'FILE',
    unset: 'none',
    help: 'certificate with its chain (PEM), for HTTPS; reloaded when the file changes',
  },
  tlsKey: { read: text, value: 'FILE', unset: 'none', help: 'its private key (PEM)' },
  tlsSelfMade: {
    read: yesOrNo,
    fallback: false,
    help: 'HTTPS with a self-signed certificate, created beside the database; browsers warn of it',
  },
  behindProxy: {
    read: listOf(addresses),
    value: 'LIST',
    fallback: [],
    help: 'addresses or ranges of the proxies that end TLS; only they can connect, and only their X-Forwarded-For counts',
  },
  allowedOrigins: {
    read: listOf(origin),
    value: 'LIST',
    fallback: [],
    help: 'origins whose pages may use the project, such as `https://shop.example` or `https://*.shop.example`; an empty list allows all',
  },
  redirectOrigins: {
    read: listOf(origin),
    value: 'LIST',
    fallback: [],
    help: 'origins to which an image or link (`GET /events/COLLECTION?redirect=URL`) may redirect; an empty list allows all',
  },
  rateByKey: {
    read: wholeNumber(0, 1_000_000),
    value: 'NUMBER',
    fallback: 20_000,
    help: 'requests a second with one key, averaged over ten seconds; 0 is no limit',
  },
  rateByAddress: {
    read: wholeNumber(0, 1_000_000),
    value: 'NUMBER',
    fallback: 500,
    help: 'the same for one address (IPv6: one /64, and 16 times as many for a /48); loopback has no limit',
  },
  byteRateByKey: {
    read: wholeNumber(0, 1_000_000),
    value: 'MEGABYTES',
    fallback: 100,
    help: 'megabytes of bodies a second with one key, unpacked ones too, averaged over ten seconds; 0 is no limit',
  },
  byteRateByAddress: {
    read: wholeNumber(0, 1_000_000),
    value: 'MEGABYTES',
    fallback: 5,
    help: 'the same for one address (IPv6: one /64, and 16 times as many for a /48); loopback has no limit',
  },
  connectionsByAddress: {
    read: wholeNumber(0, 10_000),
    value: 'NUMBER',
    fallback: 500,
    help: 'open connections of one address (IPv6: one /64, four times as many for a /48); loopback and proxies have no limit',
  },
  storage: {
    read: oneOf('duckdb', 'cluster'),
    value: 'ENGINE',
    fallback: 'duckdb',
    help: '`duckdb`: one process and one file; `cluster`: many collectors on NATS JetStream and ClickHouse',
  },
  natsServers: {
    read: listOf(natsServer),
    value: 'LIST',
    fallback: [],
    help: 'of a cluster: nodes of NATS, such as `nats-1:4222,nats-2:4222,nats-3:4222`',
  },
  natsCredentials: { read: text, value: 'FILE', unset: 'none', help: 'credentials file for NATS' },
  natsUser: { read: text, value: 'NAME', unset: 'none', help: 'user of NATS, instead of a credentials file' },
  natsPassword: { read: text, secret: true, unset: 'none', help: 'its password' },
  clickhouseUrls: {
    read: listOf(shard),
    value: 'LIST',
    fallback: [],
    help: 'of a cluster: the shards, such as `http://a:8123,http://b:8123`, with a vertical bar between the replicas of one',
  },
  clickhouseUser: { read: text, value: 'NAME', fallback: 'default', help: 'user of ClickHouse' },
  clickhousePassword: { read: text, secret: true, unset: 'none', help: 'its password' },
  clusterCa: {
    read: text,
    value: 'FILE',
    unset: 'none',
    help: 'certificate authority (PEM) of NATS and ClickHouse; with it, NATS must be encrypted too',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

type Value<Row> = Row extends { read: Read<infer Value> }
  ? Row extends { fallback: unknown }
    ? Value
    : Value | undefined
  : never;
/** The value of each setting; `undefined` without a value and a default. */
export type Settings = { [Name in SettingName]: Value<(typeof SETTINGS)[Name]> };

/** `projectId` → `PROJECT_ID`. */
export const variableOf = (name: SettingName): string => name.replace(/[A-Z]/g, '_$&').toUpperCase();

/** `projectId` → `project-id`. */
export const flagOf = (name: SettingName): string => name.replace(/[A-Z]/g, '-$&').toLowerCase();

/** The keys among the settings. */
export const keysIn = ({ writeKey, readKey, masterKey }: Settings): Partial<Record<KeyClass, string>> => ({
  ...(writeKey !== undefined && { write: writeKey }),
  ...(readKey !== undefined && { read: readKey }),
  ...(masterKey !== undefined && { master: masterKey }),
});
