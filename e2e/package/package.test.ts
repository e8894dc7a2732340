// The package as npm would publish it, from what is built now.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { build, transform } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root, temporaryFolder } from '../fixtures/paths.ts';

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** The names of the add-ons. */
const addons = Object.entries(manifest.exports)
  .filter(([, target]) => (target as { import?: object }).import && existsSync(join(root, 'src/addons')))
  .map(([path]) => path.slice(2))
  .filter((name) => existsSync(join(root, 'src/addons', `${name}.ts`)));
/** The names of the tools that are imported. */
const tools = Object.keys(manifest.exports)
  .map((path) => path.slice(2))
  .filter((name) => name && [`${name}.ts`, name].some((file) => existsSync(join(root, 'src/tools', file))));
const folder = temporaryFolder();
after(() => folder.remove());

let tarball = '';
let packed: string[] = [];

before(() => {
  // Without `prepack`, which would build under the other tests' feet.
  const output = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  tarball = join(folder.path, filename);
  packed = files.map(({ path }) => path);
});

/** A folder in which the tarball is installed. */
async function unpack(name: string): Promise<string> {
  const consumer = join(folder.path, name);
  const installed = join(consumer, 'node_modules/mailslot');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components', '1']);
  return consumer;
}

/** Every path that the manifest leads a user to. */
function exported(value: unknown = manifest.exports): string[] {
  return typeof value === 'string' ? [value] : Object.values(value as object).flatMap((inner) => exported(inner));
}

