// What holds for all projects, without running them.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../fixtures/paths.ts';
import { openDocument } from '../fixtures/readme.ts';
import { readManifest } from './project.ts';
import { reportLine } from './report.ts';
import { rows } from './rows.ts';

const FOLDER = 'e2e/ecosystem';
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const recipes = openDocument(`${FOLDER}/README.md`);

test('Each project is a row, and each row a project', () => {
  assert.deepEqual(readdirSync(join(root, FOLDER, 'projects')).sort(), rows.map(({ name }) => name).sort());
});

for (const { name, environment } of rows) {
  test(`${environment}: each version is pinned, and mailslot is the tarball beside the project`, () => {
    const { dependencies, devDependencies = {} } = readManifest(name);
    const { mailslot, ...others } = { ...dependencies, ...devDependencies };
    assert.equal(mailslot, 'file:../mailslot.tgz');
    for (const version of Object.values(others)) assert.match(version, /^(npm:[\w-]+@)?\d+\.\d+\.\d+$/);
  });

  test(`${environment}: its recipe is quoted from its files`, () => {
    const section = recipes.section(environment);
    const files = [...section.matchAll(/\]\((projects\/[^)]+)\)/g)].map(([, path]) => path!);
    const quoted = [...section.matchAll(/^```\w*\n([^]*?)^```$/gm)].map(([, code]) => code!);
    assert.ok(files.length > 0, 'it names no file');
    assert.ok(
      files.every((path) => path.startsWith(`projects/${name}/`)),
      'it names a file of another project',
    );
    const texts = files.map((path) => read(`${FOLDER}/${path}`));
    assert.ok(quoted.length > 0, 'it quotes nothing');
    for (const code of quoted) {
      assert.ok(
        texts.some((text) => text.includes(code)),
        `no file that the section names has:\n${code}`,
      );
    }
  });
}

test('Parcel, which ignores `exports` unless a project asks for it, finds each entry of the package by `alias`', () => {
  const { exports: entries, alias } = JSON.parse(read('package.json')) as {
    exports: Record<string, string | { import?: { default: string } }>;
    alias: Record<string, string>;
  };
  const expected = Object.entries(entries).flatMap(([path, target]) =>
    path !== '.' && typeof target === 'object' && target.import?.default.startsWith('./dist/')
      ? [[path, target.import.default]]
      : [],
  );
  assert.ok(expected.length > 10);
  assert.deepEqual(alias, Object.fromEntries(expected));
});

test('The report has a line for each environment, and none has failed', () => {
  assert.ok(existsSync(join(root, 'e2e/ECOSYSTEM.md')));
  const lines = read('e2e/ECOSYSTEM.md')
    .split('\n')
    .filter((line) => /^\| (?!environment|---)/.test(line));
  assert.deepEqual(
    lines.map((line) => line.split(' | ')[0]!.slice(2)),
    rows.map(({ environment }) => environment),
  );
  for (const line of lines) assert.doesNotMatch(line, /\*\*/);
});

test('A failure is a cell of its line, with its reason on one line', () => {
  const none = { state: 'none' } as const;
  const failed = { state: 'failed', reason: 'npm run types ended with 2:\na | b\nmore' } as const;
  const [row] = rows;
  const line = reportLine({ row: row!, versions: '', install: none, types: failed, build: none, runs: none });
  assert.match(line, /\| \*\*failed\*\*: npm run types ended with 2: a \\\| b \| – \| – \| – \| – \|$/);
});
