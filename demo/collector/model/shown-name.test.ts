import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looksSecret, shownName } from './shown-name.ts';

const KEYS = [`write_${'5e0f'.repeat(12)}`, 'A1B2C3D4'.repeat(24), 'q9WxT4zLm08KdRv7/BtYu3P+5Zk3h8aP'];

test('a name that could be a key is not shown, also escaped for a URL', () => {
  for (const key of KEYS) {
    const everyByte = [...Buffer.from(key)].map((byte) => `%${byte.toString(16)}`).join('');
    const forms = [key, encodeURIComponent(key), everyByte, `${everyByte}%zz`, everyByte.toUpperCase()];
    for (const form of forms) assert.equal(shownName(`a ${form}`), '"…"', form);
  }
});

test('other names are shown, in quotes and cut short', () => {
  for (const name of ['price', '100%', '%zz', 'user%20id', 'a.b']) {
    assert.equal(looksSecret(name), false, name);
    assert.equal(shownName(name), JSON.stringify(name));
  }
  assert.equal(shownName('ab '.repeat(50)).length, 80 + 3);
});
