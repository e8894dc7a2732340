// A whole cluster on loopback: nodes of NATS, shards of ClickHouse, their loaders, and collectors.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../install.mjs';
import { startClickHouse } from './clickhouse.mjs';
import { startNats } from './nats.mjs';
import { provideClickHouse, provideNats } from './packages.mjs';
import { freePorts } from './ports.mjs';

const COLLECTOR = join(root, 'demo/dist/collector.js');
const STOP_TIMEOUT_MS = 20_000;
const PARTITIONS = 6;

/**
 * A process that can be killed and started again.
 * @param start starts it, and resolves with the child once it is ready
 */
function createPart(kind, name, start) {
  let child;
  return {
    kind,
    name,
    get pid() {
      return child?.pid;
    },
    get url() {
      return child?.url;
    },
    get ready() {
      return child?.ready;
    },
    async start() {
      child = await start();
    },
    async end(signal = 'SIGKILL') {
      await child?.end(signal);
    },
  };
}

/** Runs the collector's program, and resolves once it says what it waits for. */
async function runCollector({ args, env, log, isReady, errors }) {
  const file = openSync(log, 'a');
  const child = spawn(process.execPath, [COLLECTOR, ...args], {
    env: { ...process.env, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', errors ? 'pipe' : file, 'ipc'],
  });
  closeSync(file);
  const exited = once(child, 'exit');
  const lines = [];
  const ready = new Promise((resolve, reject) => {
    const read = (line) => {
      lines.push(line);
      if (isReady(line)) resolve(line);
    };
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', read);
    void exited.then(([code, signal]) =>
      reject(
        new Error(
          `${args.join(' ') || 'the collector'} ended with ${code ?? signal}; see ${log}. ${lines.at(-1) ?? ''}`,
        ),
      ),
    );
  });
  const line = await ready;
  return {
    pid: child.pid,
    ready: line,
    lines,
    exited,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** One server of ClickHouse as a part. */
const clickHousePart = (name, options) =>
  createPart('clickhouse', name, async () => {
    const server = await startClickHouse(options);
    return { pid: server.pid, url: server.url, end: server.kill };
  });

async function startShards(folder, shards, replicas, memoryMB) {
  const ports = await freePorts(2 * shards * replicas);
  const places = Array.from({ length: shards }, (_, shard) =>
    Array.from({ length: replicas }, (_, replica) => {
      const [httpPort, tcpPort] = ports.splice(0, 2);
      return { name: `clickhouse-${shard + 1}-${replica + 1}`, httpPort, tcpPort };
    }),
  );
  const config = places.map((shard) => shard.map(({ tcpPort }) => ({ port: tcpPort })));
  const parts = places
    .flat()
    .map(({ name, ...ports }) =>
      clickHousePart(name, { folder: join(folder, name), ...ports, shards: config, memoryMB }),
    );
  await Promise.all(parts.map((part) => part.start()));
  return { parts, urls: places.map((shard) => shard.map(({ httpPort }) => `http://127.0.0.1:${httpPort}`)) };
}

/** Starts a cluster and resolves once it can record and answer. */
export async function startCluster({
  folder,
  nodes = 3,
  shards = 2,
  replicas = 2,
  collectors = 2,
  env = {},
  ports = [],
  memoryMB = 1000,
}) {
  await Promise.all([provideNats(), provideClickHouse()]);
  mkdirSync(folder, { recursive: true });
  const parts = [];
  const stop = async () => {
    // Those first that use the others.
    for (const kind of ['collector', 'loader'])
      await Promise.all(parts.filter((part) => part.kind === kind).map((part) => part.end('SIGTERM')));
    await Promise.all(parts.filter(({ kind }) => kind === 'nats').map((part) => part.end('SIGTERM')));
    await Promise.all(parts.filter(({ kind }) => kind === 'clickhouse').map((part) => part.end('SIGKILL')));
  };
  try {
    const [nats, store] = await Promise.all([
      startNats({ folder, nodes }),
      startShards(folder, shards, replicas, memoryMB),
    ]);
    parts.push(
      ...nats.nodes.map((node) => ({
        kind: 'nats',
        name: node.name,
        get pid() {
          return node.pid;
        },
        end: node.end,
        async start() {
          node.start();
          await node.ready();
        },
      })),
      ...store.parts,
    );
    const settings = {
      STORAGE: 'cluster',
      NATS_SERVERS: nats.servers.join(),
      CLICKHOUSE_URLS: store.urls.map((urls) => urls.join('|')).join(),
      ...env,
    };
    const program = (args, name, isReady, errors = false) =>
      runCollector({ args, env: settings, log: join(folder, `${name}.log`), isReady, errors });
    const made = await setUp(program);
    for (const url of store.urls.flat()) {
      const name = `loader-${parts.filter(({ kind }) => kind === 'loader').length + 1}`;
      parts.push(
        createPart('loader', name, () =>
          program(['cluster', 'load', url], name, (line) => line.startsWith('Loading'), true),
        ),
      );
    }
    for (let index = 0; index < collectors; index++) {
      const name = `collector-${index + 1}`;
      const port = ports[index] ?? (await freePorts(1))[0];
      parts.push(
        createPart('collector', name, async () => {
          const child = await program(['--port', String(port)], name, (line) => line.includes('"url"'));
          const ready = JSON.parse(child.ready);
          return { ...child, ready, url: ready.url };
        }),
      );
    }
    await Promise.all(
      parts.filter(({ kind }) => kind === 'loader' || kind === 'collector').map((part) => part.start()),
    );
    return { parts, settings, keys: made.keys, projectId: parts.at(-1).ready.projectId, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `cluster init`: prints the keys that it has generated. */
async function setUp(program) {
  const child = await program(
    ['cluster', 'init', String(PARTITIONS)],
    'init',
    (line) => line.includes('are there'),
    true,
  );
  const [code] = await child.exited;
  if (code !== 0) throw new Error(`cluster init failed: ${child.lines.join(' ')}`);
  const printed = child.lines.find((line) => line.startsWith('{"projectId"'));
  return printed ? JSON.parse(printed) : {};
}

/** Memory of a process in megabytes, as Linux counts it. */
export const memoryOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
