// Builds everything that runs: the package (dist/) and the demo (demo/dist/).
//   node esbuild.mjs              both
//   node esbuild.mjs --package    only what is published
//   node esbuild.mjs --collector  only the collector and its dashboard
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { install, root } from './scripts/install.mjs';

install();
// Only now: in a fresh clone there are no packages before.
const { build } = await import('esbuild');
const { minify } = await import('terser');

const at = (...path) => join(root, ...path);
// Symbolic links are not followed, so that the files do not depend on where the packages are.
const common = {
  absWorkingDir: root,
  bundle: true,
  target: 'es2022',
  logLevel: 'warning',
  preserveSymlinks: true,
};

/** The core's internal members begin with `_`: named in the source, one letter in what a page downloads. */
const core = { ...common, mangleProps: /^_[a-z]/ };

/** The one package inside the built files. Its licence asks for its text (beside the file) and not for more. */
const BUNDLED_PACKAGE = 'idb-keyval';
const LEGAL_COMMENT = `/*! ${BUNDLED_PACKAGE}, Apache-2.0 */`;

/** The same in the files for bundlers, which drop it, as they do if they take the package from npm. */
const NOTICE = `// Contains a part of ${BUNDLED_PACKAGE}, Apache-2.0; THIRD-PARTY-LICENSES.txt has its terms.`;

/** `mailslot/global`: the types of the script tag's global. */
const GLOBAL_TYPES = `import type { Mailslot } from './index.js';

declare global {
  interface Window {
    mailslot: Mailslot;
  }
  var mailslot: Mailslot;
}
`;

