// npm run size: what mailslot costs a site, in bytes, and whether that is within its budget.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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
  { name: "import { createTracker } from 'mailslot'", read: bundledImport, of: 'brotli', budget: 4910 },
  { name: 'dist/mailslot.js', read: () => built('mailslot.js'), of: 'brotli', budget: 5310 },
  { name: 'dist/stub.js', read: () => built('stub.js'), of: 'minified', budget: 519 },
];

/** What `vitals` imports of Google's web-vitals. */
const WEB_VITALS = `export { onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals/attribution';`;

/**
 * The add-ons, each as an import alone, and their budgets in bytes (brotli): what is reached, and up to 20 B to spare. They
 * share code, so several together take less. `vitals` is without Google's web-vitals.
 */
const ADDON_BUDGETS = {
  views: 1530,
  campaign: 440,
  engagement: 815,
  clicks: 1345,
  frustration: 1390,
  forms: 770,
  elements: 820,
  vitals: 985,
  errors: 1060,
  sessions: 1190,
  unique: 415,
  consent: 830,
  origin: 450,
};
for (const [name, budget] of Object.entries(ADDON_BUDGETS)) {
  budgets.push({
    name: `import { ${name} } from 'mailslot/${name}'`,
    read: () => bundledImport(name, `dist/${name}.js`),
    of: 'brotli',
    budget,
  });
}

budgets.push({
  name: 'all add-ons in one bundle',
  read: () => bundleText(Object.keys(ADDON_BUDGETS).map((name) => `export * from './dist/${name}.js';`)),
  of: 'brotli',
  budget: 7660,
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
  for (const { name, read, of, budget } of budgets) {
    const sizes = sizesOf(await read());
    rows.push({ name, ...sizes, of, budget, over: sizes[of] > budget });
  }
  return rows;
}

function print(rows) {
  const number = (value) => value.toLocaleString('en').padStart(10);
  console.log(`${''.padEnd(50)}${'minified'.padStart(10)}${'gzip'.padStart(10)}${'brotli'.padStart(10)}    budget`);
  for (const { name, minified, gzip, brotli, of, budget, over } of rows) {
    const limit = `${budget.toLocaleString('en')} ${of}`;
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
