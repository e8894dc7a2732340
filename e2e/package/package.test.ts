// The package as npm would publish it, from what is built now.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
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

/** Every path that the manifest leads a user to. */
function exported(value: unknown = manifest.exports): string[] {
  return typeof value === 'string' ? [value] : Object.values(value as object).flatMap((inner) => exported(inner));
}

test('The tarball holds the build, and nothing of the project around it', () => {
  const strangers = packed.filter((path) => !/^(dist\/.+|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/.test(path));
  assert.deepEqual(strangers, []);
  for (const path of [
    'package.json',
    'LICENSE',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/mailslot.js',
    'dist/stub.js',
    'dist/THIRD-PARTY-LICENSES.txt',
  ]) {
    assert.ok(packed.includes(path), `${path} is missing`);
  }
  assert.deepEqual(
    packed.filter((path) => path.includes('.test')),
    [],
  );
});

test('Every file that the manifest names is there', () => {
  const named = [...exported(), manifest.types, manifest.unpkg, manifest.jsdelivr, ...manifest.sideEffects];
  assert.ok(named.length >= 7);
  for (const path of named) {
    const pattern = RegExp(`^${path.replace('./', '').replaceAll('.', '\\.').replace('*', '[^/]+')}$`);
    assert.ok(
      packed.some((file) => pattern.test(file)),
      `${path} is missing`,
    );
  }
});

test('One declaration file for each entry, which needs no other', () => {
  const declared = exported()
    .filter((path) => path.endsWith('.d.ts'))
    .map((path) => path.replace('./', ''));
  assert.ok(declared.length > 0);
  assert.deepEqual(packed.filter((path) => path.endsWith('.d.ts')).sort(), declared.sort());
  for (const path of declared) {
    assert.doesNotMatch(readFileSync(join(root, path), 'utf8'), /\bimport\b|\bfrom '|<reference/, path);
  }
});

test('A consumer of the tarball gets the types that the project promises', async () => {
  const consumer = join(folder.path, 'consumer');
  const installed = join(consumer, 'node_modules/mailslot');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components', '1']);
  // Every promise of src/types.test-d.ts, and nothing of src/.
  const promises = readFileSync(join(root, 'src/types.test-d.ts'), 'utf8');
  assert.ok(promises.includes(`from './index.ts'`) && promises.includes('@ts-expect-error'));
  writeFileSync(join(consumer, 'promises.ts'), promises.replace(`from './index.ts'`, `from 'mailslot'`));
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  await run(process.execPath, [tsc, '-p', consumer, '--pretty', 'false'], { cwd: consumer }).catch(
    (error: { stdout: string }) => assert.fail(error.stdout),
  );
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
      if (name === 'unique' && (await made.track('x', {})) !== 'dropped') throw new Error('taken');
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
    // The script-tag file is for a `src`, not for an import, so it has no types.
    [
      attw,
      tarball,
      '--profile',
      'esm-only',
      '--no-definitely-typed',
      '--exclude-entrypoints',
      './mailslot.js',
      '--format',
      'json',
    ],
    { cwd: folder.path },
  ).catch((error: { stdout: string; stderr: string }) => assert.fail(`${error.stdout}${error.stderr}`));
  const { analysis } = JSON.parse(stdout);
  assert.equal(analysis.types.kind, 'included');
  assert.deepEqual(
    Object.keys(analysis.entrypoints).sort(),
    ['.', ...addons.map((name) => `./${name}`), './integrity.json', './package.json'].sort(),
  );
  assert.ok(analysis.entrypoints['.'].resolutions.bundler.resolution);
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
  for (const file of ['index.js', 'mailslot.js']) {
    const code = readFileSync(join(root, 'dist', file), 'utf8');
    const map = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(code)?.[1];
    assert.ok(map && existsSync(join(root, 'dist', map)), `${file} names its map`);
    const { sources, sourcesContent } = JSON.parse(readFileSync(join(root, 'dist', map), 'utf8'));
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
