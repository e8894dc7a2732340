// `npm run collector`: installs, builds and starts the collector. `-- --help` tells its settings.
// stdout is left to the collector's own lines.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { install, root } from '../scripts/install.mjs';

install();
execFileSync(process.execPath, [join(root, 'esbuild.mjs'), '--collector'], { cwd: root, stdio: ['ignore', 2, 2] });
await import('./dist/collector.js');
