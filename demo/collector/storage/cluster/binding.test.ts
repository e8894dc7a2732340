import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statement } from './binding.ts';

test('values are bound, and no text of them is in the SQL', () => {
  const { sql, values } = statement((bind) => `${bind("x' OR 1=1 --", 'String')} ${bind([1, 2], 'Array(Int64)')}`);
  assert.equal(sql, '{p0:String} {p1:Array(Int64)}');
  assert.deepEqual(values, { p0: "x' OR 1=1 --", p1: [1, 2] });
});

test('a value that is too long for one parameter becomes several, and no character is split', () => {
  for (const text of ['', 'x'.repeat(40_000), 'x'.repeat(40_001), `${'x'.repeat(39_999)}😀`, '😀'.repeat(60_000)]) {
    const { sql, values } = statement((bind) => bind(text, 'String'));
    const parts = Object.values(values) as string[];
    assert.equal(parts.join(''), text);
    for (const part of parts) {
      assert.ok(part.length <= 40_000);
      assert.ok(!/[\ud800-\udbff]$/.test(part), 'no pair is split');
    }
    assert.equal(sql.startsWith('concat('), parts.length > 1);
  }
  const numbers = Array.from({ length: 10_000 }, (_, n) => 1e12 + n);
  const { sql, values } = statement((bind) => bind(numbers, 'Array(Int64)'));
  assert.match(sql, /^arrayConcat\(\{p0:Array\(Int64\)\}, /);
  assert.deepEqual((Object.values(values) as number[][]).flat(), numbers);
  assert.deepEqual(statement((bind) => bind([], 'Array(String)')).values, { p0: [] });
});
