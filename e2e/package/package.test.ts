// The package as npm would publish it, from what is built now.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root, temporaryFolder } from '../fixtures/paths.ts';

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
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
  for (const path of named) assert.ok(packed.includes(path.replace('./', '')), `${path} is missing`);
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
  assert.deepEqual(Object.keys(analysis.entrypoints).sort(), ['.', './integrity.json', './package.json']);
  assert.ok(analysis.entrypoints['.'].resolutions.bundler.resolution);
});

test('The integrity values are those of the files', () => {
  const hashes = JSON.parse(readFileSync(join(root, 'dist/integrity.json'), 'utf8')) as Record<string, string>;
  assert.deepEqual(Object.keys(hashes).sort(), ['index.js', 'mailslot.js', 'stub.js']);
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
