// npm run ecosystem: installs the packed tarball into each project of `projects/`, type-checks, builds and runs it.
//   npm run ecosystem                         all projects; writes e2e/ECOSYSTEM.md
//   npm run ecosystem -- --only next          one project, and its line of the report; may be repeated
//   npm run ecosystem -- --folder /tmp/eco    the folder for the copies and their node_modules
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { provideBrowser } from '../../scripts/browsers.mjs';
import { install, root } from '../../scripts/install.mjs';

install();
provideBrowser('chromium');
const built = spawnSync(process.execPath, [join(root, 'esbuild.mjs')], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (built.status !== 0) process.exit(1);
const { bundle } = await import('../runner/unit.mjs');
await import(pathToFileURL(await bundle('e2e/ecosystem/command.ts')).href);
