// The declarations as a consumer of the tarball gets them, with the versions of TypeScript from 5.0 to 7.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { promisify } from 'node:util';
import type ts from 'typescript-5.9';
import { root, temporaryFolder } from '../fixtures/paths.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const folder = temporaryFolder();
after(() => folder.remove());

before(() => {
  const installed = join(folder.path, 'node_modules/mailslot');
  mkdirSync(installed, { recursive: true });
  // Without `prepack`, which would build under the other tests' feet.
  const output = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ filename }] = JSON.parse(output) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(folder.path, filename), '-C', installed, '--strip-components', '1']);
});

/** Each version's package, and the file of its compiler. */
const COMPILERS = {
  '5.0': ['typescript-5.0', 'bin/tsc'],
  '5.4': ['typescript-5.4', 'bin/tsc'],
  '5.9': ['typescript-5.9', 'bin/tsc'],
  '6.': ['@typescript/typescript6', 'bin/tsc6'],
  '7.': ['typescript', 'bin/tsc'],
} as const;

/** The kinds of consumers: the format of their files, and how their modules are found. */
const CONSUMERS = {
  'node, the resolution before exports': { type: 'commonjs', module: 'CommonJS', moduleResolution: 'node' },
  'node16 from ES modules': { type: 'module', module: 'Node16', moduleResolution: 'node16' },
  'node16 from CommonJS': { type: 'commonjs', module: 'Node16', moduleResolution: 'node16' },
  bundler: { type: 'module', module: 'ESNext', moduleResolution: 'bundler' },
} as const;

const MATRIX: [version: keyof typeof COMPILERS, consumers: (keyof typeof CONSUMERS)[]][] = [
  ['5.0', ['node, the resolution before exports', 'bundler']],
  ['5.4', ['node16 from CommonJS']],
  ['5.9', ['node16 from ES modules']],
  ['6.', ['node16 from CommonJS']],
  ['7.', ['node16 from ES modules', 'node16 from CommonJS', 'bundler']],
];

/** Every promise of src/types.test-d.ts, and nothing of src/. */
const promises = readFileSync(join(root, 'src/types.test-d.ts'), 'utf8').replace(
  `from './index.ts'`,
  `from 'mailslot'`,
);

/** The script tag's global has a type if a page wants it, and not otherwise. */
const GLOBALS = `import 'mailslot/global';
export const outcome = window.mailslot('visits', { page: '/' });
export const pending: Promise<number> = mailslot.pending();
// @ts-expect-error no such state
mailslot.setConsent('maybe');
`;
const NO_GLOBALS = `import { createTracker } from 'mailslot';
// @ts-expect-error nobody has asked for the global
export const outcome = window.mailslot('visits', { page: '/' });
export { createTracker };
`;

let count = 0;

/** Compiles the files with declarations; what the compiler says. */
async function compile(
  version: keyof typeof COMPILERS,
  { type, ...modules }: (typeof CONSUMERS)[keyof typeof CONSUMERS],
  files: Record<string, string>,
): Promise<{ output: string; emitted: string }> {
  const [name, bin] = COMPILERS[version];
  const consumer = join(folder.path, `consumer-${++count}`);
  mkdirSync(consumer);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(consumer, file), text);
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ private: true, type }));
  const compilerOptions = {
    ...modules,
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    // The declarations are checked too, but not TypeScript's own.
    skipDefaultLibCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: '.',
    outDir: 'out',
  };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(dirname(require.resolve(`${name}/package.json`)), bin);
  const { stdout } = await run(process.execPath, [tsc, '-p', consumer, '--pretty', 'false'], { cwd: consumer }).catch(
    (error: { stdout: string }) => error,
  );
  const declaration = join(consumer, 'out/promises.d.ts');
  return { output: stdout, emitted: existsSync(declaration) ? readFileSync(declaration, 'utf8') : '' };
}

for (const [version, consumers] of MATRIX) {
  for (const consumer of consumers) {
    test(`TypeScript ${version} keeps every promise: ${consumer}`, async () => {
      const { version: installed } = require(`${COMPILERS[version][0]}/package.json`) as { version: string };
      assert.ok(installed.startsWith(version), `${installed} is installed`);
      assert.ok(promises.includes(`from 'mailslot'`) && promises.includes('@ts-expect-error'));
      const files = { 'promises.ts': promises, 'globals.ts': GLOBALS };
      const { output, emitted } = await compile(version, CONSUMERS[consumer], files);
      assert.equal(output, '');
      // Declarations name what the package exports, and no path inside of it.
      assert.match(emitted, /exported: (import\("mailslot"\)\.)?Tracker<ShopEvents>/);
      assert.doesNotMatch(emitted, /mailslot\/dist/);
    });
  }
}

test('the global has no type unless a page asks for it', async () => {
  assert.equal((await compile('7.', CONSUMERS.bundler, { 'no-globals.ts': NO_GLOBALS })).output, '');
});

/**
 * What typescript-eslint's no-floating-promises looks for unless it is told otherwise: a type whose symbol, or whose
 * base type's, is called Promise.
 */
const isNamedPromise = (type: ts.Type): boolean =>
  [type, ...(type.isUnionOrIntersection() ? type.types : []), ...(type.getBaseTypes() ?? [])].some(
    (one) => one.symbol?.name === 'Promise' || (one !== type && isNamedPromise(one)),
  );

test('no linter asks to await `track()`, and it asks for the other promises', () => {
  const typescript = require('typescript-5.9') as typeof ts;
  const file = join(folder.path, 'linted.ts');
  writeFileSync(
    file,
    `import { createTracker, type Mailslot } from 'mailslot';
    declare const mailslot: Mailslot;
    const tracker = createTracker({ projectId: 'p', writeKey: 'w' });
    tracker.track('visits', { n: 0 });
    mailslot('visits', { n: 0 });
    mailslot.track('visits', { n: 0 });
    createTracker<{ visits: { n: number } }>({ projectId: 'p', writeKey: 'w' }).track('visits', { n: 0 });
    tracker.flush();
    tracker.close();`,
  );
  const program = typescript.createProgram([file], {
    module: typescript.ModuleKind.ESNext,
    moduleResolution: typescript.ModuleResolutionKind.Bundler,
    target: typescript.ScriptTarget.ES2022,
    strict: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const found: [call: string, isPromise: boolean][] = [];
  for (const statement of program.getSourceFile(file)!.statements) {
    if (!typescript.isExpressionStatement(statement)) continue;
    const type = checker.getTypeAtLocation(statement.expression);
    // Otherwise it is not resolved.
    assert.ok(type.getProperty('then'), statement.getText());
    found.push([/(\w+)\([^()]*\);$/.exec(statement.getText())![1]!, isNamedPromise(type)]);
  }
  assert.deepEqual(found, [
    ['track', false],
    ['mailslot', false],
    ['track', false],
    ['track', false],
    ['flush', true],
    ['close', true],
  ]);
});
