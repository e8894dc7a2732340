// One ClickHouse server on loopback. For tests and trials: a production server is installed as its own
// documentation says.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { provideClickHouse } from './packages.mjs';
import { freePorts } from './ports.mjs';

const HOST = '127.0.0.1';
const READY_MS = 60_000;
const POLL_MS = 50;
const SCRIPT = join(dirname(fileURLToPath(import.meta.url)), 'clickhouse.py');

/** The name of the cluster in the server's configuration. */
export const CLUSTER = 'mailslot';

/** Starts a server and resolves once it answers. */
export async function startClickHouse({ folder, httpPort, tcpPort, shards, memoryMB = 1500, niceness = 0, user }) {
  const library = await provideClickHouse();
  const [http, tcp] = httpPort && tcpPort ? [httpPort, tcpPort] : await freePorts(2);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.xml');
  const users = user && join(folder, 'users.xml');
  if (users) writeFileSync(users, usersOf(user));
  writeFileSync(config, configOf(shards ?? [[{ host: HOST, port: tcp }]], memoryMB, users));
  const fifo = join(folder, 'alive');
  const logFile = join(folder, 'server.log');
  const log = openSync(logFile, 'a');
  const logged = statSync(logFile).size;
  const command = ['python3', SCRIPT, library, fifo, ...commandLine(folder, config, fifo, http, tcp)];
  const child = spawn('nice', ['-n', String(niceness), ...command], { stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const url = `http://${HOST}:${http}`;
  await ready(url, exited, child, () => readFileSync(logFile, 'utf8').slice(logged));
  return {
    url,
    httpPort: http,
    tcpPort: tcp,
    pid: child.pid,
    exited,
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await exited;
    },
  };
}

const commandLine = (folder, config, fifo, http, tcp) => [
  '--path',
  folder,
  '--config-file',
  config,
  '--listen_host',
  HOST,
  '--http_port',
  String(http),
  '--tcp_port',
  String(tcp),
  '--query',
  `SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP;
   SELECT count() FROM file('${fifo}', 'LineAsString', 'line String') FORMAT Null`,
];

/** Its own statements run as `default`, without a password, so that this user may do nothing else. */
const usersOf = ({ name, password }) => `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password/><networks><ip>${HOST}</ip></networks><profile>default</profile><quota>default</quota>
      <grants>
        <query>GRANT SYSTEM LISTEN ON *.*</query>
        <query>GRANT FILE, CREATE TEMPORARY TABLE ON *.*</query>
      </grants>
    </default>
    <${name}>
      <password>${password}</password><networks><ip>${HOST}</ip></networks>
      <profile>default</profile><quota>default</quota>
    </${name}>
  </users>
</clickhouse>
`;

function configOf(shards, memoryMB, users) {
  const replica = ({ host = HOST, port }) => `<replica><host>${host}</host><port>${port}</port></replica>`;
  // Each replica gets its rows from the log, so a Distributed table never copies them between replicas.
  const shard = (replicas) =>
    `<shard><internal_replication>true</internal_replication>${replicas.map(replica).join('')}</shard>`;
  return `<clickhouse>${users ? `<users_config>${users}</users_config>` : ''}
  <max_server_memory_usage>${memoryMB * 1_000_000}</max_server_memory_usage>
  <mark_cache_size>100000000</mark_cache_size>
  <remote_servers><${CLUSTER}>${shards.map(shard).join('')}</${CLUSTER}></remote_servers>
</clickhouse>
`;
}

/** @param readLog what the server has logged since its start */
async function ready(url, exited, child, readLog) {
  let ended;
  exited.then(
    (how) => (ended = `it ended with ${how}`),
    (error) => (ended = error.message),
  );
  for (const deadline = Date.now() + READY_MS; Date.now() < deadline; await wait(POLL_MS)) {
    // After a statement that fails, it waits for another one.
    if (ended || readLog().includes('DB::Exception')) break;
    try {
      if ((await fetch(`${url}/ping`)).ok) return;
    } catch {
      // It does not listen yet.
    }
  }
  child.kill('SIGKILL');
  const lines = readLog().trim().split('\n');
  const reason = ended ?? `no answer within ${READY_MS / 1000} s`;
  throw new Error(`ClickHouse has not started: ${lines.find((line) => line.includes('DB::Exception')) ?? reason}`);
}
