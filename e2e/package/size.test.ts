import assert from 'node:assert/strict';
import test from 'node:test';
import { measure } from './size.mjs';

for (const { name, of, budget, over, ...sizes } of await measure()) {
  test(`${name} is within its budget`, () => {
    assert.ok(!over, `${sizes[of]} bytes ${of}, ${sizes[of] - budget} over the budget of ${budget}`);
  });
}
