// npm run load: what the built collector bears, driven from another process over HTTP.
//   npm run load                          about a minute: one event a request, bulks of 100, half a million events, queries
//   npm run load -- --events 10000000     how recording and queries do as the file grows to so many (about a quarter of an hour)
//   npm run load -- --kill 20             SIGKILL under load, so often: every acknowledged event is there once
//   npm run load -- --connections 50 --seconds 20 --folder /mnt/disk   with so many connections, so long, the file there
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
await import(pathToFileURL(await bundle('e2e/load/load.ts')).href);
