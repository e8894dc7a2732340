// Starts nats-server nodes on loopback, as one JetStream cluster. For tests, the demo and measurements.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { provideNats } from './packages.mjs';
import { freePorts } from './ports.mjs';

/** A cluster is ready once it has elected a leader: five seconds on a quiet machine. */
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
/** An event has at most 900 kB, and a message holds whole events. */
const MAX_PAYLOAD_BYTES = 8_000_000;

/** One node keeps no replicas, so it forms no cluster. */
function configOf({ name, folder, client, http, route, routes, more }) {
  const lines = [
    `server_name: ${name}`,
    `listen: "127.0.0.1:${client}"`,
    `http: "127.0.0.1:${http}"`,
    `max_payload: ${MAX_PAYLOAD_BYTES}`,
    // The default syncs every two minutes, and a power cut would then lose acknowledged events.
    `jetstream { store_dir: ${JSON.stringify(folder)}, sync_interval: always }`,
    more,
  ];
  if (routes.length > 1) {
    const list = routes.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
    lines.push(`cluster { name: mailslot, listen: "127.0.0.1:${route}", routes: [${list}] }`);
  }
  return `${lines.join('\n')}\n`;
}

/** A node as a process that can be killed and started again with the same files and ports. */
function createNode(binary, { name, folder, ports, routes, index, more }) {
  const [client, http, route] = ports;
  const config = join(folder, 'nats.conf');
  mkdirSync(folder, { recursive: true });
  writeFileSync(config, configOf({ name, folder: join(folder, 'jetstream'), client, http, route, routes, more }));
  let child;
  let exited;

  function start() {
    const log = openSync(join(folder, 'nats.log'), 'a');
    // It ends with this process, also if that is killed.
    const command = ['--pdeathsig', 'KILL', binary, '--config', config];
    child = spawn('setpriv', command, { stdio: ['ignore', log, log] });
    closeSync(log);
    exited = once(child, 'exit');
    exited.catch(() => undefined);
  }

  async function isHealthy() {
    if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}; see ${folder}/nats.log`);
    try {
      const answer = await fetch(`http://127.0.0.1:${http}/healthz`, { signal: AbortSignal.timeout(2000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false; // It does not listen yet.
    }
  }

  return {
    index,
    name,
    server: `127.0.0.1:${client}`,
    get pid() {
      return child.pid;
    },
    start,
    /** Waits until the node is healthy. */
    async ready() {
      for (const deadline = performance.now() + READY_TIMEOUT_MS; !(await isHealthy()); await sleep(50))
        if (performance.now() > deadline) throw new Error(`${name} was not healthy in time; see ${folder}/nats.log`);
    },
    /** Sends the signal and resolves once the process has ended. */
    async end(signal = 'SIGKILL') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** Starts the nodes and resolves once all are healthy. */
export async function startNats({ folder, nodes: count, config: more = '' }) {
  const binary = await provideNats();
  const ports = await freePorts(3 * count);
  const routes = ports.slice(2 * count);
  const nodes = routes.map((route, index) => {
    const name = `nats-${index + 1}`;
    const own = [ports[index], ports[count + index], route];
    return createNode(binary, { name, folder: join(folder, name), ports: own, routes, index, more });
  });
  for (const node of nodes) node.start();
  const stop = async () => void (await Promise.all(nodes.map((node) => node.end('SIGTERM'))));
  try {
    await Promise.all(nodes.map((node) => node.ready()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, servers: nodes.map(({ server }) => server), stop };
}
