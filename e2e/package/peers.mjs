// Measures the trackers that the README compares with mailslot. Installs the pinned versions from npm into a temporary folder, and
// so needs the network. No part of `npm test`.
//   node e2e/package/peers.mjs          sizes, measured as mailslot's own; fails if they are not those that the README tells
//   node e2e/package/peers.mjs --kill   which of them still have an event after a SIGKILL of the browser, one second after it;
//                                       --kill 12 is twelve seconds after it (some ten minutes)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { install } from '../../scripts/install.mjs';

/** `use` is the least that a site imports to send an event of its own; `brotli` is its size in bytes, as measured last. */
export const PEERS = [
  {
    name: '@snowplow/browser-tracker',
    version: '4.10.1',
    brotli: 16_172,
    use: "export { newTracker, trackStructEvent } from '@snowplow/browser-tracker'",
  },
  { name: 'keen-tracking', version: '5.0.1', brotli: 18_854, use: "export { default } from 'keen-tracking'" },
  {
    name: '@segment/analytics-next',
    version: '1.84.3',
    brotli: 37_210,
    use: "export { AnalyticsBrowser } from '@segment/analytics-next'",
  },
  {
    name: '@amplitude/analytics-browser',
    version: '2.48.1',
    brotli: 59_505,
    use: "export { init, track } from '@amplitude/analytics-browser'",
  },
  { name: 'plausible-tracker', version: '0.3.9', brotli: 945, use: "export { default } from 'plausible-tracker'" },
];

/** The pinned peers in a folder of their own, and how to remove it. */
export function installPeers() {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-peers-'));
  const dependencies = Object.fromEntries(PEERS.map(({ name, version }) => [name, version]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function measurePeers(folder) {
  const { build } = await import('esbuild');
  const { sizesOf } = await import('./size.mjs');
  const rows = [];
  for (const { name, version, use } of PEERS) {
    const { outputFiles } = await build({
      stdin: { contents: use, resolveDir: folder },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      logLevel: 'error',
    });
    rows.push({ package: `${name}@${version}`, ...sizesOf(outputFiles[0].contents) });
  }
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  const { folder, remove } = installPeers();
  try {
    if (process.argv.includes('--kill')) {
      const seconds = Number(process.argv[process.argv.indexOf('--kill') + 1] ?? 1);
      const { bundle } = await import('../runner/unit.mjs');
      const { measureKills } = await import(pathToFileURL(await bundle('e2e/package/peers-kill.ts')).href);
      console.table(await measureKills(folder, seconds * 1000));
    } else {
      const rows = await measurePeers(folder);
      console.table(rows);
      const changed = PEERS.filter(({ brotli }, index) => brotli !== rows[index].brotli);
      for (const { name } of changed) console.error(`${name} has another size now: note it here and in README.md`);
      process.exitCode = changed.length ? 1 : 0;
    }
  } finally {
    remove();
  }
}
