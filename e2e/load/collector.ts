import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../fixtures/paths.ts';

const PROJECT = '10ad10ad10ad10ad10ad10ad';
const KEYS = { write: 'write_10ad', read: 'read_10ad', master: 'master_10ad' };
const FILE = 'events.duckdb';

export interface LoadedCollector {
  pid: number;
  /** The project's API, up to its id. */
  api: string;
  keys: typeof KEYS;
  /** Milliseconds from its start to its listening. */
  startedIn: number;
  /** Resident memory in bytes. */
  memory(): number;
  /** Bytes of the database file and of DuckDB's log beside it, which a checkpoint moves into the file. */
  files(): { data: number; log: number };
  /** What the query API answers to a Read key. */
  query(type: string, parameters: object): Promise<unknown>;
  /** Sends the signal and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts the built collector as a process of its own, on the database in this folder. Its request log goes to a file there, as
 * it would in earnest: to read it would cost the process that makes the load.
 *
 * @param shell a command in front, which limits the process say
 */
export async function startCollector(folder: string, shell: string[] = []): Promise<LoadedCollector> {
  const { child, gone } = spawnCollector(folder, shell);
  const began = performance.now();
  const listening = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const said = JSON.parse(line) as { url?: string };
      if (said.url) resolve(said.url);
    });
  });
  const url = await Promise.race([listening, gone.then(() => undefined)]);
  if (url === undefined) throw new Error(`the collector ended with ${await gone} before it listened:\n${tail(folder)}`);
  const startedIn = performance.now() - began;
  const api = `${url}/3.0/projects/${PROJECT}`;

  return {
    pid: child.pid!,
    api,
    keys: KEYS,
    startedIn,
    memory: () => residentBytes(child.pid!),
    files: () => ({ data: size(join(folder, FILE)), log: size(join(folder, `${FILE}.wal`)) }),
    async query(type, parameters) {
      const response = await fetch(`${api}/queries/${type}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEYS.read}`, 'content-type': 'application/json' },
        body: JSON.stringify(parameters),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`the collector answered ${response.status} to ${type}: ${text}`);
      return (JSON.parse(text) as { result: unknown }).result;
    },
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

/** Starts it and kills it after so many milliseconds, wherever it is then. */
export async function startAndKill(folder: string, after: number): Promise<void> {
  const { child, gone } = spawnCollector(folder, []);
  setTimeout(() => child.kill('SIGKILL'), after);
  await gone;
}

function spawnCollector(folder: string, shell: string[]) {
  const [command, ...args] = [...shell, process.execPath, join(root, 'demo/dist/collector.js')];
  const log = openSync(join(folder, 'collector.log'), 'a');
  const child = spawn(command!, args, {
    stdio: ['ignore', 'pipe', log],
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      DATA: join(folder, FILE),
      PROJECT_ID: PROJECT,
      WRITE_KEY: KEYS.write,
      READ_KEY: KEYS.read,
      MASTER_KEY: KEYS.master,
    },
  });
  closeSync(log);
  const kill = () => void child.kill('SIGKILL');
  // Before its folder goes, which is removed on exit too.
  process.prependListener('exit', kill);
  const gone = (once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>).then(([code, signal]) => {
    process.off('exit', kill);
    return signal ?? code;
  });
  return { child, gone };
}

const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const tail = (folder: string) => readFileSync(join(folder, 'collector.log'), 'utf8').slice(-2_000);

function residentBytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kilobytes = existsSync(status)
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kilobytes) * 1024;
}
