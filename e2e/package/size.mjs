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
  { name: "import { createTracker } from 'mailslot'", read: () => bundledImport(), of: 'brotli', budget: 4040 },
  { name: 'dist/mailslot.js', read: () => built('mailslot.js'), of: 'brotli', budget: 4560 },
  // With its log; the panel is loaded on demand.
  {
    name: "import { debug } from 'mailslot/debug'",
    read: () => bundledImport('debug', 'dist/debug.js'),
    of: 'brotli',
    budget: 400,
  },
  { name: 'dist/stub.js', read: () => built('stub.js'), of: 'minified', budget: 519 },
];

/** Without its last line, which names the source map: a server need not send it, and a stub is pasted without it. */
const built = (file) =>
  Buffer.from(readFileSync(join(root, 'dist', file), 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, ''));

/** The import as a site's bundler takes it: only what it names, idb-keyval inside. */
async function bundledImport(name = 'createTracker', file = 'dist/index.js') {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: `export { ${name} } from './${file}';`, resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
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
  console.log(`${''.padEnd(42)}${'minified'.padStart(10)}${'gzip'.padStart(10)}${'brotli'.padStart(10)}    budget`);
  for (const { name, minified, gzip, brotli, of, budget, over } of rows) {
    const limit = `${budget.toLocaleString('en')} ${of}`;
    console.log(
      `${name.padEnd(42)}${number(minified)}${number(gzip)}${number(brotli)}    ${limit}${over ? '  OVER' : ''}`,
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
