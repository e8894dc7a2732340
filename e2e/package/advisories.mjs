// npm run advisories: asks the registry for known advisories of the locked dependencies.
// The exit code is 1 if there are any. A registry that does not answer such questions is no error: the last line says so.
import { spawnSync } from 'node:child_process';
import { install, root } from '../../scripts/install.mjs';
import { readAudit } from './audit-report.mjs';

install();
const { stdout, error } = spawnSync('npm', ['audit', '--json', '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
  maxBuffer: 100_000_000,
  // On Windows npm is a script, which only a shell can start.
  shell: process.platform === 'win32',
});
if (error) throw error;
const { advisories, summary } = readAudit(stdout);
for (const line of advisories) console.log(line);
console.log(summary);
process.exitCode = advisories.length ? 1 : 0;
