// npm test: all suites, and one line at the end that adds them up.
//   npm test                        everything
//   npm test -- unit [part] [-g name]   unit tests: of files whose path holds `part`, of tests by name
//   npm test -- e2e [file] [-g name]    browser tests; everything after `e2e` goes to Playwright
//   npm test -- types               the type check
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { install, root } from '../../scripts/install.mjs';

const require = createRequire(import.meta.url);
const [only, ...rest] = process.argv.slice(2);
const wants = (suite) => !only || only === suite;

const passedOne = { passed: 1, failed: 0, skipped: 0 };
const failedOne = { passed: 0, failed: 1, skipped: 0 };

/** Runs a script of this project or of a package with the Node that runs this; its exit code. */
function node(script, ...args) {
  const { status, error } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) console.error(error.message);
  return status ?? 1;
}

const inPackage = (name, file) => join(dirname(require.resolve(`${name}/package.json`)), file);

function build() {
  return node(join(root, 'esbuild.mjs')) === 0 ? passedOne : failedOne;
}

function types() {
  return node(inPackage('typescript', 'bin/tsc'), '-p', 'tsconfig.json') === 0 ? passedOne : failedOne;
}

async function unit() {
  const at = rest.indexOf('-g');
  const parts = at < 0 ? rest : rest.filter((_, index) => index !== at && index !== at + 1);
  const { runUnit } = await import('./unit.mjs');
  return runUnit({ parts, pattern: at < 0 ? undefined : rest[at + 1], verbose: rest.length > 0 });
}

async function e2e() {
  const { provideBrowser } = await import('../../scripts/browsers.mjs');
  provideBrowser('chromium');
  // Only the fault matrix has use for more; without them its rows are skipped, and counted so.
  const others = !rest.length || rest.some((part) => part.includes('reliability')) ? ['firefox', 'webkit'] : [];
  for (const engine of others) {
    try {
      provideBrowser(engine);
    } catch (error) {
      console.error(`\nmailslot: ALL ROWS OF ${engine.toUpperCase()} ARE SKIPPED: ${error.message}\n`);
    }
  }
  const report = join(root, 'e2e/results/playwright.json');
  rmSync(report, { force: true });
  const code = node(inPackage('playwright', 'cli.js'), 'test', '-c', 'e2e/runner/playwright.config.ts', ...rest);
  const { stats, errors } = JSON.parse(readFileSync(report, 'utf8'));
  // A flaky test is a failing one. Errors outside of any test have no count of their own.
  const failed = stats.unexpected + stats.flaky + errors.length;
  return { passed: stats.expected, failed: code !== 0 && failed === 0 ? 1 : failed, skipped: stats.skipped };
}

const total = { passed: 0, failed: 0, skipped: 0 };
/** What failing unit tests printed: it would be far above what the browser tests print. */
const failures = [];

/** Runs one suite and adds it up. One that throws or that ran nothing has failed. */
async function suite(name, run) {
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
    counts = failedOne;
  }
  for (const key of Object.keys(total)) total[key] += counts[key];
  failures.push(...(counts.failures ?? []));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`— ${name}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s —`);
  return counts.failed === 0;
}

async function all() {
  if (only && !['unit', 'e2e', 'types'].includes(only)) {
    console.error(`mailslot: there is no suite "${only}"; there are unit, e2e and types`);
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
  if (wants('types')) await suite('types', types);
  if (only === 'types') return;
  // Everything below runs what is built.
  if (!(await suite('build', build))) return;
  if (wants('unit')) await suite('unit', unit);
  if (wants('e2e')) await suite('e2e', e2e);
}

await all();
if (!only && failures.length) console.log(`\n— once more, what failed above —\n\n${failures.join('\n')}`);
const { passed, failed, skipped } = total;
console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed || !passed ? 1 : 0;
