// The borders of the top-level folders: no import leads from demo/ to e2e/, from e2e/ to demo's scripts, or from src/ anywhere else.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import test from 'node:test';
import { root } from '../fixtures/paths.ts';

interface Import {
  /** Paths from the repository's folder, with `/`. */
  from: string;
  to: string;
}

const pathFromRoot = (path: string) => relative(root, path).split(sep).join('/');

/** The relative imports of all source files below a folder. */
function importsOf(folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(root, folder, String(name)))
    .filter((path) => /\.(ts|mjs)$/.test(path) && !/node_modules|[\\/](dist|results)[\\/]/.test(path))
    .flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, target]) => ({
        from: pathFromRoot(path),
        to: pathFromRoot(resolve(dirname(path), target!)),
      })),
    );
}

const BORDERS: [folder: string, forbidden: RegExp][] = [
  ['demo', /^e2e\//],
  ['e2e', /^demo\/[^/]+\.mjs$/],
  ['scripts', /^(demo|e2e|src)\//],
  ['src', /^(demo|e2e|scripts)\//],
  // An add-on needs nothing of the core but `track()`.
  ['src/addons', /^src\/(?!addons\/)/],
];

test('the core imports no add-on', () => {
  const imports = importsOf('src').filter(({ from }) => !from.startsWith('src/addons/'));
  assert.ok(imports.some(({ to }) => to === 'src/store.ts'));
  assert.deepEqual(
    imports.filter(({ to }) => to.startsWith('src/addons/')),
    [],
  );
});

for (const [folder, forbidden] of BORDERS) {
  test(`${folder}/ imports nothing that matches ${forbidden}`, () => {
    const imports = importsOf(folder);
    assert.ok(imports.length > 0 || folder === 'scripts', 'no import was found');
    assert.deepEqual(
      // A test of types joins what a site joins.
      imports.filter(({ from, to }) => forbidden.test(to) && !from.endsWith('.test-d.ts')),
      [],
    );
  });
}
