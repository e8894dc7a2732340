import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import { openStorage } from '../../testing/storage.ts';

const START = Date.parse('2024-05-15T00:00:00Z');
const MORNING = START + 8 * 3_600_000;

/** A database, and its events by page: `append('abc', 1, 3)` stores the first and the third event of the page abc. */
async function open(t: TestContext, file?: string, now = MORNING) {
  const opened = await openStorage(t, now, file);
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

/** The rows of a closed file. */
async function rowsOf(file: string) {
  const database = await DuckDBInstance.create(file);
  const connection = await database.connect();
  const rows = await connection.runAndReadAll(
    'SELECT page::VARCHAR, day::VARCHAR, last_day::VARCHAR, received FROM page_counts ORDER BY page, day, last_day, received',
  );
  connection.closeSync();
  database.closeSync();
  return rows.getRows() as [page: string, day: string, lastDay: string, received: number][];
}

test('events of a failed transaction are not counted', async (t) => {
  const { storage, append, pages, event } = await open(t);
  t.mock.method(console, 'error', () => undefined);
  await append('abc', 1);
  const broken = {
    ...event('a', { a: 1 }, `0lvz8f3k2-979899-${'4'.padStart(9, '0')}`),
    collection: null as unknown as string,
  };
  await assert.rejects(storage.append([broken]));
  assert.deepEqual(await pages(), [[0, 1, 1, 0, 0]]);
});

test('all counts of a page are deleted 31 days after its last event', async (t) => {
  const first = await open(t);
  await first.append('abc', 1, 3);
  await first.append('abd', 1);
  await first.append('abe', 1);
  first.clock.now = MORNING + 20 * DAY_MS;
  await first.append('abd', 2);
  await first.close();
  const { append, file, close } = await open(t, first.file, MORNING + 32 * DAY_MS);
  await append('abe', 2); // a page that was suspended, and continues its numbers
  await close();
  assert.deepEqual(await rowsOf(file), [
    ['9798100', '2024-05-15', '2024-06-04', 2],
    ['9798101', '2024-05-15', '2024-05-15', 1],
    ['9798101', '2024-06-16', '2024-06-16', 1],
  ]);
});

test('rows of earlier days become one row per page, while events are recorded', async (t) => {
  const first = await open(t);
  for (let n = 1; n <= 5; n++) await first.append('abc', n, n + 10);
  first.clock.now = MORNING + DAY_MS;
  await first.append('abc', 6);
  await first.close();
  const { append, file, close, pages } = await open(t, first.file, MORNING + 2 * DAY_MS);
  await Promise.all(Array.from({ length: 20 }, (_, index) => append('abd', index + 1)));
  await Promise.all([append('abc', 7), append('abc', 8, 8)]);
  assert.deepEqual(await pages(), [
    [2, 1, 20, 0, 0],
    [0, 1, 13, 1, 2],
  ]);
  await close();
  const rows = await rowsOf(file);
  assert.deepEqual(
    rows.filter(([, first, last]) => first !== last),
    [['979899', '2024-05-15', '2024-05-16', 11]],
  );
  assert.equal(
    rows.reduce((sum, [, , , received]) => sum + received, 0),
    33,
  );
});

test('events that 0.1.0 has stored are counted', async (t) => {
  const first = await open(t);
  await first.append('abc', 1, 2, 4);
  first.clock.now = MORNING + DAY_MS;
  await first.append('abd', 1);
  await first.close();
  const old = await (await DuckDBInstance.create(first.file)).connect();
  await old.run('DROP TABLE page_counts');
  old.closeSync();
  const { append, pages } = await open(t, first.file, MORNING + DAY_MS);
  assert.deepEqual(await pages(), [
    [1, 1, 1, 0, 0],
    [0, 1, 3, 0, 1],
  ]);
  await append('abc', 3);
  assert.deepEqual(await pages(), [
    [1, 1, 1, 0, 0],
    [0, 1, 4, 0, 0],
  ]);
});
