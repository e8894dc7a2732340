import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SettingsError } from '../model/settings-error.ts';
import { temporaryFolder } from '../testing/folder.ts';
import { runProcess, startProcess } from '../testing/process.ts';
import { KEYS as KNOWN, PROJECT, startServer } from '../testing/server.ts';
import { type KeyClient, openKeyClient } from './key-client.ts';
import { keyTable } from './key-table.ts';
import { keysCommand } from './keys-command.ts';

const KEYS = { WRITE_KEY: 'write_1a1a1a1a1a1a', READ_KEY: 'read_2b2b2b2b2b2b', MASTER_KEY: 'master_3c3c3c3c3c3c' };
const PROJECT_ID = 'p';
const MASTER = KNOWN.master;

interface Listed {
  id: string;
  class: string;
  is_active: boolean;
}

/** Runs `keys …` with these settings. It must succeed. */
async function keys(command: string, env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runProcess(['keys', ...command.split(' ')], env);
  assert.equal(code, 0, stderr);
  return stdout.trimEnd();
}

async function refused(command: string, env: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await runProcess(['keys', ...command.split(' ').filter(Boolean)], env);
  assert.deepEqual([code, stdout], [1, ''], command);
  assert.match(stderr, /^mailslot collector: /);
  assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
  return stderr;
}

const list = async (env: Record<string, string>) => JSON.parse(await keys('list --json', env)) as Listed[];
const statesOf = (listed: Listed[], of: string) => listed.filter((key) => key.class === of).map((key) => key.is_active);

/** The status that a collector over this database gives to an event with this key. */
const recording = async (url: string, key: string) =>
  (
    await fetch(`${url}/3.0/projects/${PROJECT_ID}/events/things`, {
      method: 'POST',
      body: '{"a": 1}',
      headers: { authorization: key, 'content-type': 'application/json' },
    })
  ).status;

