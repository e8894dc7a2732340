import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from './testing/folder.ts';
import { failingProcess, startProcess } from './testing/process.ts';

const run = promisify(execFile);
const KEYS = { WRITE_KEY: 'write_1a1a1a1a1a1a', READ_KEY: 'read_2b2b2b2b2b2b', MASTER_KEY: 'master_3c3c3c3c3c3c' };
const bearer = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });

test('the first start generates a project and three keys, prints them once, and stores only hashes', async (t) => {
  const folder = temporaryFolder(t);
  const data = join(folder, 'sub/events.duckdb');
  const first = await startProcess(t, { DATA: data });
  assert.equal(first.stdout.length, 2);
  const { projectId, keys } = first.stdout[0] as { projectId: string; keys: Record<string, string> };
  assert.match(projectId, /^[0-9a-f]{24}$/);
  for (const of of ['write', 'read', 'master']) assert.match(keys[of]!, new RegExp(`^${of}_[0-9a-f]{32,}$`));
  assert.deepEqual(Object.keys(first.stdout[1]!), ['url', 'projectId', 'dashboard']);
  assert.ok(first.dashboard.startsWith(`${first.url}/dashboard/?token=`));
  const status = async (url: string, key: string) =>
    (await fetch(`${url}/3.0/projects/${projectId}/events`, { headers: bearer(key) })).status;
  assert.equal(await status(first.url, keys.read!), 200);
  assert.equal(await status(first.url, keys.write!), 401);
  assert.equal(await first.end('SIGTERM'), 0);
  const file = readFileSync(data);
  assert.equal(statSync(data).mode & 0o777, 0o600, 'no other user can read it');
  assert.equal(statSync(join(folder, 'sub')).mode & 0o777, 0o700);
  for (const key of Object.values(keys)) {
    assert.equal(file.includes(key), false);
    assert.equal(first.stderr().includes(key), false);
  }

  const second = await startProcess(t, { DATA: data });
  assert.equal(second.stdout.length, 1);
  assert.equal(second.projectId, projectId);
  assert.equal(await status(second.url, keys.read!), 200);
  assert.notEqual(second.dashboard.split('token=')[1], first.dashboard.split('token=')[1]);
  await second.end('SIGTERM');

  // The environment replaces the key of one class; the other classes keep theirs.
  const third = await startProcess(t, { DATA: data, READ_KEY: 'read_new_and_long_enough' });
  assert.equal(third.stdout.length, 1);
  assert.equal(await status(third.url, keys.read!), 401);
  assert.equal(await status(third.url, 'read_new_and_long_enough'), 200);
  assert.equal(await status(third.url, keys.master!), 200);
});

test('invalid settings end the process with code 1 and a message', async (t) => {
  const DATA = join(temporaryFolder(t), 'events.duckdb');
  const table: [Record<string, string>, RegExp][] = [
    [{ DATA, PORT: 'http' }, /PORT must be/],
    [{ DATA, WRITE_KEY: 'read_x_and_long_enough' }, /WRITE_KEY holds a key that is labelled "read_"/],
    [{ DATA: join(process.cwd(), 'package.json') }, /package\.json is not a DuckDB database/],
    [{ DATA: '/proc/x/y' }, /The folder \/proc\/x cannot be created \(ENOENT\)\.\n$/],
    [{ DATA: '/proc/x/y/z.duckdb', TLS_SELF_MADE: '1' }, /The folder \/proc\/x cannot be created/],
    [{ DATA: join(process.cwd(), 'package.json/x/y') }, /package\.json\/x cannot be created \(ENOTDIR\)/],
    [{ DATA: process.cwd() }, /is no file/],
    [{ DATA: '/dev/null' }, /\/dev\/null is no file/],
    [{ DATA, HOST: '203.0.113.7' }, /On 203\.0\.113\.7 .* plain HTTP/],
    [{ DATA, HOST: '203.0.113.7', TLS_SELF_MADE: '1' }, /listen .*203\.0\.113\.7/],
    [{ DATA, HOST: 'nowhere.invalid' }, /nowhere\.invalid/],
    [{ DATA, TLS_CERT: join(process.cwd(), 'package.json'), TLS_KEY: 'k' }, /package\.json holds no certificate/],
  ];
  for (const [env, message] of table) {
    const { code, stdout, stderr } = await failingProcess({ ...KEYS, ...env });
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
    assert.equal(stdout, '');
  }
});

test('a busy port ends the process before any file or key is made', async (t) => {
  const folder = join(temporaryFolder(t), 'data');
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const PORT = String((other.address() as AddressInfo).port);
  for (const TLS_SELF_MADE of ['false', 'true']) {
    const { code, stdout, stderr } = await failingProcess({ DATA: join(folder, 'events.duckdb'), PORT, TLS_SELF_MADE });
    assert.equal(code, 1);
    assert.match(stderr, /EADDRINUSE/);
    assert.equal(stdout, '');
    assert.equal(existsSync(folder), false);
  }
});

