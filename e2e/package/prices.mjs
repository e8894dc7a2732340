// Part of `npm run size`: what each feature of the core costs, in bytes.
//
// Each price is the brotli size of the import with the feature less the size without it. Brotli moves a single size by some 20
// bytes with any other code, so a price is the mean over the import alone and beside add-ons. Features overlap and share words, so
// the prices do not add up.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { root } from '../../scripts/install.mjs';

/** For each feature: the module of `src/` that has it, and the least that can take the module's place. */
const FEATURES = [
  [
    'the guard: labels, shapes and names of keys',
    'key',
    'export const refuse = () => {}; export const isLabelled = () => false; export const KEY = /^$/; export const checkKey = (key) => key;',
  ],
  [
    'the checks of options; defaults stay',
    'options',
    `import { checkKey, isLabelled, refuse } from './key.ts';
    const DEFAULTS = { enabled: true, endpoint: 'https://api.keen.io', scheme: 'Bearer', flushInterval: 1000, maxBatch: 500, maxQueue: 10000, maxBytes: 5000000,
      maxAge: 2592000000, durability: 'relaxed', consent: 'granted' };
    export const check = (name, value) => value ?? DEFAULTS[name];
    export function checkOptions(options) {
      for (const name in options) refuse(isLabelled(name), name);
      return { ...DEFAULTS, ...options, writeKey: checkKey(options.writeKey, options.projectId) };
    }`,
  ],
  [
    'consent, Global Privacy Control, prerendering',
    'consent',
    'export const isDenied = () => false; export const isGranted = () => true;',
  ],
  [
    'hooks (extend, beforeTrack) and limits of an event',
    'event',
    `export const countBytes = (text) => new TextEncoder().encode(text).length;
    export const timePart = (ms) => (ms + 36 ** 9).toString(36).slice(1);
    export const pageTime = () => performance.timeOrigin + performance.now();
    export function createEncoder() {
      const nonce = crypto.getRandomValues(new Uint32Array(3)).join('');
      let count = 0;
      return (collection, event, now = Date.now()) => {
        const id = timePart(now) + '-' + nonce + '-' + timePart(++count);
        return [id, collection, JSON.stringify({ ...event, keen: { timestamp: new Date(now), uniqueness_token: id, ...event.keen } })];
      };
    }`,
  ],
  ['one tab at a time (Web Locks)', 'lock', 'export const withLock = (name, wait, job) => job();'],
  [
    'the retry gate: backoff and Retry-After',
    'retry',
    'export const createRetryGate = () => ({ _wait: () => 0, _succeeded() {}, _failed() {}, _open() {}, _hurry() {} });',
  ],
  ['sending when the page hides, shows, or is online', 'lifecycle', 'export const watchLifecycle = () => () => {};'],
  [
    'verdicts for each event of an answer',
    'batch',
    `export function encode(batch) {
      const lists = {};
      for (const [, collection, json] of batch) (lists[collection] ??= []).push(json);
      return { _text: '{' + Object.entries(lists).map(([name, events]) => JSON.stringify(name) + ':[' + events + ']') + '}', _indexes: [] };
    }
    export const isRefused = () => false;
    export const judge = (entry, index, answer) => (answer.status < 300 ? 'delivered' : undefined);`,
  ],
  [
    'IndexedDB, with a missing object store, timeouts and range deletion',
    'store',
    `export const openStore = () => ({ _put: async () => true, _read: async () => ({ _records: [] }), _delete: async () => {},
      _trim: async () => 0, _destroy: async () => {} });`,
  ],
];

/** What a bundle can hold besides the import. */
const OTHER_CODE = [
  '',
  ...['campaign', 'errors', 'forms', 'origin', 'unique'].map((name) => `export * from './src/addons/${name}.ts';`),
];

/** The mean brotli size of the import, minified; with `stub` in the place of a module if there is one. */
async function sizeOf(build, module, stub) {
  const sizes = await Promise.all(OTHER_CODE.map((other) => sizeBeside(build, other, module, stub)));
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
}

async function sizeBeside(build, other, module, stub) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: `export { createTracker } from './src/index.ts'; ${other}`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    mangleProps: /^_[a-z]/,
    plugins: [
      {
        name: 'stub',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) =>
            path === join(root, 'src', `${module}.ts`) ? { contents: stub, loader: 'ts' } : undefined,
          );
        },
      },
    ],
  });
  return brotliCompressSync(outputFiles[0].contents).length;
}

/** The price of each feature in bytes, the highest first. */
export async function measurePrices() {
  const { build } = await import('esbuild');
  const whole = await sizeOf(build);
  const rows = [];
  for (const [feature, module, stub] of FEATURES) {
    // A module that no longer exists would have no price.
    if (!existsSync(join(root, 'src', `${module}.ts`))) throw new Error(`src/${module}.ts does not exist`);
    rows.push({ feature, file: `src/${module}.ts`, bytes: Math.round(whole - (await sizeOf(build, module, stub))) });
  }
  return rows.sort((one, other) => other.bytes - one.bytes);
}
