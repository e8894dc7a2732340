import assert from 'node:assert/strict';
import test from 'node:test';
import { measurePrices } from './prices.mjs';
import { measure } from './size.mjs';

for (const { name, of, budget, over, ...sizes } of await measure()) {
  test(`${name} is within its budget`, () => {
    assert.ok(!over, `${sizes[of]} bytes ${of}, ${sizes[of] - budget} over the budget of ${budget}`);
  });
}

test('each feature of the core has a price', async () => {
  const prices = await measurePrices();
  assert.ok(prices.length >= 9);
  for (const { feature, bytes } of prices) assert.ok(bytes > 0, `${feature}: ${bytes} bytes`);
});
