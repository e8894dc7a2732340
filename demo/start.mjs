// `npm run demo`: installs, builds and starts the shop, the collector and its dashboard.
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
await import(pathToFileURL(join(root, 'demo/dist/demo.js')).href);