test('without a running collector, keys are rotated in the database', async (t) => {
  const DATA = join(temporaryFolder(t), 'events.duckdb');
  const env = { DATA, PROJECT_ID };
  const first = await startProcess(t, { ...env, ...KEYS });
  await first.end('SIGTERM');

  const [one, two] = [await keys('rotate write', env), await keys('rotate write --keep', env)];
  for (const key of [one, two]) assert.match(key, /^write_[0-9a-f]{48}$/);
  const listed = await list(env);
  assert.deepEqual(
    [statesOf(listed, 'write'), statesOf(listed, 'read'), statesOf(listed, 'master')],
    [[false, true, true], [true], [true]],
  );

  const table = (await keys('list', env)).split('\n');
  assert.match(table[0]!, /^ID +CLASS +STATE +MADE +MAY +NAME$/);
  assert.equal(table.length, 6);
  assert.match(
    table.find((line) => line.includes('master'))!,
    /^id_[0-9a-f]{16} +master +active +\d{4}-\d\d-\d\d +everything$/,
  );

  // The environment still holds the old key, which stays revoked, as does a key that the operator revokes.
  const { id } = listed.find((key) => key.class === 'write' && key.is_active)!;
  await keys(`revoke ${id}`, env);
  const second = await startProcess(t, { ...env, ...KEYS });
  assert.deepEqual(
    [await recording(second.url, KEYS.WRITE_KEY), await recording(second.url, one), await recording(second.url, two)],
    [401, 401, 201],
  );
  await second.end('SIGTERM');
  assert.match(second.stderr(), /"warning":"the write key from the environment was revoked/);
  await keys(`unrevoke ${id}`, env);
  await keys(`delete ${listed.find((key) => key.class === 'write')!.id}`, env);
  assert.deepEqual(statesOf(await list(env), 'write'), [true, true]);

  const bytes = readFileSync(DATA);
  for (const key of [one, two, ...Object.values(KEYS)]) assert.equal(bytes.includes(key), false);
});

test('a running collector accepts the Master key, and the new key at once', async (t) => {
  const DATA = join(temporaryFolder(t), 'events.duckdb');
  const collector = await startProcess(t, { DATA, PROJECT_ID, ...KEYS });
  const { MASTER_KEY } = KEYS;
  const PORT = new URL(collector.url).port;

  const bare = await refused('rotate write', { DATA, PORT });
  assert.match(bare, /running collector uses .*events\.duckdb.*PROJECT_ID and MASTER_KEY.*--url.*stop it first/);
  const env = { DATA, PORT, PROJECT_ID, MASTER_KEY };

  const kept = await keys('rotate write --keep', env);
  assert.deepEqual([await recording(collector.url, KEYS.WRITE_KEY), await recording(collector.url, kept)], [201, 201]);
  const fresh = await keys('rotate write', env);
  assert.deepEqual(
    [
      await recording(collector.url, KEYS.WRITE_KEY),
      await recording(collector.url, kept),
      await recording(collector.url, fresh),
    ],
    [401, 401, 201],
  );
  // From another machine, without the database.
  const away = { DATA: join(temporaryFolder(t), 'none.duckdb'), PROJECT_ID, MASTER_KEY };
  assert.equal((await list({ ...env })).length, 5);
  assert.equal(await keys(`list --url ${collector.url}`, away), await keys('list', env));
  assert.equal(existsSync(away.DATA), false);

  // The Master key of the requests is the last one to be revoked.
  const master = await keys('rotate master', env);
  assert.match(await refused('list', env), /The key was revoked/);
  assert.deepEqual(statesOf(await list({ ...env, MASTER_KEY: master }), 'master'), [false, true]);
  await collector.end('SIGTERM');
  for (const key of [kept, fresh, master, ...Object.values(KEYS)]) {
    assert.equal(collector.stderr().includes(key), false);
    assert.equal(readFileSync(DATA).includes(key), false);
  }
});

test('--fingerprints prints the hash, class and id of each key that can read or manage, and nothing else', async (t) => {
  const DATA = join(temporaryFolder(t), 'events.duckdb');
  const collector = await startProcess(t, { DATA, PROJECT_ID, ...KEYS });
  const env = { DATA, PROJECT_ID, MASTER_KEY: KEYS.MASTER_KEY };
  const remote = { url: collector.url, projectId: PROJECT_ID, masterKey: KEYS.MASTER_KEY };
  const client = await openKeyClient('nowhere', remote, true);
  const make = async (permitted: string[]) =>
    (await client.request('POST', '/keys', { name: 'k', permitted, labelled: false })) as { key: string };
  const [reading, writing] = [await make(['queries']), await make(['writes'])];
  const revoked = ((await client.request('GET', '/keys?class=read')) as Listed[])[0]!.id;
  await client.request('POST', `/keys/${revoked}/revoke`);

  const running = await keys('list --fingerprints', { ...env, PORT: new URL(collector.url).port });
  const hash = (key: string) => createHash('sha256').update(key).digest('hex');
  assert.deepEqual(
    running
      .split('\n')
      .map((line) => line.replace(/ id_[0-9a-f]{16}$/, ''))
      .sort(),
    [`${hash(KEYS.READ_KEY)} read`, `${hash(KEYS.MASTER_KEY)} master`, `${hash(reading.key)} read`].sort(),
  );
  for (const key of [...Object.values(KEYS), reading.key, writing.key]) assert.equal(running.includes(key), false);
  assert.equal(running.includes(hash(writing.key)), false);
  assert.ok(running.includes(revoked), 'a revoked key can become valid again');
  // Other answers do not tell the hashes.
  assert.doesNotMatch(await keys('list --json', { ...env, PORT: new URL(collector.url).port }), /[0-9a-f]{64}/);
  await collector.end('SIGTERM');
  assert.equal(await keys('list --fingerprints', env), running);
});

test('over HTTPS, a self-signed certificate must be in NODE_EXTRA_CA_CERTS', async (t) => {
  const folder = temporaryFolder(t);
  const env = { DATA: join(folder, 'events.duckdb'), PROJECT_ID, MASTER_KEY: KEYS.MASTER_KEY, TLS_SELF_MADE: 'true' };
  const { url } = await startProcess(t, env);
  const settings = { ...env, PORT: new URL(url).port };
  assert.match(
    await refused('list', settings),
    /cannot be reached at https:.*self-signed certificate.*NODE_EXTRA_CA_CERTS/,
  );
  assert.equal((await list({ ...settings, NODE_EXTRA_CA_CERTS: join(folder, 'self-made-cert.pem') })).length, 3);
});

test('a command that fails has a message, which repeats no key', async (t) => {
  const { url } = await startServer(t);
  const remote = { url, projectId: PROJECT, masterKey: MASTER };
  const id = 'id_0123456789abcdef';
  const table: [string, Partial<typeof remote>, RegExp][] = [
    ['', {}, /The commands for keys are: keys list/],
    ['rotate', {}, /The commands/],
    ['rotate all', {}, /The commands/],
    ['list write', {}, /The commands/],
    ['rotate write now', {}, /The commands/],
    [`revoke ${MASTER}`, {}, /takes a key's id/],
    ['revoke', {}, /takes a key's id/],
    [`delete ${MASTER}`, {}, /takes a key's id/],
    [`revoke ${id}`, {}, /There is no such key/],
    [`delete ${id}`, {}, /There is no such key/],
    ['list', { masterKey: 'nobody' }, /The key is not one of this project/],
    ['list', { masterKey: 'read_77aa77aa77aa' }, /Only a Master key/],
    ['list', { projectId: 'q' }, /no such project/],
    ['list', { url: 'http://127.0.0.1:1' }, /cannot be reached at http:\/\/127\.0\.0\.1:1: /],
    ['list', { url: `${url}/dashboard` }, /not from a collector/],
  ];
  for (const [command, other, message] of table) {
    const printed: string[] = [];
    const client = await openKeyClient('nowhere', { ...remote, ...other }, true);
    const terminal = { print: (line: string) => printed.push(line), inform: (line: string) => printed.push(line) };
    const wrong = await keysCommand(command.split(' '), {}, client, terminal).then(
      () => assert.fail(command),
      (error: Error) => error,
    );
    assert.ok(wrong instanceof SettingsError, command);
    assert.match(wrong.message, message, command);
    assert.equal(wrong.message.includes(MASTER), false, command);
    assert.deepEqual(printed, []);
  }
  for (const incomplete of [{ projectId: undefined }, { masterKey: undefined }]) {
    await assert.rejects(openKeyClient('nowhere', { ...remote, ...incomplete }, true), /PROJECT_ID and MASTER_KEY/);
  }
});

test('a command creates no database', async (t) => {
  const file = join(temporaryFolder(t), 'events.duckdb');
  assert.match(await refused('list', { DATA: file }), /There is no database at .*events\.duckdb/);
  assert.equal(existsSync(file), false);
});

test('a new key is printed before any later step can fail', async (t) => {
  const { url } = await startServer(t);
  const client = await openKeyClient('nowhere', { url, projectId: PROJECT, masterKey: MASTER }, true);
  const failing: KeyClient = {
    ...client,
    request: async (method, path, body) =>
      path.endsWith('/revoke') ? assert.fail('the network') : client.request(method, path, body),
  };
  const printed: string[] = [];
  await assert.rejects(
    keysCommand(['rotate', 'write'], {}, failing, { print: (line) => printed.push(line), inform: () => {} }),
    /the network/,
  );
  const keys = (await client.request('GET', '/keys?class=write')) as Listed[];
  assert.deepEqual(
    keys.map((key) => key.is_active),
    [true, true],
  );
  assert.match(printed.join(), /^write_[0-9a-f]{48}$/);
});

test('a name is printed without control characters', () => {
  const line = keyTable([
    {
      key: 'id_1',
      id: 'id_1',
      class: 'access',
      name: 'a\u001b[2Jb',
      is_active: false,
      permitted: [],
      options: {},
      created_at: '2026-11-23T12:00:00.000Z',
    },
  ])[1]!;
  assert.match(line, /^id_1 +access +revoked +2026-11-23 +nothing +a·\[2Jb$/);
});