/** Subresource Integrity's form of a hash: `sha384-` and base64. */
const integrity = (bytes, algorithm = 'sha384') =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`;

async function buildPackage() {
  rmSync(at('dist'), { recursive: true, force: true });

  await buildModules();
  await buildScriptTag();
  await buildAddons();
  await buildTesting();
  // The stub that a page carries inline; one line, so that it can be pasted. Not a bundle, because its `var` is a global.
  await build({
    ...common,
    bundle: false,
    entryPoints: ['src/stub.ts'],
    outfile: 'dist/stub.js',
    minify: true,
    // Otherwise it begins with "use strict".
    tsconfigRaw: {},
  });
  // Its semicolon stays, because a page can have another snippet behind it that begins with a bracket.
  writeFileSync(at('dist/stub.js'), readFileSync(at('dist/stub.js'), 'utf8').trim());

  await buildTools();
  dropBareImports();
  await buildDeclarations();
  writeThirdPartyLicenses();

  const hashes = Object.fromEntries(
    [
      'index.js',
      'mailslot.js',
      ...readdirSync(at('dist/addons'))
        .filter((file) => file.endsWith('.js'))
        .map((file) => `addons/${file}`),
    ].map((file) => [file, integrity(readFileSync(at('dist', file)))]),
  );
  // What a Content-Security-Policy lists to allow the inline stub.
  hashes['stub.js'] = integrity(readFileSync(at('dist/stub.js')), 'sha256');
  writeFileSync(at('dist/integrity.json'), JSON.stringify(hashes, null, 2) + '\n');
}

/**
 * npm: readable, so that it can be audited; the site's own bundler minifies it. Each file stands alone, so that a page
 * can import it without a bundler.
 */
async function buildModules() {
  for (const [outfile, format] of [
    ['dist/index.js', 'esm'],
    ['dist/index.cjs', 'cjs'],
  ]) {
    const { metafile } = await build({
      ...core,
      entryPoints: ['src/index.ts'],
      outfile,
      format,
      sourcemap: true,
      metafile: true,
      footer: { js: NOTICE },
    });
    // The core must not know its add-ons: they import it, never the other way round.
    const named = Object.keys(metafile.inputs).filter((file) => file.startsWith('src/addons/'));
    if (named.length) throw new Error(`the core imports an add-on: ${named}`);
    checkPackages(outfile, metafile);
  }
}

/** The tools of the Node side. `build` is there for CommonJS too, because many configurations of bundlers are CommonJS. */
const TOOLS = ['build'];

async function buildTools() {
  const tools = { ...common, platform: 'node', target: 'node20', packages: 'external', outdir: 'dist/tools' };
  const entries = Object.fromEntries(TOOLS.map((name) => [name, `src/tools/${name}.ts`]));
  // A command loads only its own code, because the parts of other commands are in other files.
  await build({
    ...tools,
    entryPoints: { ...entries, cli: 'src/tools/cli.ts' },
    format: 'esm',
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
  });
  await build({ ...tools, entryPoints: entries, format: 'cjs', outExtension: { '.js': '.cjs' } });
  chmodSync(at('dist/tools/cli.js'), 0o755);
}

/** Whoever passes a file on must know whose code is inside. */
function checkPackages(file, { inputs }) {
  const packages = Object.keys(inputs).flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
  const unnamed = packages.filter((name) => name !== BUNDLED_PACKAGE);
  if (unnamed.length) throw new Error(`${file} holds packages whose licence it does not name: ${unnamed}`);
}

/** Script tag: one file, nothing else to load. */
async function buildScriptTag() {
  const { metafile } = await build({
    ...core,
    entryPoints: ['src/script.ts'],
    outfile: 'dist/mailslot.js',
    format: 'iife',
    minify: true,
    sourcemap: true,
    metafile: true,
    // At the end it takes fewer bytes than at the beginning.
    footer: { js: LEGAL_COMMENT },
  });
  checkPackages('dist/mailslot.js', metafile);
  await minifyAgain(at('dist/mailslot.js'), strictInside);
}

/** The add-ons that a site imports, `mailslot/views` and so on, by the manifest's `exports`. */
const ADDONS = Object.entries(JSON.parse(readFileSync(at('package.json'), 'utf8')).exports).flatMap(([path, target]) =>
  existsSync(at('src/addons', `${path.slice(2)}.ts`)) && target.import ? [path.slice(2)] : [],
);
/** Has nothing to start: it is part of the file of `views`. */
const WITHOUT_TAG = ['campaign'];

/** For npm, modules that share their parts, and CommonJS; for script tags, one file each that starts by itself. */
async function buildAddons() {
  const npm = { ...core, entryPoints: ADDONS.map((name) => `src/addons/${name}.ts`), packages: 'external' };
  await build({ ...npm, outdir: 'dist', format: 'esm', splitting: true, chunkNames: 'shared/[name]-[hash]' });
  await build({ ...npm, outdir: 'dist', format: 'cjs', outExtension: { '.js': '.cjs' } });
  for (const name of ADDONS.filter((addon) => !WITHOUT_TAG.includes(addon))) {
    const outfile = `dist/addons/${name}.js`;
    await build({
      ...core,
      stdin: {
        contents: `import { start } from './tag.ts'; import { ${name} } from './${name}.ts';
          ${name === 'views' ? `import { campaign } from './campaign.ts'; import { exclusions } from './exclusions.ts';` : ''}
          start('${name}', ${TAG_STARTS[name] ?? name});`,
        resolveDir: at('src/addons'),
        loader: 'ts',
      },
      outfile,
      format: 'iife',
      minify: true,
      sourcemap: true,
      external: ['./panel.js'],
      ...(name === 'vitals' && { footer: { js: '/*! web-vitals, Apache-2.0 */' } }),
    });
    await minifyAgain(at(outfile));
  }
}

/**
 * esbuild imports a shared module also where none of its exports is used, to keep the order of side effects. They have none,
 * and bundlers warn of such an import.
 */
function dropBareImports() {
  for (const folder of ['dist', 'dist/shared', 'dist/tools', 'dist/tools/parts']) {
    for (const file of readdirSync(at(folder)).filter((name) => name.endsWith('.js'))) {
      const path = at(folder, file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/^import "[^"]+";\n/gm, ''));
    }
  }
}

/** How a tag's file starts an add-on that takes more than a tracker and options. */
const TAG_STARTS = {
  views:
    '(tracker, options) => views(tracker, { extend: () => campaign(options), skip: exclusions(options), ...options })',
  // The panel's file starts by itself.
  debug: `(tracker, { panel, ...options }) => {
    const opened = () => () => tracker.addons.panel?.();
    const open = () => import('./panel.js').catch((error) => console.warn('mailslot:', error)).then(opened);
    return debug(tracker, { ...options, panel: panel && open });
  }`,
};

/** `mailslot/testing`. It imports the core, so that there is one `KeyError`. */
async function buildTesting() {
  for (const [extension, format] of [
    ['js', 'esm'],
    ['cjs', 'cjs'],
  ]) {
    await build({
      ...common,
      entryPoints: ['src/tools/testing/index.ts'],
      outfile: `dist/tools/testing.${extension}`,
      format,
      platform: 'neutral',
      sourcemap: true,
      plugins: [coreBeside(`../index.${extension}`)],
    });
  }
}

/** Leaves the core outside of a bundle, at this path. */
const coreBeside = (path) => ({
  name: 'core-beside',
  setup({ onResolve }) {
    onResolve({ filter: /\/index\.ts$/ }, ({ path: imported, resolveDir }) =>
      join(resolveDir, imported) === at('src/index.ts') ? { path, external: true } : undefined,
    );
  },
});

/**
 * One self-contained declaration file for each entry: TypeScript writes one for each module, and Rollup joins those that the
 * entry's exports need, in their order and with their comments.
 */
async function buildDeclarations() {
  const { rollup } = await import('rollup');
  const { dts } = await import('rollup-plugin-dts');
  const modules = at('dist/modules');
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [tsc, '--project', at('src/tsconfig.json'), '--outDir', modules], {
    stdio: 'inherit',
  });
  for (const folder of ['src/tools', 'src/tools/testing']) {
    execFileSync(process.execPath, [tsc, '--project', at(folder, 'tsconfig.json'), '--outDir', modules], {
      stdio: 'inherit',
    });
  }
  const entries = { index: 'index', 'tools/testing': 'tools/testing/index' };
  for (const name of TOOLS) entries[`tools/${name}`] = `tools/${name}`;
  for (const name of ADDONS) entries[name] = `addons/${name}`;
  for (const [entry, module] of Object.entries(entries)) {
    // Each alone, because entries that are bundled together share files.
    const bundle = await rollup({ input: join(modules, `${module}.d.ts`), plugins: [dts()] });
    await bundle.write({ file: at(`dist/${entry}.d.ts`) });
    await bundle.close();
    // CommonJS has the same types; the extension alone tells TypeScript which kind of module they are for.
    copyFileSync(at(`dist/${entry}.d.ts`), at(`dist/${entry}.d.cts`));
  }
  rmSync(modules, { recursive: true });
  for (const [module, declaration] of [
    ['js', 'ts'],
    ['cjs', 'cts'],
  ]) {
    writeFileSync(at(`dist/global.d.${declaration}`), GLOBAL_TYPES.replace('index.js', `index.${module}`));
    // Only its types matter; an import of it must work too.
    writeFileSync(at(`dist/global.${module}`), module === 'js' ? 'export {};\n' : '');
  }
}

/** The terms under which the built files contain a package, for whoever passes the file on. */
function writeThirdPartyLicenses() {
  const notice = readFileSync(at('node_modules', BUNDLED_PACKAGE, 'LICENCE'), 'utf8').trim();
  const terms = readFileSync(at('src/licenses/Apache-2.0.txt'), 'utf8');
  const text =
    `index.js, index.cjs and mailslot.js contain a part of ${BUNDLED_PACKAGE}.\n\n${notice}\n\n` +
    `addons/vitals.js contains a part of web-vitals, minified.\n\nCopyright Google LLC\nLicensed under the Apache License, Version 2.0\n\n${terms}`;
  writeFileSync(at('dist/THIRD-PARTY-LICENSES.txt'), text);
}

// Terser gives the same names to each function's variables, which compresses better: a twentieth of what every visitor of
// every site downloads. What esbuild has minified is its best input.
async function minifyAgain(file, prepare = (code) => code) {
  const { code, map } = await minify(prepare(readFileSync(file, 'utf8')), {
    ecma: 2022,
    // No function is a constructor. Terser leaves those alone that use `this`.
    compress: { passes: 3, unsafe_arrows: true },
    // A comment that begins with an exclamation mark is a licence's. The semicolon ends code that a site puts before.
    format: { comments: /^!/, preamble: ';' },
    sourceMap: { content: readFileSync(`${file}.map`, 'utf8'), url: basename(`${file}.map`), includeSources: true },
  });
  writeFileSync(file, code + '\n');
  writeFileSync(`${file}.map`, map);
}

/**
 * Moves the directive into the function, because it must not make code strict that a site puts behind the file. No
 * column of the function's body changes, so the source map stays exact.
 */
function strictInside(code) {
  const moved = code.replace(/^("use strict";)(\(\(\)=>\{)/, '$2$1');
  if (moved === code) throw new Error("esbuild begins the script tag's file in another way; change strictInside()");
  return moved;
}

// The servers run in Node beside node_modules; only our own code is bundled.
async function buildServer(entryPoints) {
  await build({
    ...common,
    entryPoints,
    outdir: 'demo/dist',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    sourcemap: true,
  });
}

async function buildCollector() {
  // Overwrites the files in place, because a running collector may be serving them.
  await buildServer({ collector: 'demo/collector/main.ts' });
  const from = 'demo/collector/dashboard/page';
  const to = 'demo/dist/dashboard';
  await buildBrowserFiles({ from, entries: ['dashboard.ts', 'activity.ts', 'dashboard.css', 'login.css'], to });
  copyPages({ from, pages: ['index.html', 'activity.html'], to });
  copyFileSync(at(from, 'icon.svg'), at(to, 'icon.svg'));
}

async function buildDemo() {
  rmSync(at('demo/dist'), { recursive: true, force: true });
  await buildCollector();
  await buildServer({ demo: 'demo/shop/server/main.ts' });
  const from = 'demo/shop';
  const to = 'demo/dist/shop/assets';
  await buildBrowserFiles({ from, entries: ['shop.ts', 'spa.ts', 'shop.css'], to });
  // A classic script, because it must run before the async script tag of mailslot.js.
  await buildBrowserFiles({ from, entries: ['network-switch-early.ts'], to, format: 'iife' });
  copyPages({ from, pages: ['shop.html', 'spa.html'], to: 'demo/dist/shop' });
  cpSync(at(from, 'assets'), at(to), { recursive: true });
}

/** Bundles scripts and stylesheets for the browser. */
async function buildBrowserFiles({ from, entries, to, format = 'esm' }) {
  await build({
    ...common,
    entryPoints: entries.map((entry) => at(from, entry)),
    outdir: to,
    format,
    minify: true,
    sourcemap: true,
    alias: {
      ...Object.fromEntries(ADDONS.map((name) => [`mailslot/${name}`, at(`dist/${name}.js`)])),
      mailslot: at('dist/index.js'),
    },
  });
}

/** Copies pages with each `{{> file}}` replaced by that file, whose path is relative to `from`. */
function copyPages({ from, pages, to }) {
  const assemble = (file) =>
    readFileSync(at(from, file), 'utf8').replace(/\{\{>\s*([\w./-]+)\s*\}\}\n?/g, (_, part) => assemble(part));
  for (const page of pages) writeFileSync(at(to, page), assemble(page));
}

if (process.argv.includes('--collector')) {
  await buildCollector();
} else {
  await buildPackage();
  if (!process.argv.includes('--package')) await buildDemo();
}
