// Runs each `*.test.ts` of the project in its own Node process.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from '../../scripts/install.mjs';

const RESULTS = join(root, 'e2e/results/unit');
const TIMEOUT_MS = 300_000;

/** Keeps `import.meta.url` of a bundled file, so that it still finds the files beside it. */
const keepOwnUrl = {
  name: 'keep-own-url',
  setup({ onLoad }) {
    onLoad({ filter: /\.(ts|mjs|js)$/ }, ({ path }) => {
      if (path.includes('node_modules')) return undefined;
      const source = readFileSync(path, 'utf8');
      return {
        contents: source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        loader: path.endsWith('.ts') ? 'ts' : 'js',
      };
    });
  },
};

function testFiles() {
  return ['src', 'demo', 'e2e'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => join(folder, name))
      .sort(),
  );
}

/**
 * Bundles one file; the path of the bundle. Each file is compiled alone, so that one with errors does not fail the
 * others.
 */
export async function bundle(file) {
  const outfile = join(RESULTS, file.replace(/\.ts$/, '.js'));
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'silent',
    plugins: [keepOwnUrl],
  });
  return outfile;
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // The process ended before its reporter could write.
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

/** Runs one bundled file; its counts and its output. */
function runFile(script, pattern) {
  const countsFile = `${script}.counts.json`;
  const reporter = pathToFileURL(join(root, 'e2e/runner/counts.mjs')).href;
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--enable-source-maps',
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        `--test-reporter=${reporter}`,
        `--test-reporter-destination=${countsFile}`,
        ...(pattern ? [`--test-name-pattern=${pattern}`] : []),
        script,
      ],
      { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    let ending = '';
    const timer = setTimeout(() => {
      ending = `the process was killed, because it had not ended after ${TIMEOUT_MS / 1000} s`;
      child.kill('SIGKILL');
    }, TIMEOUT_MS);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const counts = readCounts(countsFile);
      if (code !== 0 && counts.failed === 0) {
        counts.failed = 1;
        output += `\n${ending || `the process ended with ${signal ?? `code ${code}`}`}\n`;
      } else if (counts.passed + counts.failed + counts.skipped === 0) {
        counts.failed = 1;
        output += '\nthe file ran no test\n';
      }
      resolve({ counts, output });
    });
  });
}

/**
 * Runs all test files, or those with one of `parts` in their path; `pattern` selects tests by name. Prints one line per
 * file and the output of each failing file, which is also in the result's `failures`.
 */
export async function runUnit({ parts = [], pattern, verbose = false } = {}) {
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const files = testFiles().filter((file) => !parts.length || parts.some((part) => file.includes(part)));
  rmSync(RESULTS, { recursive: true, force: true });

  const runOne = async (file) => {
    let result;
    try {
      const script = await bundle(file);
      mkdirSync(dirname(script), { recursive: true });
      result = await runFile(script, pattern);
    } catch (error) {
      result = { counts: { passed: 0, failed: 1, skipped: 0 }, output: `${error.message}\n` };
    }
    const { counts, output } = result;
    for (const key of Object.keys(counts)) total[key] += counts[key];
    console.log(
      `${counts.failed ? '✖' : '✔'} ${relative(root, join(root, file))}: ${counts.passed} passed, ${counts.failed} failed` +
        (counts.skipped ? `, ${counts.skipped} skipped` : ''),
    );
    // Below this line the reporter repeats each failure.
    const [printed] = output.split('\n✖ failing tests:');
    if (counts.failed || verbose) console.log(printed);
    else if (counts.skipped) console.log(output.match(/^mailslot: .*$/gm)?.join('\n') ?? '');
    if (counts.failed) total.failures.push(`✖ ${relative(root, join(root, file))}\n${printed}`);
  };

  const waiting = [...files];
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) await runOne(file);
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return total;
}
