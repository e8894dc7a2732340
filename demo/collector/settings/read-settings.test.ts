import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SettingsError } from '../model/settings-error.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { readCommandLine } from './command-line.ts';
import { readSettings } from './read-settings.ts';
import { SETTING_NAMES, variableOf } from './settings.ts';

/** Without the settings that have neither a value nor a default. */
const given = (settings: object) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
const FALLBACKS = {
  port: 8080,
  host: '127.0.0.1',
  queryTimeout: 30,
  queryMemory: 1024,
  tlsSelfMade: false,
  behindProxy: [],
  allowedOrigins: [],
  redirectOrigins: [],
  rateByKey: 20_000,
  rateByAddress: 500,
  byteRateByKey: 100,
  byteRateByAddress: 5,
  connectionsByAddress: 500,
  storage: 'duckdb',
  natsServers: [],
  clickhouseUrls: [],
  clickhouseUser: 'default',
};

function file(t: TestContext, text: string): string {
  const path = join(temporaryFolder(t), 'collector.json');
  writeFileSync(path, text);
  return path;
}

test('without any settings the collector listens on loopback and generates its keys', () => {
  assert.deepEqual(given(readSettings({})), FALLBACKS);
  const empty = Object.fromEntries(SETTING_NAMES.map((name) => [variableOf(name), '']));
  assert.deepEqual(
    given(readSettings({ ...empty, COLLECTOR_CONFIG: '' })),
    FALLBACKS,
    'an empty variable counts as absent',
  );
});

const EVERYTHING: Record<string, [variable: string, value: unknown]> = {
  port: ['0', 0],
  host: ['::1', '::1'],
  data: ['/d/e', '/d/e'],
  geoipDatabase: ['/g.mmdb', '/g.mmdb'],
  queryTimeout: ['5', 5],
  queryMemory: ['64', 64],
  projectId: ['p-1', 'p-1'],
  writeKey: ['write_a_and_long_enough', 'write_a_and_long_enough'],
  readKey: ['B'.repeat(192), 'B'.repeat(192)],
  masterKey: ['m'.repeat(16), 'm'.repeat(16)],
  dashboardToken: ['0123456789abcdef', '0123456789abcdef'],
  tlsCert: ['/c.pem', '/c.pem'],
  tlsKey: ['/k.pem', '/k.pem'],
  tlsSelfMade: ['true', true],
  behindProxy: [
    '127.0.0.1, 10.0.0.0/8,::1,fd00::/8,uniquelocal',
    ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', 'uniquelocal'],
  ],
  allowedOrigins: [
    'https://shop.example,http://127.0.0.1:8000,https://*.shop.example,capacitor://localhost,chrome-extension://abc,null',
    [
      'https://shop.example',
      'http://127.0.0.1:8000',
      'https://*.shop.example',
      'capacitor://localhost',
      'chrome-extension://abc',
      'null',
    ],
  ],
  redirectOrigins: ['https://shop.example', ['https://shop.example']],
  rateByKey: ['10', 10],
  rateByAddress: ['0', 0],
  byteRateByKey: ['20', 20],
  byteRateByAddress: ['0', 0],
  connectionsByAddress: ['50', 50],
  storage: ['cluster', 'cluster'],
  natsServers: [
    'nats-1:4222, tls://[::1]:4222,nats://10.0.0.1',
    ['nats-1:4222', 'tls://[::1]:4222', 'nats://10.0.0.1'],
  ],
  natsCredentials: ['/n.creds', '/n.creds'],
  natsUser: ['mailslot', 'mailslot'],
  natsPassword: ['nats-password', 'nats-password'],
  clickhouseUrls: [
    'http://a:8123|https://b:8443/,http://[::1]:8123',
    [['http://a:8123', 'https://b:8443'], ['http://[::1]:8123']],
  ],
  clickhouseUser: ['mailslot', 'mailslot'],
  clickhousePassword: ['clickhouse-password', 'clickhouse-password'],
  clusterCa: ['/ca.pem', '/ca.pem'],
};
const CLUSTER = { STORAGE: 'cluster', NATS_SERVERS: 'n:4222', CLICKHOUSE_URLS: 'http://a:8123' };

/** In separate sets, because some exclude each other and some need each other. */
const APART = [
  ['tlsSelfMade'],
  ['behindProxy'],
  ['storage', 'natsServers', 'clickhouseUrls', 'natsCredentials'],
  SETTING_NAMES.filter((name) => !['tlsSelfMade', 'behindProxy', 'natsCredentials'].includes(name)),
];

