// node e2e/package/scanner-packages.mjs [--all] [--jobs 2] [--publish]
//
// Scans the bundles of 200 popular packages of npm (popular-packages.txt), none of which holds a key: the scanner must report nothing.
// A package's bundles are its three largest scripts and styles up to 600 kB; --all scans every file that a site can deliver.
// Downloads them into node_modules/.cache, once. --publish writes the result into e2e/SCANNER.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { install, root } from '../../scripts/install.mjs';

const CACHE = join(root, 'node_modules/.cache/mailslot-packages');
/** Files that a site can deliver. A few packages have bundles of every language or of all of their history. */
const DELIVERED = /\.(m?js|cjs|css|map|html|json|svg|wasm)$/;
const MAX_FILE_BYTES = 8_000_000;

/** The files of a folder that a site can deliver, without the packages inside of it. */
export function* filesOf(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesOf(path);
    else if (entry.isFile() && DELIVERED.test(entry.name) && statSync(path).size <= MAX_FILE_BYTES) yield path;
  }
}

const BUNDLES = 3;
const MAX_BUNDLE_BYTES = 600_000;

/** The largest scripts and styles of a package. */
function bundlesOf(folder) {
  return [...filesOf(folder)]
    .filter((file) => /\.(m?js|cjs|css)$/.test(file))
    .map((file) => ({ file, bytes: statSync(file).size }))
    .filter(({ bytes }) => bytes <= MAX_BUNDLE_BYTES)
    .sort((a, b) => b.bytes - a.bytes || (a.file < b.file ? -1 : 1))
    .slice(0, BUNDLES)
    .map(({ file }) => file);
}

/** Scans files; how many there are, their bytes, and the findings. */
export function scanFiles({ scan }, files, base) {
  const result = { files: 0, bytes: 0, findings: [] };
  for (const file of files) {
    const bytes = readFileSync(file);
    result.files += 1;
    result.bytes += bytes.length;
    result.findings.push(...scan(relative(base, file).split(sep).join('/'), bytes));
  }
  return result;
}

/** The folder of a package, which is downloaded if it is not there. */
function download(spec) {
  const folder = join(CACHE, spec.replaceAll('/', '+'));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  // npm lists every file of the package.
  const options = {
    maxBuffer: 100_000_000,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  };
  const packed = execFileSync(
    'npm',
    ['pack', spec, '--ignore-scripts', '--json', '--pack-destination', unfinished],
    options,
  );
  const tarball = join(unfinished, JSON.parse(packed)[0].filename);
  execFileSync('tar', ['-xzf', tarball, '-C', unfinished]);
  rmSync(tarball);
  renameSync(unfinished, folder);
  return folder;
}

/** Scans these packages, in a thread. */
async function scanPackages({ items, all, scanner: url }) {
  const { loadScanner } = await import('./scanner-report.mjs');
  const scanner = await loadScanner(url);
  for (const spec of items) {
    const folder = download(spec);
    parentPort.postMessage({ spec, ...scanFiles(scanner, all ? filesOf(folder) : bundlesOf(folder), CACHE) });
  }
}

async function main() {
  install();
  const { bundleScanner, inThreads, publish } = await import('./scanner-report.mjs');
  const specs = readFileSync(join(root, 'e2e/package/popular-packages.txt'), 'utf8').trim().split('\n');
  const all = process.argv.includes('--all');
  const at = process.argv.indexOf('--jobs');
  const jobs = at < 0 ? availableParallelism() : Number(process.argv[at + 1]);
  const scanned = await inThreads(import.meta.url, specs, jobs, { isScan: true, all, scanner: await bundleScanner() });
  const sum = (member) => scanned.reduce((total, one) => total + one[member], 0);
  const findings = scanned.flatMap((one) => one.findings);
  for (const found of findings) console.log(JSON.stringify(found));
  const size = `${sum('files').toLocaleString('en')} files (${Math.round(sum('bytes') / 1e6)} MB)`;
  const line = `${findings.length} keys are reported in ${size} of ${scanned.length} packages.`;
  console.log(line);
  if (process.argv.includes('--publish')) publish('packages', [line]);
  process.exitCode = findings.length ? 1 : 0;
}

if (!isMainThread && workerData?.isScan) await scanPackages(workerData);
else if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
