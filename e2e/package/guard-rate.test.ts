// A share of `node e2e/package/guard-rate.mjs`: the guard refuses no random key, and the measurement would see it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadGuard, measureRates } from './guard-rate.mjs';

const isRefused = await loadGuard();

test('no random key of the usual alphabets and lengths is refused', () => {
  const rates = [...measureRates(isRefused, 10_000, 2)];
  assert.ok(rates.length >= 20);
  assert.deepEqual(
    rates.filter(({ refused }) => refused),
    [],
  );
});

test('the measurement sees a rule that is too wide', () => {
  // The shortest labels between separators, as the guard once had them.
  const isTooWide = (key: string) => /([\W_]|^)[rsm]k([\W_]|$)/i.test(key);
  const refused = [...measureRates(isTooWide, 10_000, 2)].filter((rate) => rate.refused);
  assert.ok(refused.some(({ name, example }) => name === 'base64url' && isTooWide(example!)));
});

test('keys of 24, 32 and 64 hex digits are refused by their shape alone', () => {
  for (const length of [24, 32, 64]) assert.ok(isRefused('c0ffee01'.repeat(8).slice(0, length)));
  for (const length of [23, 25, 31, 33, 63, 65, 128]) assert.ok(!isRefused('c0ffee01'.repeat(16).slice(0, length)));
});