test('every setting can be a variable, a key of the file and, unless it is a secret, a flag', (t) => {
  assert.deepEqual(Object.keys(EVERYTHING), SETTING_NAMES);
  for (const names of APART) {
    const expected = { ...FALLBACKS, ...Object.fromEntries(names.map((name) => [name, EVERYTHING[name]![1]])) };
    const variables = Object.fromEntries(names.map((name) => [variableOf(name as 'port'), EVERYTHING[name]![0]]));
    assert.deepEqual(given(readSettings(variables)), expected);

    const asText = file(t, JSON.stringify(Object.fromEntries(names.map((name) => [name, EVERYTHING[name]![0]]))));
    assert.deepEqual(given(readSettings({ COLLECTOR_CONFIG: asText })), expected);
    const asValues = file(t, JSON.stringify(Object.fromEntries(names.map((name) => [name, EVERYTHING[name]![1]]))));
    assert.deepEqual(given(readSettings({}, readCommandLine(['--config', asValues]))), expected);

    const open = names.filter((name) => !/Key$|Token$|Password$/.test(name) || name === 'tlsKey');
    const flags = open.flatMap((name) => {
      const flag = `--${variableOf(name as 'port')
        .toLowerCase()
        .replaceAll('_', '-')}`;
      return name === 'tlsSelfMade' ? [flag] : [flag, EVERYTHING[name]![0]];
    });
    const onLine = { ...FALLBACKS, ...Object.fromEntries(open.map((name) => [name, EVERYTHING[name]![1]])) };
    assert.deepEqual(given(readSettings({}, readCommandLine(flags))), onLine);
  }
});

test('a flag takes precedence over the environment, which takes precedence over the file', (t) => {
  const path = file(t, '{"port": 1, "host": "localhost", "projectId": "p", "data": "events.duckdb"}');
  const { port, host, projectId, data } = readSettings(
    { PORT: '2', HOST: '::1', COLLECTOR_CONFIG: 'not/this.json' },
    readCommandLine(['--port=3', '--config', path]),
  );
  assert.deepEqual([port, host, projectId], [3, '::1', 'p']);
  assert.equal(data, join(path, '../events.duckdb'), 'a path in the file is relative to it');
});

test('an invalid value is refused with the setting’s name as given, and without a key', (t) => {
  const table: [Record<string, string>, RegExp][] = [
    [{ PORT: '80a' }, /^PORT must be a whole number from 0 to 65535/],
    [{ PORT: '-1' }, /PORT/],
    [{ PORT: '65536' }, /PORT/],
    [{ PORT: '1.5' }, /PORT/],
    [{ PORT: 'write_secret' }, /PORT/],
    [{ HOST: 'a\nb' }, /HOST/],
    [{ PROJECT_ID: 'a/b' }, /PROJECT_ID/],
    [{ PROJECT_ID: '..' }, /PROJECT_ID/],
    [{ PROJECT_ID: 'a b' }, /PROJECT_ID/],
    [{ WRITE_KEY: 'secret with space' }, /WRITE_KEY/],
    [{ READ_KEY: 'secret\nsecret' }, /READ_KEY/],
    [{ WRITE_KEY: 'read_secret_and_long_enough' }, /WRITE_KEY.*"read_"/],
    [{ MASTER_KEY: 'WRITE_secret_and_long_enough' }, /MASTER_KEY.*"write_"/],
    [{ MASTER_KEY: 'access_write_secret_and_long_enough' }, /MASTER_KEY.*"access_"/],
    [{ MASTER_KEY: 'secret' }, /MASTER_KEY must be 16/],
    [{ WRITE_KEY: 'secret_of_15_ch' }, /WRITE_KEY must be 16/],
    [{ WRITE_KEY: 'secret-and-long-enough', READ_KEY: 'secret-and-long-enough' }, /differ/],
    [{ WRITE_KEY: 'secret-and-long-enough', PROJECT_ID: 'secret-and-long-enough' }, /differ/],
    [{ DASHBOARD_TOKEN: 'secret' }, /DASHBOARD_TOKEN must be 16/],
    [{ DASHBOARD_TOKEN: 'secret-and-long-enough', MASTER_KEY: 'secret-and-long-enough' }, /differ/],
    [{ TLS_CERT: 'a' }, /TLS_CERT and TLS_KEY/],
    [{ TLS_KEY: 'a' }, /TLS_CERT and TLS_KEY/],
    [{ TLS_SELF_MADE: 'maybe' }, /TLS_SELF_MADE/],
    [{ STORAGE: 'postgres' }, /STORAGE must be one of duckdb, cluster/],
    [{ STORAGE: 'cluster' }, /needs NATS_SERVERS and CLICKHOUSE_URLS/],
    [{ STORAGE: 'cluster', NATS_SERVERS: 'n:1' }, /needs NATS_SERVERS and CLICKHOUSE_URLS/],
    [{ NATS_SERVERS: 'n:1' }, /need STORAGE=cluster/],
    [{ CLICKHOUSE_PASSWORD: 'secret' }, /need STORAGE=cluster/],
    [{ ...CLUSTER, NATS_PASSWORD: 'secret' }, /needs NATS_USER/],
    [{ ...CLUSTER, NATS_USER: 'u', NATS_CREDENTIALS: '/n' }, /exclude each other/],
    ...['user:secret@n:4222', 'http://n:4222', 'n:4222/x', ' ', 'n:port'].map(
      (server): [Record<string, string>, RegExp] => [{ ...CLUSTER, NATS_SERVERS: server }, /NATS_SERVERS/],
    ),
    ...['a:8123', 'http://user:secret@a:8123', 'http://a:8123/x', 'http://a:8123?x', 'ftp://a', 'http://a|', ''].map(
      (url): [Record<string, string>, RegExp] => [{ ...CLUSTER, CLICKHOUSE_URLS: url }, /CLICKHOUSE_URLS/],
    ),
    [{ TLS_CERT: 'a', TLS_KEY: 'b', TLS_SELF_MADE: '1' }, /exclude/],
    [{ BEHIND_PROXY: '::1', TLS_SELF_MADE: '1' }, /exclude/],
    ...['proxy.example', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/', '1', 'everyone'].map(
      (address): [Record<string, string>, RegExp] => [{ BEHIND_PROXY: `::1,${address}` }, /Each of BEHIND_PROXY/],
    ),
    ...[
      'shop.example',
      'https://shop.example/',
      'https://Shop.example',
      'https://shop.example:443',
      'https://*',
      'https://*.example',
      '*',
      'https://a.*.example',
      'https://*.com',
      'https://*.1.2.3.4',
      'https://*.example.',
      'capacitor://*',
      'tauri://local host',
      'file:///',
      'javascript://x',
      'ftp://shop.example',
      'https://user@shop.example',
    ].map((origin): [Record<string, string>, RegExp] => [
      { ALLOWED_ORIGINS: origin },
      /Each of ALLOWED_ORIGINS must be an origin/,
    ]),
    [{ COLLECTOR_CONFIG: '/nowhere/at-all.json' }, /\/nowhere\/at-all\.json/],
    [{ COLLECTOR_CONFIG: file(t, '{"writeKey": "secret",}') }, /collector\.json is not valid JSON/],
    [{ COLLECTOR_CONFIG: file(t, '["secret"]') }, /one JSON object/],
    [{ COLLECTOR_CONFIG: file(t, '{"port": "http"}') }, /^"port" in .*collector\.json must be/],
    [{ COLLECTOR_CONFIG: file(t, '{"port": null}') }, /"port" in /],
    [{ COLLECTOR_CONFIG: file(t, '{"allowedOrigins": [1]}') }, /Each of "allowedOrigins"/],
    [{ COLLECTOR_CONFIG: file(t, '{"allowedOrigins": {}}') }, /must be a list/],
    [{ COLLECTOR_CONFIG: file(t, '{"WRITEKEY": "secret"}') }, /Is it "writeKey"/],
    [{ COLLECTOR_CONFIG: file(t, '{"prot": 80}') }, /Is it "port"/],
  ];
  for (const [env, message] of table) {
    assert.throws(
      () => readSettings(env),
      (error: Error) => error instanceof SettingsError && message.test(error.message) && !/secret/i.test(error.message),
      JSON.stringify(env),
    );
  }
});

