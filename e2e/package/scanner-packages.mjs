// node e2e/package/scanner-packages.mjs [--publish]
//
// Scans the files of 200 popular packages of npm (popular-packages.txt), none of which holds a key: the scanner must report nothing.
// Downloads them into node_modules/.cache, once. --publish writes the result into e2e/SCANNER.md.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
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
export function download(spec) {
  const folder = join(CACHE, spec.replaceAll('/', '+'));
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], shell: process.platform === 'win32' };
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  const { loadScanner, publish } = await import('./scanner-report.mjs');
  const scanner = await loadScanner();
  const specs = readFileSync(join(root, 'e2e/package/popular-packages.txt'), 'utf8').trim().split('\n');
  const total = { files: 0, bytes: 0, findings: [] };
  for (const spec of specs) {
    const folder = download(spec);
    const { files, bytes, findings } = scanFiles(scanner, filesOf(folder), CACHE);
    total.files += files;
    total.bytes += bytes;
    total.findings.push(...findings);
    console.log(
      `${spec.padEnd(48)}${String(files).padStart(7)} files${(bytes / 1e6).toFixed(1).padStart(8)} MB  ${findings.length}`,
    );
    for (const found of findings) console.log(`  ${JSON.stringify(found)}`);
  }
  const size = `${total.files.toLocaleString('en')} files (${Math.round(total.bytes / 1e6)} MB)`;
  const sum = `${total.findings.length} keys are reported in ${size} of ${specs.length} packages.`;
  console.log(`\n${sum}`);
  if (process.argv.includes('--publish')) publish('packages', [sum]);
  process.exitCode = total.findings.length ? 1 : 0;
}
