import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DAY_MS } from '../../model/durations.ts';
import type { Engine } from '../engines.ts';
import { openStorage } from '../storage.ts';

const START = Date.parse('2024-05-15T00:00:00Z');
const [MORNING, EVENING] = [START + 8 * 3_600_000, START + 20 * 3_600_000];

/** Events received and missing, by page. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests
export function pagesSuite(engine: Engine): void {
  const { skip } = engine;
  const title = (text: string) => `${engine.name}: ${text}`;

  /** A database, and its events by page: `append('abc', 1, 3)` stores the first and the third event of the page abc. */
  async function open(t: TestContext, place?: string, now = MORNING) {
    const opened = await openStorage(t, now, place, engine);
    const { storage, event } = opened;
    const tokenOf = (page: string, number: number) =>
      `0lvz8f3k2-${[...page].map((letter) => letter.charCodeAt(0)).join('')}-${number.toString(36).padStart(9, '0')}`;
    const append = (page: string, ...numbers: number[]) =>
      storage.append(numbers.map((number) => event(`collection ${number % 3}`, { a: 1 }, tokenOf(page, number))));
    const pages = async () =>
      (await storage.overview.pages(START - 30 * DAY_MS)).map(({ day, pages, received, repeats, missing }) => [
        (day - START) / DAY_MS,
        pages,
        received,
        repeats,
        missing,
      ]);
    return { ...opened, append, pages };
  }

  test(title('a missing number is a gap, until a late event closes it'), { skip }, async (t) => {
    const { append, pages } = await open(t);
    assert.deepEqual(await pages(), []);
    await append('abc', 1, 2, 3);
    assert.deepEqual(await pages(), [[0, 1, 3, 0, 0]]);
    await append('abc', 5, 8);
    assert.deepEqual(await pages(), [[0, 1, 5, 0, 3]]);
    await append('abc', 6);
    assert.deepEqual(await pages(), [[0, 1, 6, 0, 2]]);
    await append('abc', 7, 4);
    assert.deepEqual(await pages(), [[0, 1, 8, 0, 0]]);
  });

  test(title('the first event of a page can be missing, the last cannot'), { skip }, async (t) => {
    const { append, pages } = await open(t);
    await append('abc', 3);
    assert.deepEqual(await pages(), [[0, 1, 1, 0, 2]]);
    await append('abd', 4, 1);
    assert.deepEqual(await pages(), [[0, 2, 3, 0, 4]]);
  });

  test(title('repeats are counted and close no gap'), { skip }, async (t) => {
    const { append, pages } = await open(t);
    await append('abc', 1, 3, 3);
    await append('abc', 1, 3);
    assert.deepEqual(await pages(), [[0, 1, 2, 3, 1]]);
  });

  test(title('each page has gaps of its own'), { skip }, async (t) => {
    const { append, pages } = await open(t);
    await Promise.all([append('abc', 1, 3), append('abd', 2), append('abe', 1, 2)]);
    assert.deepEqual(await pages(), [[0, 3, 5, 0, 2]]);
  });

  test(title('events with tokens of other clients or without a token are not counted'), { skip }, async (t) => {
    const { storage, event, pages } = await open(t);
    await storage.append([
      event('a', { a: 1 }, 'order-17'),
      event('a', { a: 1 }, '8437a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b'),
      event('a', { a: 1 }),
    ]);
    assert.deepEqual(await pages(), []);
  });

  test(title('a page counts on the day of its first event'), { skip }, async (t) => {
    const { append, pages, clock } = await open(t, undefined, EVENING);
    await append('abc', 1, 2, 5);
    clock.now = EVENING + DAY_MS;
    await append('abd', 1, 2);
    await append('abc', 3);
    assert.deepEqual(await pages(), [
      [1, 1, 2, 0, 0],
      [0, 1, 4, 0, 1],
    ]);
  });

  test(title('gaps survive a restart, and can close after it'), { skip }, async (t) => {
    const first = await open(t);
    await first.append('abc', 1, 4);
    await first.close();
    const { append, pages } = await open(t, first.file);
    assert.deepEqual(await pages(), [[0, 1, 2, 0, 2]]);
    await append('abc', 2, 3);
    assert.deepEqual(await pages(), [[0, 1, 4, 0, 0]]);
  });

  test(title('a made-up number is not believed, but its page is counted'), { skip }, async (t) => {
    const { append, storage } = await open(t);
    await append('abc', 1, 3);
    await append('evil', 999_999);
    await append('fiend', 50_000, 1);
    await append('long', 10_001);
    const [day] = await storage.overview.pages(START - DAY_MS);
    const { pages, missing, pagesWithGaps, implausiblePages } = day!;
    assert.deepEqual([pages, missing, pagesWithGaps, implausiblePages], [4, 1 + 10_000, 2, 2]);
  });
}
