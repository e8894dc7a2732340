import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../fixtures/paths.ts';
import { measurePrices } from './prices.mjs';
import { measure } from './size.mjs';
import { addonFigures, fill } from './update-readme.mjs';

for (const { name, of, budget, over, ...sizes } of await measure()) {
  test(`${name} is within its budget`, () => {
    assert.ok(!over, `${sizes[of]} bytes ${of}, ${sizes[of] - budget} over the budget of ${budget}`);
  });
}

test('the sizes in src/addons/README.md are those of this build', async () => {
  const text = readFileSync(join(root, 'src/addons/README.md'), 'utf8');
  const places = await addonFigures();
  assert.ok(places.length >= 15);
  const unpadded = (table: string) => table.replace(/ {2,}/g, ' ');
  assert.equal(unpadded(text), unpadded(fill(text, places)), 'run `node e2e/package/update-readme.mjs`');
});

test('each feature of the core has a price', async () => {
  const prices = await measurePrices();
  assert.ok(prices.length >= 9);
  for (const { feature, bytes } of prices) assert.ok(bytes > 0, `${feature}: ${bytes} bytes`);
});
