import assert from 'node:assert/strict';
import { test } from 'node:test';
import { project } from './project.ts';

test('only the named properties remain, at their paths', () => {
  const event = JSON.stringify({ a: 1, b: { c: 2, d: { e: 3 } }, f: [1, 2] });
  const table: [string[], object][] = [
    [['a'], { a: 1 }],
    [['b.c', 'f'], { b: { c: 2 }, f: [1, 2] }],
    [['b.d.e', 'b.c'], { b: { d: { e: 3 }, c: 2 } }],
    [['b', 'b.c'], { b: { c: 2, d: { e: 3 } } }],
    [['b.c', 'b'], { b: { c: 2, d: { e: 3 } } }],
    [['x', 'a.b', 'f.0', 'b.x'], { b: {} }],
  ];
  for (const [paths, expected] of table) assert.deepEqual(JSON.parse(project(event, paths)), expected, paths.join());
});

test('a property named __proto__ does not change a prototype', () => {
  assert.equal(
    project('{"__proto__":{"polluted":1}}', ['__proto__.polluted', 'constructor.name', 'toString']),
    '{"__proto__":{"polluted":1}}',
  );
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});
