import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../../../scripts/testing/random.ts';
import { DAY_MS } from '../../model/durations.ts';
import type { NewEvent } from '../../model/event.ts';
import { openStorage } from '../../testing/storage.ts';
import { createTokenFilter } from './token-filter.ts';

const START = Date.parse('2024-05-15T08:00:00Z');
const tokenOf = (page: number, number: number, time = '0lvz8f3k2') =>
  `${time}-${1000 + page}-${number.toString(36).padStart(9, '0')}`;

for (const seed of [1, 2, 3]) {
  test(`each token is stored once, in any order of events and across restarts (seed ${seed})`, async (t) => {
    const { int, pick, chance } = createRandom(seed, 'tokens');
    // Near the limit of three digits in base 36, and near the highest number of a page.
    const bounds = [0, 1, 46_654, 46_655, 46_656, 46_657, 1_000_000, 1_000_001].map((number) =>
      tokenOf(int(6), number),
    );
    const tokens = [
      ...Array.from({ length: 400 }, () => tokenOf(int(6), int(60))),
      ...Array.from({ length: 20 }, () => tokenOf(int(6), int(60), pick(['0lvz8f3k3', '000000000']))),
      ...Array.from({ length: 20 }, (_, index) => `other ${index}`),
    ];
    const stored = new Set<string>();
    let opened = await openStorage(t, START);
    for (let round = 0; round < 60; round++) {
      if (chance(0.1)) {
        await opened.close();
        opened = await openStorage(t, START, opened.file);
      }
      const batch = Array.from(
        { length: 1 + int(20) },
        () => [pick(['a', 'b']), pick(chance(0.1) ? bounds : tokens)] as const,
      );
      const expected = batch.map(([collection, token]) => {
        const key = `${collection}\0${token}`;
        return !stored.has(key) && Boolean(stored.add(key));
      });
      assert.equal(
        await opened.send(...batch.map(([collection, token]) => opened.event(collection, { n: 1 }, token))),
        expected.filter(Boolean).length,
      );
    }
    assert.ok(stored.size > 300);
  });
}

const event = (token: string) => ({ collection: 'a', token }) as NewEvent;

test('a page with a thousand events takes no more memory than a page with one', () => {
  const bytesOf = (each: number) => {
    const filter = createTokenFilter();
    for (let page = 0; page < 1_000; page++)
      for (let number = 1; number <= each; number++) filter.add(filter.keyOf(event(tokenOf(page, number)))!, START);
    return filter.bytes();
  };
  assert.ok(bytesOf(1) > 0);
  assert.equal(bytesOf(1_000), bytesOf(1));
});

test('a number above the highest of its page is new; a lower one can have been stored', () => {
  const filter = createTokenFilter();
  const mayHave = (...numbers: number[]) =>
    numbers.map((number) => filter.mayHave(filter.keyOf(event(tokenOf(1, number)))!));
  assert.deepEqual(mayHave(1, 5, 6), [false, false, false]);
  filter.add(filter.keyOf(event(tokenOf(1, 5)))!, START);
  assert.deepEqual(mayHave(1, 5, 6), [true, true, false]);
  filter.dropBefore(START + 60 * DAY_MS);
  assert.deepEqual(mayHave(1, 5, 6), [false, false, false]);
  assert.equal(filter.keyOf({ collection: 'a' } as NewEvent), undefined);
});
