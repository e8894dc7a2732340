// npm run fuzz: sends random requests to every route of the collector, and checks what it promises about all of them.
//   npm run fuzz -- --runs 100000     sends about 100,000 requests (default 20,000)
//   npm run fuzz -- --seed 7          repeats a run; the number of requests must be the same
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { install, root } from '../../scripts/install.mjs';

install();
const built = spawnSync(process.execPath, [join(root, 'esbuild.mjs'), '--collector'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (built.status !== 0) process.exit(1);
const { bundle } = await import('../runner/unit.mjs');
await import(pathToFileURL(await bundle('e2e/fuzz/command.ts')).href);
