import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from './testing/folder.ts';
import { type CollectorProcess, startProcess } from './testing/process.ts';

const KEYS = {
  WRITE_KEY: 'write_1a_aaaaaaaaaaaa',
  READ_KEY: 'read_2b_aaaaaaaaaaaa',
  MASTER_KEY: 'master_3c_aaaaaaaaaaaa',
};
const TOKEN = 'a-token-for-the-dashboard';
const EVENTS = 50_000;
const BULK = 2_500;
/** A stop that takes longer than this hangs: the grace periods are 10 and 5 seconds. */
const HANG_MS = 30_000;

interface Request {
  path: string;
  method?: string;
  key?: string;
  body?: object;
}

const KINDS: Request[] = [
  { path: '/dashboard/data?span=1h' },
  { path: '/dashboard/data?span=30d' },
  { path: '/dashboard/activity/data' },
  { path: '/dashboard/' },
  { path: '/health' },
  { path: '/queries/count?event_collection=things', key: KEYS.READ_KEY },
  { path: '/queries/median?event_collection=things&target_property=n', key: KEYS.READ_KEY },
  { path: '/queries/select_unique?event_collection=things&target_property=text', key: KEYS.READ_KEY },
  { path: '/queries/extraction?event_collection=things', key: KEYS.READ_KEY },
  { path: '/events', key: KEYS.READ_KEY },
  { path: '/events', key: KEYS.WRITE_KEY, body: { others: Array.from({ length: 2_000 }, (_, n) => ({ n })) } },
  { path: '/events/others', key: KEYS.WRITE_KEY, body: { n: 1 } },
  { path: '/keys', key: KEYS.MASTER_KEY },
  { path: '/keys', key: KEYS.MASTER_KEY, body: { name: 'a', permitted: ['queries'] } },
  { path: '/events/others', method: 'DELETE', key: KEYS.MASTER_KEY },
  { path: '/events/things/properties/text', method: 'DELETE', key: KEYS.MASTER_KEY },
];

const env = (folder: string) => ({
  ...KEYS,
  DATA: join(folder, 'events.duckdb'),
  PROJECT_ID: 'p',
  DASHBOARD_TOKEN: TOKEN,
});

const projectUrl = (collector: CollectorProcess, path: string) => `${collector.url}/3.0/projects/p${path}`;

async function cookieOf({ url }: CollectorProcess): Promise<string> {
  const answer = await fetch(`${url}/dashboard/?token=${TOKEN}`, { redirect: 'manual' });
  return answer.headers.getSetCookie()[0]!.split(';')[0]!;
}

function send(collector: CollectorProcess, cookie: string, { path, method, key, body }: Request, signal: AbortSignal) {
  return fetch(key ? projectUrl(collector, path) : collector.url + path, {
    method: method ?? (body ? 'POST' : 'GET'),
    headers: { ...(key ? { authorization: `Bearer ${key}` } : { cookie }), 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
    signal,
  })
    .then((answer) => answer.text())
    .catch(() => undefined); // aborted, also in the middle of the answer, or the collector has ended
}

/** Resolves with the exit code, or with SIGKILL if the process hangs. */
async function stopOf(collector: CollectorProcess): Promise<number | NodeJS.Signals> {
  const timer = setTimeout(() => void collector.end('SIGKILL'), HANG_MS);
  const code = await collector.end('SIGTERM');
  clearTimeout(timer);
  return code;
}

async function fill(collector: CollectorProcess): Promise<void> {
  const bulk = { things: Array.from({ length: BULK }, (_, n) => ({ n, text: `text ${n}` })) };
  for (let sent = 0; sent < EVENTS; sent += BULK) {
    const { status } = await fetch(projectUrl(collector, '/events'), {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.WRITE_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(bulk),
    });
    assert.equal(status, 200);
  }
}

/** Numbers from 0 to 1 that follow from the seed (a linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

test('a stop ends the process whichever requests are aborted at whichever moment', async (t) => {
  const folder = temporaryFolder(t);
  const first = await startProcess(t, env(folder));
  await fill(first);
  // The request that once made the stop hang.
  const controller = new AbortController();
  const looked = send(first, await cookieOf(first), KINDS[0]!, controller.signal);
  setTimeout(() => controller.abort(), 30);
  await looked;
  assert.equal(await stopOf(first), 0);

  for (let seed = 1; seed <= 6; seed++) {
    const random = randomFrom(seed);
    const collector = await startProcess(t, env(folder));
    const cookie = await cookieOf(collector);
    const requests = KINDS.filter(() => random() < 0.5).map((request) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), random() * 80);
      return send(collector, cookie, request, controller.signal);
    });
    await Promise.all(requests.filter(() => random() < 0.5));
    assert.equal(await stopOf(collector), 0, `seed ${seed}: ${collector.stderr().slice(-2_000)}`);
    await Promise.all(requests);
    assert.doesNotMatch(collector.stderr(), /"error":/, `seed ${seed}`);
  }
});

async function startWithOpenRequest(t: TestContext): Promise<CollectorProcess> {
  const collector = await startProcess(t, env(temporaryFolder(t)));
  const socket = connect(Number(new URL(collector.url).port), '127.0.0.1').on('error', () => undefined);
  t.after(() => socket.destroy());
  socket.write(
    `POST /3.0/projects/p/events/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEYS.WRITE_KEY}\r\nContent-Type: application/json\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n`,
  );
  await once(socket, 'data');
  return collector;
}

test('a second signal ends the process at once', async (t) => {
  const collector = await startWithOpenRequest(t);
  const startedAt = performance.now();
  const ended = collector.end('SIGTERM');
  const repeating = setInterval(() => void collector.end('SIGINT'), 100);
  const code = await ended;
  clearInterval(repeating);
  assert.equal(code, 130);
  assert.ok(performance.now() - startedAt < 5_000, 'it does not wait for the request');
});

test('the collector stops once the process that started it is gone', async (t) => {
  const module = (path: string) => JSON.stringify(pathToFileURL(join(process.cwd(), path)).href);
  const code = `import { endWithParent } from ${module('demo/end-with-parent.mjs')};
    endWithParent(process.ppid); await import(${module('demo/dist/collector.js')});`;
  // The colon keeps the shell from replacing itself by Node.
  const shell = spawn('sh', ['-c', '"$NODE" --input-type=module -e "$CODE"; :'], {
    env: { ...process.env, ...env(temporaryFolder(t)), PORT: '0', NODE: process.execPath, CODE: code },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: shell.stdout }), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  assert.equal((await fetch(`${url}/health`)).status, 200);
  shell.kill('SIGTERM');
  // The pipe closes when the last process that holds it has ended.
  await once(shell, 'close');
  await assert.rejects(fetch(url));
});
