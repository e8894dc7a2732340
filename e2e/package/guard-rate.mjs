// node e2e/package/guard-rate.mjs [--keys 10000000] [--seed 1]
//
// How many random keys the guard refuses, for each alphabet and length: at most one in ten million. Keys of 24, 32 or 64 hex digits
// are left out, because the guard refuses all of them: Keen's project ids and Master keys have these lengths.
import { fileURLToPath, pathToFileURL } from 'node:url';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The usual alphabets of keys. nanoid has the characters of base64url, in lengths of its own. */
export const ALPHABETS = {
  hex: { alphabet: '0123456789abcdef', lengths: [20, 28, 40, 48, 56, 63] },
  'HEX in capitals': { alphabet: '0123456789ABCDEF', lengths: [20, 40, 63] },
  base62: { alphabet: BASE62, lengths: [20, 22, 24, 32, 43, 48, 64] },
  base64url: { alphabet: `${BASE62}-_`, lengths: [20, 22, 24, 32, 43, 48, 64] },
  nanoid: { alphabet: `${BASE62}_-`, lengths: [21, 36] },
};

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

/**
 * Makes this many random keys of each alphabet and length.
 *
 * @returns for each alphabet and length how many keys `isRefused` refuses, and the first of them
 */
export function* measureRates(isRefused, keys, seed) {
  const next = randomNumbers(seed);
  for (const [name, { alphabet, lengths }] of Object.entries(ALPHABETS)) {
    for (const length of lengths) {
      let refused = 0;
      let example;
      const codes = Buffer.from(alphabet, 'latin1');
      const bytes = Buffer.alloc(length);
      for (let count = 0; count < keys; count++) {
        for (let at = 0; at < length; at++) bytes[at] = codes[Math.floor((next() / 2 ** 32) * codes.length)];
        const key = bytes.latin1Slice();
        if (isRefused(key)) {
          refused += 1;
          example ??= key;
        }
      }
      yield { name, length, keys, refused, example };
    }
  }
}

/** The guard of `src/key.ts`, as a page calls it. */
export async function loadGuard() {
  const { bundle } = await import('../runner/unit.mjs');
  const { checkKey } = await import(pathToFileURL(await bundle('src/key.ts')).href);
  return (key) => {
    try {
      checkKey(key, 'project');
      return false;
    } catch (error) {
      if (error.name !== 'KeyError') throw error;
      return true;
    }
  };
}

function argument(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return fallback;
  const value = Number(process.argv[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a whole number, at least 1`);
  return value;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { install } = await import('../../scripts/install.mjs');
  install();
  const keys = argument('keys', 10_000_000);
  const isRefused = await loadGuard();
  let total = 0;
  let refusedTotal = 0;
  console.log(`${'alphabet'.padEnd(18)}${'length'.padStart(8)}${'keys'.padStart(14)}${'refused'.padStart(9)}   rate`);
  for (const { name, length, refused, example } of measureRates(isRefused, keys, argument('seed', 1))) {
    total += keys;
    refusedTotal += refused;
    const rate = refused
      ? `${(refused / keys).toExponential(1)}, such as ${example}`
      : `below ${(1 / keys).toExponential(0)}`;
    console.log(
      `${name.padEnd(18)}${String(length).padStart(8)}${keys.toLocaleString('en').padStart(14)}${String(refused).padStart(9)}   ${rate}`,
    );
  }
  console.log(
    `\n${refusedTotal} of ${total.toLocaleString('en')} keys refused: ${(refusedTotal / total).toExponential(1)}`,
  );
  process.exitCode = refusedTotal > total / 1e7 ? 1 : 0;
}
