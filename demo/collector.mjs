// `npm run collector`: installs, builds and starts the collector. `-- --help` lists its settings.
// The build prints to stderr, because stdout belongs to the collector.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { install, root } from '../scripts/install.mjs';

install();
execFileSync(process.execPath, [join(root, 'esbuild.mjs'), '--collector'], { cwd: root, stdio: ['ignore', 2, 2] });
await import('./dist/collector.js');
