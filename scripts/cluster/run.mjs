// npm run cluster: a cluster on this machine, until Ctrl-C: three nodes of NATS, two shards of two replicas of ClickHouse, a
// loader for each replica, and two collectors. Its files are in demo/data/cluster and stay.
//   npm run cluster -- --nodes 1 --shards 1 --replicas 1 --collectors 1   a smaller one
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { install, root } from '../install.mjs';

install();
execFileSync(process.execPath, [join(root, 'esbuild.mjs'), '--collector'], { cwd: root, stdio: ['ignore', 2, 2] });
const { memoryOf, startCluster } = await import('./cluster.mjs');

const { values } = parseArgs({
  options: Object.fromEntries(
    ['nodes', 'shards', 'replicas', 'collectors', 'folder'].map((name) => [name, { type: 'string' }]),
  ),
});
const { folder = join(root, 'demo/data/cluster'), ...counts } = values;
for (const [name, count] of Object.entries(counts))
  if (!/^[1-9]\d?$/.test(count)) throw new Error(`--${name} must be a whole number from 1 to 99.`);

const starting = startCluster({
  folder,
  ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)])),
});
let ending = false;
// npm passes Ctrl-C on as a second signal.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, async () => {
    if (ending) return;
    ending = true;
    console.error('mailslot: ending the cluster …');
    await starting.then((cluster) => cluster.stop()).catch(() => undefined);
    process.exit(0);
  });

console.error('mailslot: starting the cluster …');
const cluster = await starting;
for (const { name, pid, url = '' } of cluster.parts)
  console.log(
    `  ${name.padEnd(18)} pid ${String(pid).padEnd(8)} ${String(Math.round(memoryOf(pid))).padStart(5)} MB  ${url}`,
  );
console.log(`\n  Project     ${cluster.projectId}`);
for (const [of, key] of Object.entries(cluster.keys)) console.log(`  ${`${of} key`.padEnd(12)}${key}`);
for (const dashboard of cluster.dashboards) console.log(`  Dashboard   ${dashboard}`);
console.log(`\n  Its files are in ${folder}. Ctrl-C ends all of it.`);
