// `npm run demo`: installs, builds and starts the shop, the collector and its dashboard. With `-- --cluster` the collector
// records into a cluster on this machine: three nodes of NATS, and two shards of two replicas of ClickHouse.
// Uses only Node's own modules, because the packages may not be installed yet.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { install, root } from '../scripts/install.mjs';

try {
  install();
  console.error('mailslot: building the package and the demo …');
  execFileSync(process.execPath, [join(root, 'esbuild.mjs')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
} catch (error) {
  // npm and the build have already printed the reason.
  console.error(`mailslot: the demo could not be built: ${error.message}`);
  process.exit(1);
}
if (process.argv.includes('--cluster')) await startDemoCluster();
await import(pathToFileURL(join(root, 'demo/dist/demo.js')).href);

/** Its processes end with this one. The collector inherits the settings. */
async function startDemoCluster() {
  const { startCluster } = await import('../scripts/cluster/cluster.mjs');
  console.error('mailslot: starting the cluster …');
  try {
    const { settings } = await startCluster({ folder: join(root, 'demo/data/demo-cluster'), collectors: 0 });
    Object.assign(process.env, settings);
  } catch (error) {
    console.error(`mailslot: the cluster could not be started: ${error.message}`);
    process.exit(1);
  }
}
