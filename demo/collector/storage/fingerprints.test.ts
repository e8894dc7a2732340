import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { FINGERPRINT, fingerprintOf, fingerprints } from './fingerprints.ts';

/** Numbers of 48 bits, spread over all of them. */
const spread = (count: number) =>
  Array.from({ length: count }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 0) + (Math.imul(index, 0x85ebca6b) >>> 16) * 2 ** 32);

test('it holds what was added and nothing else, also after growing', () => {
  const set = fingerprints();
  const numbers = spread(200_000);
  for (const number of numbers) set.add(number);
  assert.equal(set.size, 200_000);
  assert.ok(numbers.every((number) => set.has(number)));
  assert.equal(numbers.filter((number) => set.has((number + 12_345) % 2 ** 48)).length, 0);
  set.add(numbers[7]!);
  assert.equal(set.size, 200_000);
});

test('it takes at most 10 bytes for each', () => {
  const set = fingerprints();
  spread(200_000).forEach((number, index) => {
    set.add(number);
    if (index > 100_000) assert.ok(set.bytes / set.size <= 10.1, `${set.bytes / set.size} at ${index}`);
  });
});

test('numbers that want the same slot do not hide each other, at the end of a table neither', () => {
  const set = fingerprints();
  // The same part and place, differing only above; the last place of all, and the first.
  const clashing = [1, 2 ** 40 + 1, 2 ** 41 + 1, 2 ** 32 - 1, 2 ** 40 + 2 ** 32 - 1, 2 ** 41 + 2 ** 32 - 1];
  for (const number of clashing) set.add(number);
  assert.deepEqual(clashing.map(set.has), clashing.map(() => true));
  assert.equal(set.has(2 ** 42 + 1), false);
  assert.equal(set.has(2 ** 42 + 2 ** 32 - 1), false);
});

test('zero is held like any other', () => {
  const set = fingerprints();
  assert.equal(set.has(0), false);
  set.add(0);
  assert.equal(set.has(0), true);
  assert.equal(set.has(2 ** 32), false);
});

test('collection and token do not run into each other', () => {
  assert.notEqual(fingerprintOf('ab', 'c'), fingerprintOf('a', 'bc'));
});

test('the database makes the same fingerprints', async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  const pairs = [['a', 'token'], ['with space', 'ü😀'], ['a', '']] as const;
  for (const [collection, token] of pairs) {
    const rows = await connection.runAndReadAll(`SELECT ${FINGERPRINT} FROM (SELECT $1 AS collection, $2 AS token)`, [collection, token]);
    assert.equal(rows.getRows()[0]![0], fingerprintOf(collection, token));
  }
});
