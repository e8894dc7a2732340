// Shares of `node e2e/package/scanner-rate.mjs` and `scanner-packages.mjs`: the scanner reports no random string, and no installed
// package; and both measurements would see it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../fixtures/paths.ts';
import { filesOf, scanFiles } from './scanner-packages.mjs';
import { measureScanner } from './scanner-rate.mjs';
import { loadScanner } from './scanner-report.mjs';

const scanner = await loadScanner();

test('no random string of the usual alphabets is reported', () => {
  const rates = [...measureScanner(scanner, 1000, 2)];
  assert.ok(rates.length >= 30);
  assert.deepEqual(
    rates.filter(({ found }) => found),
    [],
  );
});

test('the measurement sees every string that is reported', () => {
  const makers = {
    labelled: (random: () => number) =>
      `read_${[random(), random(), random()].map((part) => part.toString(16).padStart(8, '0')).join('')}`,
  };
  const [rate] = [...measureScanner(scanner, 2500, 1, makers)];
  assert.equal(rate!.found, 2500);
  assert.match(rate!.example!, /"read_[0-9a-f]{24}"/);
});

/** Packages of the project with bundles for browsers, minified ones and maps among them. */
const PACKAGES = [
  'chart.js',
  'core-js-bundle',
  'keen-tracking',
  'keen-analysis',
  'ua-parser-js',
  'zone.js',
  'tldts',
  'sugar',
  'ses',
];

test('no installed package for browsers is reported', () => {
  const folders = PACKAGES.map((name) => join(root, 'node_modules', name));
  for (const folder of folders) assert.ok(existsSync(folder), folder);
  const { files, bytes, findings } = scanFiles(
    scanner,
    folders.flatMap((folder) => [...filesOf(folder)]),
    join(root, 'node_modules'),
  );
  assert.deepEqual(findings, []);
  assert.ok(files > 100 && bytes > 5_000_000, `${files} files, ${bytes} bytes`);
});

test('the package itself, and its maps, are not reported', () => {
  const { files, findings } = scanFiles(scanner, filesOf(join(root, 'dist')), root);
  assert.deepEqual(findings, []);
  assert.ok(files >= 10);
});
