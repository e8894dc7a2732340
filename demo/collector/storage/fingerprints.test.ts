import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf, fingerprints } from './fingerprints.ts';

test('it holds what was added and nothing else, also after growing', () => {
  const set = fingerprints();
  const numbers = Array.from({ length: 50_000 }, (_, index) => BigInt(index) * 0x9e3779b97f4a7c15n & 0xffffffffffffffffn);
  for (const number of numbers) set.add(number);
  assert.equal(set.size, 50_000);
  assert.ok(numbers.every((number) => set.has(number)));
  assert.equal(numbers.filter((number) => set.has(number ^ 0xdeadbeefn)).length, 0);
  set.add(numbers[7]!);
  assert.equal(set.size, 50_000);
});

test('numbers that want the same slot do not hide each other', () => {
  const set = fingerprints();
  const clashing = [1n, 1n + (1n << 40n), 1n + (1n << 41n)];
  for (const number of clashing) set.add(number);
  assert.deepEqual(clashing.map(set.has), [true, true, true]);
  assert.equal(set.has(1n + (1n << 42n)), false);
});

test('collection and token do not run into each other', () => {
  assert.notEqual(fingerprintOf('ab', 'c'), fingerprintOf('a', 'bc'));
});
