// `npm run demo`: from a fresh clone to a shop, a collector and a dashboard. Until the packages are
// installed there is only Node, so this file gets the rest ready and hands over to what it built.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { install, root } from '../scripts/install.mjs';

try {
  install();
  console.error('mailslot: building the package and the demo …');
  execFileSync(process.execPath, [join(root, 'esbuild.mjs')], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
} catch (error) {
  // npm and the build have already said what is wrong, on this same terminal.
  console.error(`mailslot: the demo could not be made ready: ${error.message}`);
  process.exit(1);
}
await import(pathToFileURL(join(root, 'demo/dist/demo.js')).href);
