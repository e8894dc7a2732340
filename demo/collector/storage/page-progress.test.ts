import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { openStorage } from '../testing/storage.ts';

const DAY = 86_400_000;
const START = Date.parse('2024-05-15T00:00:00Z');
const [MORNING, EVENING] = [START + 8 * 3_600_000, START + 20 * 3_600_000];

/** A database, and its events by page: `take('abc', 1, 3)` records the first and the third of the page called abc. */
async function open(t: TestContext, file?: string, now = MORNING) {
  const opened = await openStorage(t, now, file);
  const { storage, event } = opened;
  const tokenOf = (page: string, number: number) => `0lvz8f3k2-${[...page].map((letter) => letter.charCodeAt(0)).join('')}-${number.toString(36).padStart(9, '0')}`;
  const take = (page: string, ...numbers: number[]) => storage.append(numbers.map((number) => event(`collection ${number % 3}`, { a: 1 }, tokenOf(page, number))));
  const pages = async () => (await storage.overview.pages(START - 30 * DAY)).map(({ day, pages, received, repeats, missing }) => [(day - START) / DAY, pages, received, repeats, missing]);
  return { ...opened, take, pages };
}

test('a number that has not come is a gap, until the late event closes it', async (t) => {
  const { take, pages } = await open(t);
  assert.deepEqual(await pages(), []);
  await take('abc', 1, 2, 3);
  assert.deepEqual(await pages(), [[0, 1, 3, 0, 0]]);
  await take('abc', 5, 8);
  assert.deepEqual(await pages(), [[0, 1, 5, 0, 3]]);
  await take('abc', 6);
  assert.deepEqual(await pages(), [[0, 1, 6, 0, 2]]);
  await take('abc', 7, 4);
  assert.deepEqual(await pages(), [[0, 1, 8, 0, 0]]);
});

test('the first of a page can be missing, the last cannot', async (t) => {
  const { take, pages } = await open(t);
  await take('abc', 3);
  assert.deepEqual(await pages(), [[0, 1, 1, 0, 2]]);
  await take('abd', 4, 1);
  assert.deepEqual(await pages(), [[0, 2, 3, 0, 4]]);
});

test('repeats are counted and close no gap', async (t) => {
  const { take, pages } = await open(t);
  assert.deepEqual(await take('abc', 1, 3, 3), [true, true, false]);
  assert.deepEqual(await take('abc', 1, 3), [false, false]);
  assert.deepEqual(await pages(), [[0, 1, 2, 3, 1]]);
});

test('each page has gaps of its own', async (t) => {
  const { take, pages } = await open(t);
  await Promise.all([take('abc', 1, 3), take('abd', 2), take('abe', 1, 2)]);
  assert.deepEqual(await pages(), [[0, 3, 5, 0, 2]]);
});

test('the tokens of others are left alone, and events without any', async (t) => {
  const { storage, event, pages } = await open(t);
  await storage.append([event('a', { a: 1 }, 'order-17'), event('a', { a: 1 }, '8437a1b2-c3d4-4e5f-8a9b-0c1d2e3f4a5b'), event('a', { a: 1 })]);
  assert.deepEqual(await pages(), []);
});

test('a page counts on the day on which it was first heard of', async (t) => {
  const { take, pages, clock } = await open(t, undefined, EVENING);
  await take('abc', 1, 2, 5);
  clock.now = EVENING + DAY;
  await take('abd', 1, 2);
  await take('abc', 3);
  assert.deepEqual(await pages(), [[1, 1, 2, 0, 0], [0, 1, 4, 0, 1]]);
});

test('gaps outlast a restart, and close after it', async (t) => {
  const first = await open(t);
  await first.take('abc', 1, 4);
  await first.close();
  const { take, pages } = await open(t, first.file);
  assert.deepEqual(await pages(), [[0, 1, 2, 0, 2]]);
  await take('abc', 2, 3);
  assert.deepEqual(await pages(), [[0, 1, 4, 0, 0]]);
});

test('what could not be stored is not counted', async (t) => {
  const { storage, take, pages, event } = await open(t);
  t.mock.method(console, 'error', () => undefined);
  await take('abc', 1);
  const broken = { ...event('a', { a: 1 }, `0lvz8f3k2-979899-${'4'.padStart(9, '0')}`), collection: null as unknown as string };
  await assert.rejects(storage.append([broken]));
  assert.deepEqual(await pages(), [[0, 1, 1, 0, 0]]);
});

test('a page is forgotten as a whole, 31 days after its last event', async (t) => {
  const { take, clock, file, close } = await open(t);
  await take('abc', 1, 3);
  await take('abd', 1);
  clock.now = MORNING + 20 * DAY;
  await take('abd', 2);
  clock.now = MORNING + 32 * DAY;
  await take('abe', 1);
  await close();
  const connection = await (await DuckDBInstance.create(file)).connect();
  const rows = await connection.runAndReadAll('SELECT page::VARCHAR, count(*)::INTEGER FROM page_progress GROUP BY page ORDER BY page');
  assert.deepEqual(rows.getRows(), [['9798100', 2], ['9798101', 1]]);
  connection.closeSync();
});

test('what a database of 0.1.0 has stored counts too', async (t) => {
  const first = await open(t);
  await first.take('abc', 1, 2, 4);
  first.clock.now = MORNING + DAY;
  await first.take('abd', 1);
  await first.close();
  const old = await (await DuckDBInstance.create(first.file)).connect();
  await old.run('DROP TABLE page_progress');
  old.closeSync();
  const { take, pages } = await open(t, first.file, MORNING + DAY);
  assert.deepEqual(await pages(), [[1, 1, 1, 0, 0], [0, 1, 3, 0, 1]]);
  await take('abc', 3);
  assert.deepEqual(await pages(), [[1, 1, 1, 0, 0], [0, 1, 4, 0, 0]]);
});
