import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../../../e2e/simulate/random.ts';
import { openStorage } from '../../testing/storage.ts';
import type { NewEvent } from '../storage.ts';
import { tokenMemory } from './token-filter.ts';

const START = Date.parse('2024-05-15T08:00:00Z');
const tokenOf = (page: number, number: number, time = '0lvz8f3k2') =>
  `${time}-${1000 + page}-${number.toString(36).padStart(9, '0')}`;

for (const seed of [1, 2, 3]) {
  test(`each token counts once, in whatever order events come and whenever the collector is started again (${seed})`, async (t) => {
    const { int, pick, chance } = createRandom(seed, 'tokens');
    // About where a number is kept by itself, and where it is none any more.
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
      assert.deepEqual(
        await opened.storage.append(batch.map(([collection, token]) => opened.event(collection, { n: 1 }, token))),
        expected,
      );
    }
    assert.ok(stored.size > 300);
  });
}

const event = (token: string) => ({ collection: 'a', token }) as NewEvent;

test('a page of a thousand events takes no more memory than one of a single event', () => {
  const bytesOf = (each: number) => {
    const memory = tokenMemory();
    for (let page = 0; page < 1_000; page++)
      for (let number = 1; number <= each; number++) memory.add(memory.mark(event(tokenOf(page, number)))!, START);
    return memory.bytes();
  };
  assert.ok(bytesOf(1) > 0);
  assert.equal(bytesOf(1_000), bytesOf(1));
});

test('what a page has not reached is new; what it has passed may be one', () => {
  const memory = tokenMemory();
  const mayHave = (...numbers: number[]) =>
    numbers.map((number) => memory.mayHave(memory.mark(event(tokenOf(1, number)))!));
  assert.deepEqual(mayHave(1, 5, 6), [false, false, false]);
  memory.add(memory.mark(event(tokenOf(1, 5)))!, START);
  assert.deepEqual(mayHave(1, 5, 6), [true, true, false]);
  memory.forget(START + 60 * 86_400_000);
  assert.deepEqual(mayHave(1, 5, 6), [false, false, false]);
  assert.equal(memory.mark({ collection: 'a' } as NewEvent), undefined);
});