test('an unknown flag is refused with a suggestion, and a secret as a flag in any form', () => {
  const table: [string[], RegExp][] = [
    [['--prot', '80'], /Is it --port\?/],
    [['--projectId', 'x'], /Is it --project-id\?/],
    [['--tlscert=x'], /Is it --tls-cert\?/],
    [['--halp'], /Is it --help\?/],
    [['-p', '80'], /not known/],
    [['--port'], /--port needs a value/],
    [['--config'], /--config needs a value/],
    [['--write-key', 'secret'], /--write-key is no flag.*environment/],
    [['--write-key=secret'], /--write-key is no flag/],
    [['--dashboard-token=secret'], /--dashboard-token is no flag/],
    [['--wriet-key=secret'], /Is it --/],
  ];
  for (const [args, message] of table) {
    assert.throws(
      () => readCommandLine(args),
      (error: Error) => error instanceof SettingsError && message.test(error.message) && !/secret/.test(error.message),
      args.join(' '),
    );
  }
  assert.throws(() => readSettings({}, readCommandLine(['--port', 'http'])), /^SettingsError: --port must be/);
});

test('arguments that are no flags are the command', () => {
  assert.deepEqual(readCommandLine(['keys', 'rotate', 'write', '--data', 'd']), {
    command: ['keys', 'rotate', 'write'],
    help: false,
    version: false,
    flags: { data: 'd' },
  });
  assert.deepEqual(readCommandLine([]).command, []);
  for (const args of [['-h'], ['--help'], ['keys', '--help']]) assert.equal(readCommandLine(args).help, true);
  assert.equal(readCommandLine(['-v']).version, true);
});

test('a file that other users can read is named in a warning', { skip: process.platform === 'win32' }, (t) => {
  const path = file(t, '{"port": 1}');
  const warnings = (mode: number) => {
    chmodSync(path, mode);
    const said: string[] = [];
    readSettings({ COLLECTOR_CONFIG: path }, { flags: {} }, (warning) => said.push(warning));
    return said;
  };
  assert.match(warnings(0o644).join(), /collector\.json can be read by other users/);
  assert.match(warnings(0o640).join(), /chmod 600/);
  assert.deepEqual(warnings(0o600), []);
});
