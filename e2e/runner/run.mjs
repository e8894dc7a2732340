// npm test: runs all suites, and adds up their counts on the last line.
//   npm test                            all suites
//   npm test -- unit [part] [-g name]   unit tests: of files with this part in their path, of tests by name
//   npm test -- e2e [file] [-g name]    browser tests; all arguments after `e2e` go to Playwright
//   npm test -- cluster                 only those unit tests that need NATS and ClickHouse
//   npm test -- style                   formatter and linter
//   npm test -- types                   the type check
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { provideAll } from '../../scripts/cluster/packages.mjs';
import { install, root } from '../../scripts/install.mjs';

const require = createRequire(import.meta.url);
const [chosen, ...args] = process.argv.slice(2);
const isWanted = (suite) => !chosen || chosen === suite;

const PASSED = { passed: 1, failed: 0, skipped: 0 };
const FAILED = { passed: 0, failed: 1, skipped: 0 };

/** Runs a script with this Node; its exit code. */
function node(script, ...args) {
  const { status, error } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) console.error(error.message);
  return status ?? 1;
}

const inPackage = (name, file) => join(dirname(require.resolve(`${name}/package.json`)), file);

/** A command that counts as one test. */
const oneTest = (script, ...args) => (node(script, ...args) === 0 ? PASSED : FAILED);

const build = () => oneTest(join(root, 'esbuild.mjs'));

const style = () => oneTest(inPackage('@biomejs/biome', 'bin/biome'), 'check', '--error-on-warnings');

const types = () => oneTest(inPackage('typescript', 'bin/tsc'), '-p', 'tsconfig.json');

async function unit() {
  const at = args.indexOf('-g');
  const parts = at < 0 ? args : args.filter((_, index) => index !== at && index !== at + 1);
  if (!args.length) await provideAll();
  const { runUnit } = await import('./unit.mjs');
  return runUnit({ parts, pattern: at < 0 ? undefined : args[at + 1], verbose: args.length > 0 });
}

/** Unit tests of the collector on NATS and ClickHouse. Where these cannot be had, they are skipped and counted so. */
async function cluster() {
  await provideAll();
  const { runUnit } = await import('./unit.mjs');
  const parts = ['storage/cluster', 'storage/port', 'random-queries', 'cluster-command', 'load/cluster'];
  return runUnit({ parts, pattern: undefined, verbose: true });
}

async function e2e() {
  const { provideBrowser } = await import('../../scripts/browsers.mjs');
  provideBrowser('chromium');
  // Only the fault matrix needs the other engines. Without them its rows are skipped, and counted as skipped.
  const others = !args.length || args.some((part) => part.includes('reliability')) ? ['firefox', 'webkit'] : [];
  for (const engine of others) {
    try {
      provideBrowser(engine);
    } catch (error) {
      console.error(`\nmailslot: ALL ROWS OF ${engine.toUpperCase()} ARE SKIPPED: ${error.message}\n`);
    }
  }
  const report = join(root, 'e2e/results/playwright.json');
  rmSync(report, { force: true });
  const code = node(inPackage('playwright', 'cli.js'), 'test', '-c', 'e2e/runner/playwright.config.ts', ...args);
  const { stats, errors } = JSON.parse(readFileSync(report, 'utf8'));
  // A flaky test has failed. Errors outside of tests have no count of their own.
  const failed = stats.unexpected + stats.flaky + errors.length;
  return { passed: stats.expected, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: stats.skipped };
}

const total = { passed: 0, failed: 0, skipped: 0 };
/** The output of failed unit tests, which is printed again below the output of the browser tests. */
const failures = [];

/** Runs one suite and adds its counts; whether it passed. A suite that throws or runs no test has failed. */
async function runSuite(name, run) {
  console.log(`\n— ${name} —`);
  const started = Date.now();
  let counts;
  try {
    counts = await run();
    if (counts.passed + counts.failed === 0) {
      console.error(`${name}: no test ran`);
      counts.failed = 1;
    }
  } catch (error) {
    console.error(error);
    counts = FAILED;
  }
  for (const key of Object.keys(total)) total[key] += counts[key];
  failures.push(...(counts.failures ?? []));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`— ${name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s —`);
  return counts.failed === 0;
}

/** Suites that do not need the build. */
const CHECKS = { style, types };
/** Suites that test the build. */
const TESTS = { unit, e2e };
/** Parts of a suite, which run only if they are named. */
const NAMED = { cluster };

async function runAll() {
  const names = [CHECKS, TESTS, NAMED].flatMap(Object.keys);
  if (chosen && !names.includes(chosen)) {
    console.error(`mailslot: there is no suite "${chosen}"; there are ${names.join(', ')}`);
    total.failed += 1;
    return;
  }
  try {
    install();
  } catch (error) {
    console.error(`mailslot: the packages could not be installed: ${error.message}`);
    total.failed += 1;
    return;
  }
  for (const [name, run] of Object.entries(CHECKS)) if (isWanted(name)) await runSuite(name, run);
  if (chosen in CHECKS) return;
  if (!(await runSuite('build', build))) return;
  for (const [name, run] of Object.entries(TESTS)) if (isWanted(name)) await runSuite(name, run);
  if (chosen in NAMED) await runSuite(chosen, NAMED[chosen]);
}

await runAll();
if (!chosen && failures.length) console.log(`\n— failed unit tests —\n\n${failures.join('\n')}`);
const { passed, failed, skipped } = total;
if (skipped) console.log(`\n${skipped} skipped; the reasons are above`);
// The last line, which CI reads.
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
