// `npm run collector`: installs, builds and starts the collector. `-- --help` lists its settings.
// The build prints to stderr, because stdout belongs to the collector.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { install, root } from '../scripts/install.mjs';
import { endWithParent } from './end-with-parent.mjs';

const parent = process.ppid;
install();
execFileSync(process.execPath, [join(root, 'esbuild.mjs'), '--collector'], { cwd: root, stdio: ['ignore', 2, 2] });
// Only below npm: a collector that was started from a shell can outlive it.
if (process.env.npm_lifecycle_event) endWithParent(parent);
await import('./dist/collector.js');
