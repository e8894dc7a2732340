// node e2e/package/scanner-rate.mjs [--strings 10000000] [--seed 1] [--jobs 2] [--publish]
//
// How many random strings the scanner takes for keys: at most one in ten million, over the usual alphabets of ids. The strings are
// literals in code. --publish writes the result into e2e/SCANNER.md.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { install } from '../../scripts/install.mjs';
import { ALPHABETS } from './guard-rate.mjs';

const hexOf = (bytes) => Buffer.from(bytes).toString('hex');

/** Makers of ids beside the alphabets of the guard's measurement. `random()` returns 32 random bits. */
const MAKERS = {
  ...Object.fromEntries(
    Object.entries(ALPHABETS).flatMap(([name, { alphabet, lengths }]) =>
      lengths.map((length) => [`${name}, ${length}`, ofAlphabet(alphabet, length)]),
    ),
  ),
  'base36, 10': ofAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 10),
  'base36, 25 (cuid)': ofAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 25),
  'base58, 44': ofAlphabet('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 44),
  "Crockford's base32, 26 (ULID)": ofAlphabet('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26),
  'small letters, 32': ofAlphabet('abcdefghijklmnopqrstuvwxyz', 32),
  'digits, 19 (snowflake)': ofAlphabet('0123456789', 19),
  'hex, 24, 32 and 64': (random) => hexOf(bytesOf(random, [12, 16, 32][random() % 3])),
  UUID: (random) => hexOf(bytesOf(random, 16)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  'base64, 44': (random) => Buffer.from(bytesOf(random, 32)).toString('base64'),
  'base64, 120': (random) => Buffer.from(bytesOf(random, 90)).toString('base64'),
};

function ofAlphabet(alphabet, length) {
  const codes = Buffer.from(alphabet, 'latin1');
  return (random) => {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) bytes[at] = codes[Math.floor((random() / 2 ** 32) * codes.length)];
    return bytes.latin1Slice();
  };
}

function bytesOf(random, length) {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) bytes[at] = random() >>> 24;
  return bytes;
}

/** Random numbers of 32 bits that are the same in every run (xorshift). */
function randomNumbers(seed) {
  let state = seed * 2_654_435_761 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const CHUNK = 1000;

/** The kinds of strings, by name. */
export const KINDS = Object.keys(MAKERS);

/**
 * Scans this many random strings of each kind. The strings of a kind are the same for a seed, whatever the other kinds.
 *
 * @returns for each kind how many strings the scanner reports, and the first of them
 */
export function* measureScanner({ scan }, strings, seed, makers = MAKERS) {
  for (const [kind, make] of Object.entries(makers)) {
    const random = randomNumbers(seed * 1000 + KINDS.indexOf(kind) + 1);
    let found = 0;
    let example;
    for (let done = 0; done < strings; done += CHUNK) {
      const lines = Array.from({ length: Math.min(CHUNK, strings - done) }, () => `  "${make(random)}",`);
      for (const { line } of scan('ids.js', `const ids = [\n${lines.join('\n')}\n];\n`)) {
        found += 1;
        example ??= lines[line - 2];
      }
    }
    yield { kind, strings, found, example };
  }
}

/** Measures these kinds, in a thread. */
async function measureKinds({ items, strings, seed, scanner }) {
  const { loadScanner } = await import('./scanner-report.mjs');
  const makers = Object.fromEntries(items.map((kind) => [kind, MAKERS[kind]]));
  for (const rate of measureScanner(await loadScanner(scanner), strings, seed, makers)) parentPort.postMessage(rate);
}

function argument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return fallback;
  const value = Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number, at least 1`);
  return value;
}

async function main() {
  install();
  const { bundleScanner, inThreads, publish } = await import('./scanner-report.mjs');
  const seed = argument('seed', 1);
  const strings = Math.ceil(argument('strings', 10_000_000) / KINDS.length);
  const rates = await inThreads(import.meta.url, KINDS, argument('jobs', availableParallelism()), {
    strings,
    seed,
    scanner: await bundleScanner(),
  });
  rates.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  const reported = rates.reduce((sum, { found }) => sum + found, 0);
  const total = strings * rates.length;
  const lines = [
    `${reported} of ${total.toLocaleString('en')} random strings are reported (\`--seed ${seed}\`).`,
    '',
    '| strings of | number | reported |',
    '| --- | ---: | ---: |',
    ...rates.map(
      ({ kind, found, example }) =>
        `| ${kind} | ${strings.toLocaleString('en')} | ${found}${example ? `, such as \`${example.trim()}\`` : ''} |`,
    ),
  ];
  console.log(lines.join('\n'));
  if (process.argv.includes('--publish')) publish('rate', lines);
  process.exitCode = reported > Math.max(1, total / 1e7) ? 1 : 0;
}

if (!isMainThread && workerData?.strings) await measureKinds(workerData);
else if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
