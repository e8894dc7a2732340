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
function createPart(kind, name, start, shard) {
  let child;
  return {
    kind,
    name,
    shard,
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
async function runCollector({ args, env, log, isReady, errors, niceness = 0 }) {
  const file = openSync(log, 'a');
  const child = spawn('nice', ['-n', String(niceness), process.execPath, COLLECTOR, ...args], {
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

/** The servers of ClickHouse, not yet started, and the addresses of each shard's replicas. */
async function createShards({ folder, shards, replicas, ...options }) {
  const ports = await freePorts(2 * shards * replicas);
  const places = Array.from({ length: shards }, () =>
    Array.from({ length: replicas }, () => {
      const [httpPort, tcpPort] = ports.splice(0, 2);
      return { httpPort, tcpPort };
    }),
  );
  const config = places.map((shard) => shard.map(({ tcpPort }) => ({ port: tcpPort })));
  const parts = places.flatMap((servers, shard) =>
    servers.map((ports, replica) => {
      const name = `clickhouse-${shard + 1}-${replica + 1}`;
      const start = async () => {
        const server = await startClickHouse({ ...options, folder: join(folder, name), ...ports, shards: config });
        return { pid: server.pid, url: server.url, end: server.kill };
      };
      return createPart('clickhouse', name, start, shard);
    }),
  );
  return { parts, urls: places.map((shard) => shard.map(({ httpPort }) => `http://127.0.0.1:${httpPort}`)) };
}

/** The order in which a cluster ends: those first that use the others. ClickHouse takes no other signal. */
const ENDS = [
  ['collector', 'SIGTERM'],
  ['loader', 'SIGTERM'],
  ['nats', 'SIGTERM'],
  ['clickhouse', 'SIGKILL'],
];

async function stopAll(parts) {
  for (const [kind, signal] of ENDS)
    await Promise.all(parts.filter((part) => part.kind === kind).map((part) => part.end(signal)));
}

const natsPart = (node) => ({
  kind: 'nats',
  name: node.name,
  url: undefined,
  get pid() {
    return node.pid;
  },
  end: node.end,
  async start() {
    node.start();
    await node.ready();
  },
});

/** A loader for each replica. */
const loaderParts = (urls, program, niceness) =>
  urls.flatMap((replicas, shard) =>
    replicas.map((url, replica) => {
      const name = `loader-${shard + 1}-${replica + 1}`;
      const isReady = (line) => line.startsWith('Loading');
      const start = () => program(['cluster', 'load', url], name, isReady, { errors: true, niceness });
      return createPart('loader', name, start, shard);
    }),
  );

const collectorPart = (name, port, program) =>
  createPart('collector', name, async () => {
    const child = await program(['--port', String(port)], name, (line) => line.includes('"url"'));
    const ready = JSON.parse(child.ready);
    return { ...child, ready, url: ready.url };
  });

/** Starts a cluster and resolves once it can record and answer. */
export async function startCluster(options) {
  const { folder, nodes = 3, shards = 2, replicas = 2, collectors = 2, env = {} } = options;
  const { partitions = PARTITIONS, memoryMB = 1000, storeNiceness: niceness = 0 } = options;
  await Promise.all([provideNats(), provideClickHouse()]);
  mkdirSync(folder, { recursive: true });
  const parts = [];
  const stop = () => stopAll(parts);
  try {
    const store = await createShards({ folder, shards, replicas, memoryMB, niceness });
    parts.push(...store.parts);
    const [nats] = await Promise.all([startNats({ folder, nodes }), ...store.parts.map((part) => part.start())]);
    parts.push(...nats.nodes.map(natsPart));
    const settings = {
      STORAGE: 'cluster',
      NATS_SERVERS: nats.servers.join(),
      CLICKHOUSE_URLS: store.urls.map((urls) => urls.join('|')).join(),
      ...env,
    };
    const program = (args, name, isReady, more) =>
      runCollector({ args, env: settings, log: join(folder, `${name}.log`), isReady, ...more });
    const { keys = {}, projectId } = await setUp(program, partitions);
    const ports = options.ports ?? (await freePorts(collectors));
    const workers = [
      ...loaderParts(store.urls, program, niceness),
      ...ports.map((port, index) => collectorPart(`collector-${index + 1}`, port, program)),
    ];
    parts.push(...workers);
    await Promise.all(workers.map((part) => part.start()));
    const ready = workers.filter(({ kind }) => kind === 'collector').map((part) => part.ready);
    return {
      parts,
      settings,
      keys,
      projectId: ready[0]?.projectId ?? projectId ?? '',
      urls: ready.map(({ url }) => url),
      dashboards: ready.map(({ dashboard }) => dashboard),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `cluster init`: prints the keys that it has generated. */
async function setUp(program, partitions) {
  const child = await program(['cluster', 'init', String(partitions)], 'init', (line) => line.includes('are there'), {
    errors: true,
  });
  const [code] = await child.exited;
  if (code !== 0) throw new Error(`cluster init failed: ${child.lines.join(' ')}`);
  const printed = child.lines.find((line) => line.startsWith('{"projectId"'));
  return printed ? JSON.parse(printed) : {};
}

/** Memory of a process in megabytes, as Linux counts it. */
export const memoryOf = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** Clock ticks in which Linux tells processor time; 100 a second on all systems of today. */
const TICK_MS = 10;

/** Processor time of a process in milliseconds. The name in parentheses may have spaces; user and system are 14 and 15. */
export function processorTimeOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
