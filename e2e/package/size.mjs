// npm run size: what mailslot costs a site, in bytes, and whether that is within its budget.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { install, root } from '../../scripts/install.mjs';
import { measurePrices } from './prices.mjs';

/**
 * The files that a user loads, and their budgets; `of` says which size a budget is for. A budget is what is reached. The import's has
 * 20 B to spare, because one renamed variable moves its compressed size by that much. A budget goes up only with a feature that
 * names its price.
 */
const budgets = [
  {
    name: "import { createTracker } from 'mailslot'",
    read: () => bundledImport(),
    of: 'brotli',
    budget: 5200,
    aim: 4200,
  },
  { name: 'dist/mailslot.js', read: () => built('mailslot.js'), of: 'brotli', budget: 5715, aim: 4300 },
  { name: 'dist/stub.js', read: () => built('stub.js'), of: 'minified', budget: 601, aim: 350 },
  // With its log; the panel is loaded on demand.
  {
    name: "import { debug } from 'mailslot/debug'",
    read: () => bundledImport('debug', 'dist/debug.js'),
    of: 'brotli',
    budget: 400,
  },
];

/** What `vitals` imports of Google's web-vitals. */
const WEB_VITALS = `export { onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals/attribution';`;

/**
 * The add-ons, in bytes (brotli): `aim` is what each should be, `alone` and `added` are what is reached and up to 20 B to spare.
 * `alone` is the import without a tracker. `added` is what a page pays: the growth of a bundle that has the tracker and what
 * add-ons share. `vitals` is without Google's web-vitals.
 */
const ADDON_BUDGETS = {
  views: { aim: 600, added: 755, alone: 1215 },
  campaign: { aim: 250, added: 245, alone: 425 },
  engagement: { aim: 450, added: 425, alone: 825 },
  clicks: { aim: 600, added: 560, alone: 1260 },
  frustration: { aim: 700, added: 940, alone: 1460 },
  forms: { aim: 300, added: 265, alone: 760 },
  elements: { aim: 350, added: 375, alone: 925 },
  vitals: { aim: 300, added: 415, alone: 860 },
  errors: { aim: 600, added: 615, alone: 1065 },
  sessions: { aim: 450, added: 590, alone: 915 },
  unique: { aim: 200, added: 185, alone: 310 },
  consent: { aim: 350, added: 450, alone: 675 },
  origin: { aim: 250, added: 250, alone: 350 },
};
const ADDONS = Object.keys(ADDON_BUDGETS);
const TRACKER = `export { createTracker } from './dist/index.js';`;

/** The modules that add-ons share; a bundler takes each once. */
const shared = () => readdirSync(join(root, 'dist/shared')).map((file) => `export * from './dist/shared/${file}';`);

/**
 * The sizes by which a bundle grows: the mean over several orders of its modules, because a compressed size moves by some 20 B
 * with any of them.
 */
async function growth(before, added) {
  const orders = before.map((_, at) => [...before.slice(at), ...before.slice(0, at)]);
  const grown = await Promise.all(
    orders.map(async (order) => {
      const [sizes, sizesBefore] = await Promise.all(
        [[...order, ...added], order].map(async (statements) => sizesOf(await bundleText(statements))),
      );
      return Object.fromEntries(Object.entries(sizes).map(([unit, size]) => [unit, size - sizesBefore[unit]]));
    }),
  );
  const mean = (unit) => Math.round(grown.reduce((sum, sizes) => sum + sizes[unit], 0) / grown.length);
  return Object.fromEntries(Object.keys(grown[0]).map((unit) => [unit, mean(unit)]));
}

for (const [name, { alone, added, aim }] of Object.entries(ADDON_BUDGETS)) {
  const statement = `export { ${name} } from './dist/${name}.js';`;
  budgets.push(
    {
      name: `import { ${name} } from 'mailslot/${name}'`,
      read: () => bundledImport(name, `dist/${name}.js`),
      of: 'brotli',
      budget: alone,
      aim,
    },
    {
      name: `${name}, added to a tracker`,
      sizes: () => growth([TRACKER, ...shared()], [statement]),
      of: 'brotli',
      budget: added,
      aim,
    },
  );
}

budgets.push({
  name: 'what add-ons share, added to a tracker',
  sizes: () => growth([TRACKER], shared()),
  of: 'brotli',
  budget: 800,
});
budgets.push({
  name: 'all add-ons, added to a tracker',
  sizes: () =>
    growth(
      [TRACKER],
      ADDONS.map((name) => `export * from './dist/${name}.js';`),
    ),
  of: 'brotli',
  budget: 6370,
});
budgets.push({
  name: 'all add-ons in one bundle',
  read: () => bundleText(ADDONS.map((name) => `export * from './dist/${name}.js';`)),
  of: 'brotli',
  budget: 6690,
});
budgets.push({
  name: 'web-vitals, which vitals needs',
  read: () => bundleText([WEB_VITALS], []),
  of: 'brotli',
  budget: 6000,
});

/** Without its last line, which names the source map: a server need not send it, and a stub is pasted without it. */
const built = (file) =>
  Buffer.from(readFileSync(join(root, 'dist', file), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, ''));

/** The import as a site's bundler takes it: only what it names, idb-keyval inside. */
function bundledImport(name = 'createTracker', file = 'dist/index.js') {
  return bundleText([`export { ${name} } from './${file}';`]);
}

/** Modules as a site's bundler takes them. */
async function bundleText(statements, external = ['web-vitals/*']) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: statements.join(''), resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external,
    logLevel: 'warning',
  });
  return Buffer.from(outputFiles[0].contents);
}

/** In bytes; gzip and brotli at their best. */
export const sizesOf = (bytes) => ({
  minified: bytes.length,
  gzip: gzipSync(bytes, { level: 9 }).length,
  brotli: brotliCompressSync(bytes).length,
});

/** The sizes of what is built. */
export async function measure() {
  const rows = [];
  for (const { name, read, sizes: readSizes, of, budget, aim } of budgets) {
    const sizes = readSizes ? await readSizes() : sizesOf(await read());
    rows.push({ name, ...sizes, of, budget, aim, over: sizes[of] > budget });
  }
  return rows;
}

function print(rows) {
  const number = (value) => value.toLocaleString('en').padStart(10);
  console.log(`${''.padEnd(50)}${'minified'.padStart(10)}${'gzip'.padStart(10)}${'brotli'.padStart(10)}    budget`);
  for (const { name, minified, gzip, brotli, of, budget, aim, over } of rows) {
    const limit = `${budget.toLocaleString('en')} ${of}${aim ? `, aim ${aim}` : ''}`;
    console.log(
      `${name.padEnd(50)}${number(minified)}${number(gzip)}${number(brotli)}    ${limit}${over ? '  OVER' : ''}`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install();
  const built = spawnSync(process.execPath, [join(root, 'esbuild.mjs'), '--package'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (built.status !== 0) process.exit(1);
  const rows = await measure();
  print(rows);
  console.log('\nPrices of the features of the core, in bytes (brotli); they overlap');
  for (const { feature, file, bytes } of await measurePrices()) {
    console.log(`${feature.padEnd(56)}${file.padEnd(20)}${String(bytes).padStart(5)}`);
  }
  process.exitCode = rows.some(({ over }) => over) ? 1 : 0;
}
