import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { createRandom } from '../../../../scripts/testing/random.ts';
import { createFingerprintSet, createHighestNumbers, fingerprintOf, fingerprintSql } from './fingerprints.ts';

/** Fingerprints spread over all 52 bits. */
const spread = (count: number, seed = 0) =>
  Array.from({ length: count }, (_, index) => fingerprintOf(`${seed} ${index}`));

test('a fingerprint set has the added fingerprints and no others, in one table and in several', () => {
  const set = createFingerprintSet();
  const numbers = spread(100_000);
  const others = spread(100_000, 1);
  numbers.forEach((number, index) => {
    set.add(number);
    if (index % 10_000 === 0) assert.deepEqual([set.has(number), set.has(numbers[index + 1]!)], [true, false]);
  });
  assert.ok(numbers.every((number) => set.has(number)));
  assert.equal(others.filter((number) => set.has(number)).length, 0);
});

test('a fingerprint set takes at most 12 bytes per entry for a million entries, and fewer for more', () => {
  const set = createFingerprintSet();
  const random = createRandom(1, 'fingerprints');
  const add = (count: number) => {
    for (let index = 0; index < count; index++) set.add(random.int(2 ** 20) * 2 ** 32 + random.int(2 ** 32));
    return set.bytes;
  };
  assert.ok(add(1e6) < 12e6);
  assert.ok(add(4e6) < 32e6);
});

test('a fingerprint that is added twice takes no more memory', () => {
  const set = createFingerprintSet();
  const numbers = spread(5_000);
  for (let round = 0; round < 10; round++) for (const number of numbers) set.add(number);
  assert.ok(set.bytes < 100_000, `${set.bytes}`);
});

test('fingerprints of the same slot do not hide each other, not even in the last slot of a table', () => {
  const set = createFingerprintSet();
  // Fingerprints of the first slot of a table, and of the last.
  const first = [1, 2, 3];
  const last = first.map((number) => (2 ** 20 - 1) * 2 ** 32 + number);
  for (const number of [...last, ...first]) set.add(number);
  for (const numbers of [first, last]) {
    assert.deepEqual(numbers.map(set.has), [true, true, true]);
    assert.equal(set.has(numbers[0]! + 3), false);
  }
  assert.equal(set.has(2 ** 51 + 1), false);
});

test('zero can be a fingerprint', () => {
  const set = createFingerprintSet();
  assert.equal(set.has(0), false);
  set.add(0);
  assert.equal(set.has(0), true);
  assert.equal(set.has(2 ** 51), false);
});

test('the highest number of each fingerprint is kept, in one table and in several', () => {
  const map = createHighestNumbers();
  const prints = spread(50_000);
  const numberOf = (index: number) => (index % 65_535) + 1;
  for (const number of [numberOf, () => 1]) prints.forEach((print, index) => map.raise(print, number(index)));
  assert.ok(prints.every((print, index) => map.get(print) === numberOf(index)));
  prints.forEach((print) => map.raise(print, 65_535));
  assert.ok(prints.every((print) => map.get(print) === 65_535));
  assert.ok(spread(50_000, 1).every((print) => map.get(print) === 0));
  assert.ok(map.bytes < 12 * prints.length, `${map.bytes}`);
});

test('the database computes the same fingerprints', async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  for (const text of ['a token', 'with \0 ü😀', '']) {
    const rows = await connection.runAndReadAll(`SELECT ${fingerprintSql('text')} FROM (SELECT $1 AS text)`, [text]);
    assert.equal(rows.getRows()[0]![0], fingerprintOf(text));
  }
});
