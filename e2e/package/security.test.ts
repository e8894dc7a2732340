// SECURITY.md names tests and commands. Each of them must exist.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../fixtures/paths.ts';

const text = readFileSync(join(root, 'SECURITY.md'), 'utf8');
const section = (title: string) => text.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
/** The cells of a table's rows, below its head. */
const rowsOf = (title: string) =>
  section(title)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

test('SECURITY.md says how to report, what is promised, who may do what, and what is out of scope', () => {
  assert.match(section('Report'), /Security tab/);
  assert.match(section('Promises'), /The tracker:[^]*The collector:/);
  assert.ok(rowsOf('Threat model').length >= 10);
  for (const title of ['Threat model', 'Out of scope', 'How it is tested'])
    for (const cells of rowsOf(title)) assert.ok(cells.length >= 2 && cells.every(Boolean), `${title}: ${cells[0]}`);
  const [who] = [
    rowsOf('Threat model')
      .map(([cell]) => cell)
      .join(),
  ];
  for (const key of ['without a key', 'Write key', 'Read key', 'Master key', 'Access Key', 'token'])
    assert.ok(who!.includes(key), key);
});

test('each test and each command that SECURITY.md names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const rows = rowsOf('How it is tested');
  const named = rows.flatMap(([, tests]) => [...tests!.matchAll(/`([\w/-]+)`/g)].map(([, name]) => name!));
  assert.ok(named.length >= 12);
  for (const name of named) {
    const places = name.startsWith('e2e/') ? [name, `${name}.spec.ts`] : [`demo/collector/${name}.test.ts`];
    assert.ok(
      places.some((place) => existsSync(join(root, place))),
      name,
    );
  }
  for (const [, , command] of rows) {
    const [, script, suite] = /`npm (?:run )?([\w:]+)(?: -- (unit|e2e) \S+)?/.exec(command!)!;
    assert.ok(script! in scripts, command);
    assert.equal(script === 'test', suite !== undefined, command);
  }
});