test('--help and --version only print, and an unknown flag or command ends the process with code 1', async () => {
  const said = (...args: string[]) =>
    run(process.execPath, [join(process.cwd(), 'demo/dist/collector.js'), ...args]).then(({ stdout }) => stdout);
  assert.match(await said('--help'), /^Usage: npm run collector/);
  assert.match(await said('--version'), /^\d+\.\d+\.\d+\n$/);
  for (const [args, message] of [
    [['--prot', '1'], /Is it --port\?/],
    [['serev'], /The commands are keys, backup, restore and cluster/],
  ] as const) {
    const failed = await run(process.execPath, [join(process.cwd(), 'demo/dist/collector.js'), ...args]).then(
      () => assert.fail('it resolved'),
      (error: { code: number; stderr: string; stdout: string }) => error,
    );
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, message);
    assert.equal(failed.stdout, '');
  }
});

test('with a self-signed certificate the collector speaks HTTPS, and behind a proxy plain HTTP', async (t) => {
  const DATA = join(temporaryFolder(t), 'events.duckdb');
  const collector = await startProcess(t, { ...KEYS, DATA, PROJECT_ID: 'p', TLS_SELF_MADE: 'true' });
  assert.match(collector.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const ca = readFileSync(join(DATA, '../self-made-cert.pem'));
  const outgoing = request(`${collector.url}/3.0/projects/p/events/things`, {
    ca,
    method: 'POST',
    headers: bearer(KEYS.WRITE_KEY),
  }).end('{"n": 1}');
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  answer.resume();
  assert.equal(answer.statusCode, 201);
  await assert.rejects(fetch(collector.url.replace('https', 'http')), 'plain HTTP is not answered');
  assert.equal(await collector.end('SIGTERM'), 0);

  const proxied = await startProcess(t, { ...KEYS, DATA, HOST: '0.0.0.0', BEHIND_PROXY: '127.0.0.1' });
  assert.equal((await fetch(`${proxied.url}/health`)).status, 200);
});

test('acknowledged events survive SIGKILL', async (t) => {
  const env = { ...KEYS, DATA: join(temporaryFolder(t), 'events.duckdb'), PROJECT_ID: 'p' };
  let acknowledged = 0;
  for (let round = 0; round < 3; round++) {
    const collector = await startProcess(t, env);
    // Several requests at a time, until the process dies in the middle of them.
    const sender = async (name: number) => {
      for (let n = 0; ; n++) {
        const response = await fetch(`${collector.url}/3.0/projects/p/events/things`, {
          method: 'POST',
          body: JSON.stringify({ n, keen: { uniqueness_token: `${round}-${name}-${n}` } }),
          headers: bearer(KEYS.WRITE_KEY),
        }).catch(() => undefined);
        if (response?.status !== 201) return;
        if (++acknowledged % 60 === 0) void collector.end('SIGKILL');
      }
    };
    await Promise.all([0, 1, 2, 3].map(sender));
    assert.equal(await collector.end('SIGKILL'), 'SIGKILL');
  }
  const collector = await startProcess(t, env);
  const { result } = (await (
    await fetch(`${collector.url}/3.0/projects/p/queries/extraction?event_collection=things`, {
      headers: bearer(KEYS.READ_KEY),
    })
  ).json()) as { result: { keen: { uniqueness_token: string } }[] };
  assert.ok(acknowledged >= 180, `${acknowledged}`);
  // Events in flight at that moment can be stored without having been acknowledged.
  assert.ok(result.length >= acknowledged && result.length <= acknowledged + 12, `${result.length} of ${acknowledged}`);
  assert.equal(new Set(result.map(({ keen }) => keen.uniqueness_token)).size, result.length);
  // The collector recognises each of them as a repeat.
  const again = await fetch(`${collector.url}/3.0/projects/p/events`, {
    method: 'POST',
    body: JSON.stringify({
      things: result.map(({ keen: { uniqueness_token } }) => ({ n: 1, keen: { uniqueness_token } })),
    }),
    headers: bearer(KEYS.WRITE_KEY),
  });
  assert.equal(again.status, 200);
  const count = await fetch(`${collector.url}/3.0/projects/p/queries/count?event_collection=things`, {
    headers: bearer(KEYS.READ_KEY),
  });
  assert.deepEqual(await count.json(), { result: result.length });
});

test('on SIGTERM a request under way is finished and answered, and an idle connection is closed', async (t) => {
  const env = { ...KEYS, DATA: join(temporaryFolder(t), 'events.duckdb'), PROJECT_ID: 'p' };
  const collector = await startProcess(t, env);
  const port = Number(new URL(collector.url).port);
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'connect');
  const socket = connect(port, '127.0.0.1');
  const body = '{"n": 1}';
  socket.write(
    `POST /3.0/projects/p/events/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEYS.WRITE_KEY}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  );
  // Status 100 shows that the collector has the request.
  const [hundred] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(hundred), /^HTTP\/1\.1 100 /);
  const silentClosed = once(silent, 'close');
  const ended = collector.end('SIGTERM');
  await silentClosed; // by now it has begun to stop
  await assert.rejects(fetch(collector.url), 'no new connection is accepted');
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  const closed = once(socket, 'close');
  socket.write(body);
  await closed;
  assert.match(answer, /^HTTP\/1\.1 201 /);
  assert.match(answer, /\{"created":true\}$/);
  assert.equal(await ended, 0);
  const again = await startProcess(t, env);
  const count = await fetch(`${again.url}/3.0/projects/p/queries/count?event_collection=things`, {
    headers: bearer(KEYS.READ_KEY),
  });
  assert.deepEqual(await count.json(), { result: 1 });
});

test('a second signal does not disturb an orderly stop', async (t) => {
  const collector = await startProcess(t, { ...KEYS, DATA: join(temporaryFolder(t), 'events.duckdb') });
  const [first, second] = await Promise.all([collector.end('SIGINT'), collector.end('SIGTERM')]);
  assert.deepEqual([first, second], [0, 0]);
});

test('a closed log pipe prevents neither recording nor an orderly stop', async (t) => {
  const collector = await startProcess(t, {
    ...KEYS,
    DATA: join(temporaryFolder(t), 'events.duckdb'),
    PROJECT_ID: 'p',
  });
  collector.closePipes();
  for (let n = 0; n < 20; n++) {
    const { status } = await fetch(`${collector.url}/3.0/projects/p/events/things`, {
      method: 'POST',
      body: '{"n": 1}',
      headers: bearer(KEYS.WRITE_KEY),
    });
    assert.equal(status, 201);
  }
  assert.equal(await collector.end('SIGTERM'), 0);
});

test('a log on a full disk does not prevent recording', {
  skip: !existsSync('/dev/full') && 'there is no /dev/full here',
}, async (t) => {
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const collector = await startProcess(
    t,
    { ...KEYS, DATA: join(temporaryFolder(t), 'events.duckdb'), PROJECT_ID: 'p' },
    full,
  );
  for (let n = 0; n < 20; n++) {
    const { status } = await fetch(`${collector.url}/3.0/projects/p/events/things`, {
      method: 'POST',
      body: '{"n": 1}',
      headers: bearer(KEYS.WRITE_KEY),
    });
    assert.equal(status, 201);
  }
  assert.equal(await collector.end('SIGTERM'), 0);
});

test('the request log goes to stderr, one line of JSON for each request', async (t) => {
  const collector = await startProcess(t, {
    ...KEYS,
    DATA: join(temporaryFolder(t), 'events.duckdb'),
    PROJECT_ID: 'p',
  });
  await fetch(`${collector.url}/3.0/projects/p/events?api_key=${KEYS.READ_KEY}`);
  await collector.end('SIGTERM');
  const lines = collector
    .stderr()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { path: string; status: number });
  assert.deepEqual(
    lines.map(({ path, status }) => [path, status]),
    [['/3.0/projects/p/events?…', 200]],
  );
  assert.equal(collector.stdout.length, 1);
});

test("the two examples of Keen's documentation work with only the host swapped", async (t) => {
  const collector = await startProcess(t, {
    ...KEYS,
    DATA: join(temporaryFolder(t), 'events.duckdb'),
    PROJECT_ID: 'PROJECT_ID',
  });
  const curl = async (...args: string[]) =>
    JSON.parse((await run('curl', ['--silent', '--show-error', ...args])).stdout) as unknown;
  assert.deepEqual(
    await curl(
      `${collector.url}/3.0/projects/PROJECT_ID/events/purchases`,
      '-H',
      `Authorization: Bearer ${KEYS.WRITE_KEY}`,
      '-H',
      'Content-Type: application/json',
      '-d',
      '{"item": "golden widget", "price": 50}',
    ),
    { created: true },
  );
  assert.deepEqual(
    await curl(
      `${collector.url}/3.0/projects/PROJECT_ID/queries/count`,
      '-H',
      `Authorization: Bearer ${KEYS.READ_KEY}`,
      '-H',
      'Content-Type: application/json',
      '-d',
      '{"event_collection": "purchases", "timeframe": "this_14_days"}',
    ),
    { result: 1 },
  );
});