test('The tarball holds the build, and nothing of the project around it', () => {
  const strangers = packed.filter(
    (path) => !/^(dist\/.+|(src\/([a-z]+\/)*)?README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(path),
  );
  assert.deepEqual(strangers, []);
  for (const path of [
    'package.json',
    'LICENSE',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/index.cjs',
    'dist/index.d.cts',
    'dist/mailslot.js',
    'dist/stub.js',
    'dist/tools/cli.js',
    'dist/THIRD-PARTY-LICENSES.txt',
  ]) {
    assert.ok(packed.includes(path), `${path} is missing`);
  }
  assert.deepEqual(
    packed.filter((path) => path.includes('.test')),
    [],
  );
});

test('The documents that its README links to in src/, and those that these link to, are in the tarball', () => {
  const documents = ['README.md'];
  // Grows while it is read.
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8').replace(/^```[^]*?^```$/gm, '');
    for (const [, target] of text.matchAll(/\]\((?![a-z]+:|#)([^)#]+)/g)) {
      const path = posix.join(posix.dirname(document), target!);
      if (path.startsWith('src/') && !documents.includes(path)) documents.push(path);
    }
  }
  assert.ok(documents.length > 4, `${documents}`);
  assert.deepEqual(
    documents.filter((path) => !packed.includes(path)),
    [],
  );
});

test('Every file that the manifest names is there', () => {
  const named = [
    ...exported(),
    ...exported(manifest.bin),
    manifest.main,
    manifest.module,
    manifest.types,
    ...exported(manifest.typesVersions),
    manifest.unpkg,
    manifest.jsdelivr,
    ...manifest.sideEffects,
  ];
  assert.ok(named.length >= 7);
  for (const path of named) {
    const pattern = RegExp(`^${path.replace('./', '').replaceAll('.', '\\.').replace('*', '[^/]+')}$`);
    assert.ok(
      packed.some((file) => pattern.test(file)),
      `${path} is missing`,
    );
  }
});

test('One declaration file for each entry and kind of module, which needs no other than that of the core', () => {
  const isDeclaration = (path: string) => /\.d\.c?ts$/.test(path);
  const declared = exported()
    .filter(isDeclaration)
    .map((path) => path.replace('./', ''));
  assert.equal(declared.length, 2 * (2 + addons.length + tools.length));
  assert.deepEqual(packed.filter(isDeclaration).sort(), declared.sort());
  for (const path of declared) {
    // Comments hold examples.
    const code = readFileSync(join(root, path), 'utf8').replace(/\/\*[^]*?\*\//g, '');
    const needed = [...code.matchAll(/\bimport\b.*|\bfrom '.*|<reference.*/g)].map(([text]) => text);
    const core = path.endsWith('.cts') ? './index.cjs' : './index.js';
    assert.deepEqual(needed, path.includes('global') ? [`import type { Mailslot } from '${core}';`] : [], path);
  }
});

test('It needs no other package: each file stands alone, also in a page without a bundler', async () => {
  assert.equal(manifest.dependencies, undefined);
  // An add-on's alone, for who uses it.
  assert.deepEqual(Object.keys(manifest.peerDependencies), ['web-vitals']);
  assert.equal(manifest.peerDependenciesMeta['web-vitals'].optional, true);
  for (const file of ['index.js', 'index.cjs', 'mailslot.js']) {
    const { metafile } = await build({
      entryPoints: [join(root, 'dist', file)],
      bundle: true,
      write: false,
      metafile: true,
      logLevel: 'silent',
      outdir: folder.path,
    });
    assert.equal(Object.keys(metafile.inputs).length, 1, file);
    assert.deepEqual(Object.values(metafile.inputs)[0]!.imports, [], file);
  }
  for (const file of ['index.js', 'index.cjs']) {
    assert.match(
      readFileSync(join(root, 'dist', file), 'utf8'),
      /\n\/\/ Contains a part of idb-keyval, Apache-2\.0; THIRD-PARTY-LICENSES\.txt has its terms\.\n/,
    );
  }
});

test('The tools need no other package, and the commands load no part of each other', async () => {
  const tools = packed.filter((path) => /^dist\/tools\/.*\.c?js$/.test(path));
  assert.ok(tools.length >= 5);
  for (const file of tools) {
    const { metafile } = await build({
      entryPoints: [join(root, file)],
      bundle: true,
      platform: 'node',
      packages: 'external',
      write: false,
      metafile: true,
      logLevel: 'silent',
      format: 'esm',
      outdir: folder.path,
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    const packages = imports.filter(({ external, path }) => external && !path.startsWith('node:'));
    assert.deepEqual(packages, [], file);
  }
  const { stdout } = await run(process.execPath, [join(root, 'dist/tools/cli.js'), 'types', '--help']);
  assert.match(stdout, /^Usage: mailslot types /);
});

test('The installed command finds a key, and the plugins come by `import` and `require`', async () => {
  const consumer = await unpack('tools');
  writeFileSync(join(consumer, 'app.js'), `key('read_' + '0c1f2e3d4b5a69788796a5b4c3d2e1f0')`);
  const cli = join(consumer, 'node_modules/mailslot', manifest.bin.mailslot);
  assert.match(readFileSync(cli, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  const { code, stdout } = (await run(process.execPath, [cli, 'check', 'app.js'], { cwd: consumer }).catch(
    (error: { code: number; stdout: string }) => error as typeof error & { stderr: string },
  )) as { code: number; stdout: string };
  assert.deepEqual([code, stdout], [1, 'app.js:1:6: a read key, by its label\n']);
  const script = `
    const assert = require('node:assert/strict');
    const names = ['esbuildPlugin', 'rollupPlugin', 'rspackPlugin', 'vitePlugin', 'webpackPlugin'];
    assert.deepEqual(Object.keys(require('mailslot/build')).sort(), names);
    import('mailslot/build').then((imported) => assert.deepEqual(Object.keys(imported).sort(), names));`;
  const outcome = await run(process.execPath, ['--input-type=commonjs', '--eval', script], { cwd: consumer });
  assert.deepEqual([outcome.stdout, outcome.stderr], ['', '']);
});

test('`main`, `require` and `import` lead to the same core', async () => {
  const consumer = await unpack('modules');
  const script = `
    const assert = require('node:assert/strict');
    const path = require('node:path');
    (async () => {
      const required = require('mailslot');
      const imported = await import('mailslot');
      const { main } = require('mailslot/package.json');
      const byMain = require(path.join(path.dirname(require.resolve('mailslot/package.json')), main));
      assert.deepEqual(Object.keys(required).sort(), ['KeyError', 'createTracker']);
      assert.deepEqual(Object.keys(imported).sort().filter((name) => name !== 'default'), ['KeyError', 'createTracker']);
      assert.equal(byMain, required);
      require('mailslot/global');
      await import('mailslot/global');
      const testing = { required: require('mailslot/testing'), imported: await import('mailslot/testing') };
      for (const [name, { createMailbox }] of Object.entries(testing)) {
        const { KeyError } = name === 'required' ? required : imported;
        assert.throws(() => createMailbox().tracker({ writeKey: 'read_0123' }), KeyError);
      }
      for (const { createTracker, KeyError } of [required, imported]) {
        assert.equal(await createTracker({ projectId: 'p', writeKey: 'w' }).track('visits', { n: 0 }), 'dropped');
        assert.throws(() => createTracker({ projectId: 'p', writeKey: 'read_0123' }), KeyError);
      }
    })();`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=commonjs', '--eval', script], {
    cwd: consumer,
    timeout: 60_000,
  });
  assert.deepEqual([stdout, stderr], ['', '']);
});

test('Its command runs where nothing else is installed, and the doctor says that it needs playwright', async () => {
  const consumer = await unpack('doctor');
  const cli = join(consumer, 'node_modules/mailslot/dist/tools/cli.js');
  const { stdout } = await run(process.execPath, [cli, 'doctor', '--help'], { cwd: consumer });
  assert.match(stdout, /^Usage: mailslot doctor URL/);
  const shown = await run(process.execPath, [cli, '--version'], { cwd: consumer });
  assert.deepEqual([shown.stdout, shown.stderr], [`${manifest.version}\n`, '']);
  const failed = run(process.execPath, [cli, 'doctor', 'https://shop.example'], { cwd: consumer });
  await assert.rejects(failed, ({ code, stderr }: { code: number; stderr: string }) => {
    assert.equal(code, 2);
    assert.match(stderr, /^mailslot doctor: .*playwright is missing\. Run npm install -D playwright/);
    return true;
  });
});

/** What the README requires, as esbuild names it. */
function oldestEngines(): string[] {
  const [, chrome, firefox, safari] =
    /Chrome and Edge (\d+), Firefox (\d+), (?:\[)?Safari ([\d.]*\d)/.exec(
      readFileSync(join(root, 'README.md'), 'utf8'),
    ) ?? [];
  return [`chrome${chrome}`, `edge${chrome}`, `firefox${firefox}`, `safari${safari}`];
}

test('The oldest engines of the README can parse every file', async () => {
  const target = oldestEngines();
  const compile = async (code: string, engines: string[] | string) =>
    (await transform(code, { target: engines, legalComments: 'none', logLevel: 'silent' })).code;
  // What an engine cannot parse, esbuild rewrites.
  for (const [what, newer] of [
    ['a lookbehind', 'const rule = /(?<!a)b/;'],
    ['the flag v', 'const rule = /a/v;'],
    ['an explicit resource', '{ using file = open(); }'],
  ]) {
    const current = await compile(newer!, 'esnext').catch(() => '');
    assert.notEqual(await compile(newer!, target).catch(() => 'refused'), current, `${what} was not seen`);
  }
  // The tools run in Node, all but the mailbox.
  for (const file of packed.filter((path) => /^dist\/(?!tools\/(?!testing\b)).*\.c?js$/.test(path))) {
    const code = readFileSync(join(root, file), 'utf8');
    assert.equal(await compile(code, target), await compile(code, 'esnext'), `${file} has newer syntax`);
    // Nor in a text that becomes a regular expression.
    assert.doesNotMatch(code, /\(\?<[=!]/, file);
  }
});

test('The licence of the package inside the script tag’s file is named in it and comes with it', () => {
  const code = readFileSync(join(root, 'dist/mailslot.js'), 'utf8');
  assert.match(code, /\n\/\*! idb-keyval, Apache-2\.0 \*\/\n\/\/# sourceMappingURL=/);
  const { license } = JSON.parse(readFileSync(join(root, 'node_modules/idb-keyval/package.json'), 'utf8'));
  assert.equal(license, 'Apache-2.0');
  const licenses = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  assert.match(
    licenses,
    /idb-keyval[^]*Copyright \d+, Jake Archibald[^]*Apache License[^]*END OF TERMS AND CONDITIONS/,
  );
});

test('Each add-on imports and starts on a server, and does nothing there, as a module and as CommonJS', async () => {
  assert.ok(addons.length >= 13);
  const script = (load: string) => `
    const before = Reflect.ownKeys(globalThis).length;
    const target = { track() { throw new Error('an event'); }, use() { throw new Error('a hook'); }, setConsent() { throw new Error('consent'); } };
    for (const name of ${JSON.stringify(addons)}) {
      const addon = (${load})[name];
      const made = name === 'campaign' ? addon() : addon(target);
      if (typeof made === 'function') made();
    }
    console.log(Reflect.ownKeys(globalThis).length - before);`;
  for (const load of [
    "await import('mailslot/' + name)",
    "createRequire(process.cwd() + '/x.js')('mailslot/' + name)",
  ]) {
    const { stdout, stderr } = await run(
      process.execPath,
      ['--input-type=module', '--eval', `import { createRequire } from 'node:module'; ${script(load)}`],
      { cwd: root, timeout: 20_000 },
    );
    assert.equal(stderr, '');
    assert.equal(stdout.trim(), '0');
  }
});

test('The core names no add-on, and is built without them', () => {
  const core = readdirSync(join(root, 'src')).filter((name) => /^[^.]+\.ts$/.test(name));
  assert.ok(core.includes('tracker.ts'));
  for (const name of core) {
    assert.doesNotMatch(
      readFileSync(join(root, 'src', name), 'utf8'),
      /(from|import)\s*\(?\s*['"`][^'"`]*addons/,
      name,
    );
  }
  for (const file of ['index.js', 'mailslot.js']) {
    const { sources } = JSON.parse(readFileSync(join(root, 'dist', `${file}.map`), 'utf8'));
    assert.deepEqual(
      sources.filter((source: string) => source.includes('addons')),
      [],
    );
  }
});

test('The manifest tells what a registry page shows, and no address that nobody knows', () => {
  for (const field of ['description', 'keywords', 'license', 'engines', 'exports', 'types']) {
    assert.ok(manifest[field], `${field} is missing`);
  }
  // A registry cuts longer ones.
  assert.ok(manifest.description.length <= 120, `${manifest.description.length} characters`);
  for (const field of ['repository', 'homepage', 'bugs', 'author', 'funding']) assert.equal(manifest[field], undefined);
});

test('publint has nothing to say', async () => {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest, { color: false })),
    [],
  );
});

test('Its types resolve for every kind of importer', async () => {
  const require = createRequire(import.meta.url);
  const attw = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js');
  const { stdout } = await run(
    process.execPath,
    // The script tag's file is for a `src`, and its hashes for a template; neither has types.
    [
      attw,
      tarball,
      '--no-definitely-typed',
      '--exclude-entrypoints',
      './mailslot.js',
      './integrity.json',
      '--format',
      'json',
    ],
    { cwd: folder.path },
  ).catch((error: { stdout: string; stderr: string }) => assert.fail(`${error.stdout}${error.stderr}`));
  const { analysis } = JSON.parse(stdout);
  assert.equal(analysis.types.kind, 'included');
  assert.deepEqual(
    Object.keys(analysis.entrypoints).sort(),
    ['.', './global', './package.json', ...[...addons, ...tools].map((name) => `./${name}`)].sort(),
  );
  for (const kind of ['node10', 'node16-cjs', 'node16-esm', 'bundler']) {
    assert.ok(analysis.entrypoints['.'].resolutions[kind].resolution, kind);
  }
});

test('No module imports another one without a name, because bundlers warn of that', () => {
  for (const file of packed.filter((path) => /^dist\/.*\.js$/.test(path)))
    assert.doesNotMatch(readFileSync(join(root, file), 'utf8'), /^import ["']/m, file);
});

test('The integrity values are those of the files', () => {
  const hashes = JSON.parse(readFileSync(join(root, 'dist/integrity.json'), 'utf8')) as Record<string, string>;
  // The campaign is part of the file of views.
  const files = addons.filter((name) => name !== 'campaign').map((name) => `addons/${name}.js`);
  assert.deepEqual(Object.keys(hashes).sort(), ['index.js', 'mailslot.js', 'stub.js', ...files].sort());
  for (const [file, integrity] of Object.entries(hashes)) {
    const algorithm = integrity.slice(0, integrity.indexOf('-'));
    const hash = createHash(algorithm)
      .update(readFileSync(join(root, 'dist', file)))
      .digest('base64');
    assert.equal(integrity, `${algorithm}-${hash}`, file);
  }
});

test('The source maps lead to sources that they carry', () => {
  for (const file of ['index.js', 'index.cjs', 'mailslot.js', 'tools/testing.js', 'tools/testing.cjs']) {
    const code = readFileSync(join(root, 'dist', file), 'utf8');
    const map = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(code)?.[1];
    assert.ok(map && existsSync(join(root, 'dist', dirname(file), map)), `${file} names its map`);
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, 'dist', dirname(file), map), 'utf8'));
    assert.equal(sourcesContent.length, sources.length);
    assert.ok(sourcesContent.every((content: unknown) => typeof content === 'string' && content));
  }
});

test('Importing it on a server does nothing', async () => {
  const script = `
    const before = Reflect.ownKeys(globalThis).length;
    const exported = await import('mailslot');
    console.log(JSON.stringify({ names: Object.keys(exported).sort(), added: Reflect.ownKeys(globalThis).length - before }));
  `;
  // The project may import itself by name, which goes through its `exports`. The process must end by itself.
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    timeout: 20_000,
  });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), { names: ['KeyError', 'createTracker'], added: 0 });
});
