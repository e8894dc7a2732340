import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../fixtures/paths.ts';

const PROJECT = '10ad10ad10ad10ad10ad10ad';
const KEYS = { write: 'write_10ad10ad10ad', read: 'read_10ad10ad10ad', master: 'master_10ad10ad10ad' };
const FILE = 'events.duckdb';

/** A collector under load. */
export interface LoadedCollector {
  pid: number;
  /** The address of the project's API, up to the project id. */
  api: string;
  keys: typeof KEYS;
  /** Milliseconds from its start until it listens. */
  startupMs: number;
  /** Resident memory in bytes. */
  memory(): number;
  /** Bytes of the database file and of DuckDB's log, which a checkpoint moves into the file. */
  files(): { data: number; log: number };
  /** The result of a query with the Read key. */
  query(type: string, parameters: object): Promise<unknown>;
  /** Sends a message to its process, and resolves with the answer. Only with `options.preload`. */
  ask(message: string): Promise<unknown>;
  /** Sends a signal, and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** How to start a collector. */
export interface StartOptions {
  /** A command that starts the collector, for example with limits. */
  wrapper?: string[];
  /** Further settings. */
  env?: Record<string, string>;
  /** A module that the collector's process loads first, and that answers messages. */
  preload?: string;
}

/**
 * Starts the built collector in its own process, on the database in this folder. Its request log goes to a file in the
 * folder, as in production, because reading it would slow down the process that makes the load.
 */
export async function startCollector(folder: string, options: StartOptions = {}): Promise<LoadedCollector> {
  const { child, gone } = spawnCollector(folder, options);
  const began = performance.now();
  const listening = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { url } = JSON.parse(line) as { url?: string };
      if (url) resolve(url);
    });
  });
  const url = await Promise.race([listening, gone.then(() => undefined)]);
  if (url === undefined) throw new Error(`the collector ended with ${await gone} before it listened:\n${tail(folder)}`);
  const startupMs = performance.now() - began;
  const api = `${url}/3.0/projects/${PROJECT}`;

  return {
    pid: child.pid!,
    api,
    keys: KEYS,
    startupMs,
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
    async ask(message) {
      const answered = once(child, 'message') as Promise<[unknown]>;
      child.send(message);
      return (await answered)[0];
    },
    async end(signal) {
      child.kill(signal);
      await gone;
    },
  };
}

/** Starts the collector, and kills it after a time. */
export async function startAndKill(folder: string, afterMs: number): Promise<void> {
  const { child, gone } = spawnCollector(folder, {});
  setTimeout(() => child.kill('SIGKILL'), afterMs);
  await gone;
}

function spawnCollector(folder: string, { wrapper = [], env = {}, preload }: StartOptions) {
  const node = [process.execPath, ...(preload === undefined ? [] : ['--import', preload])];
  const [command, ...args] = [...wrapper, ...node, join(root, 'demo/dist/collector.js')];
  const log = openSync(join(folder, 'collector.log'), 'a');
  const child = spawn(command!, args, {
    stdio: ['ignore', 'pipe', log, ...(preload === undefined ? [] : (['ipc'] as const))],
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      DATA: join(folder, FILE),
      PROJECT_ID: PROJECT,
      WRITE_KEY: KEYS.write,
      READ_KEY: KEYS.read,
      MASTER_KEY: KEYS.master,
      ...env,
    },
  });
  closeSync(log);
  const kill = () => void child.kill('SIGKILL');
  // It must be killed before its folder is removed, which also happens on exit.
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
