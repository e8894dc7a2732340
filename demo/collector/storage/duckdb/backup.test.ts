import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { extractionOf } from '../../testing/extraction.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import { openStorage } from '../../testing/storage.ts';
import { receive } from './copy-file.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const never = new AbortController().signal;

test('a backup holds the events of its moment, while others are stored, removed and erased', async (t) => {
  const opened = await openStorage(t, NOW);
  const { storage, event } = opened;
  await storage.keys.write({ projectId: 'p' });
  const append = (from: number) =>
    storage.append(Array.from({ length: 500 }, (_, n) => event('things', { n: from + n, text: 'x'.repeat(200) })));
  for (let n = 0; n < 20_000; n += 500) await append(n);
  await storage.append([event('diaries', { secret: 1 })]);

  const { chunks, bytes } = await storage.backup();
  assert.ok(bytes > 1_000_000, `${bytes} bytes are more than one chunk`);
  let later = 20_000;
  async function* busy() {
    for await (const chunk of chunks) {
      yield chunk;
      for (let round = 0; round < 5; round++, later += 500) await append(later);
      await storage.remove({ collection: 'diaries', filters: [], timeframe: undefined });
    }
  }
  const copy = join(temporaryFolder(t), 'copy.duckdb');
  assert.deepEqual(await receive(copy, busy(), never), { projectId: 'p', events: 20_001, bytes });
  await opened.close();
  const restored = await openStorage(t, NOW, copy);
  const numbers: number[] = [];
  for await (const chunk of restored.storage.query(extractionOf('things')))
    numbers.push(...chunk.map((text) => (JSON.parse(text) as { n: number }).n));
  assert.deepEqual(
    numbers,
    Array.from({ length: 20_000 }, (_, n) => n),
  );
  await restored.close();
  // What arrived meanwhile is in the original.
  const again = await openStorage(t, NOW, opened.file);
  assert.equal((await again.storage.overview.collections(5)).largest[0]!.events, later);
  await again.close();
});

test('one backup runs at a time, and one that nobody reads does not hold up a stop', async (t) => {
  const opened = await openStorage(t, NOW);
  await opened.storage.append([opened.event('things', {})]);
  const first = await opened.storage.backup();
  await assert.rejects(opened.storage.backup(), { code: 'ConflictError' });
  first.end();
  const second = await opened.storage.backup();
  await second.chunks.next();
  await opened.close();
  await assert.rejects(second.chunks.next(), { code: 'ServiceUnavailableError' });
  assert.equal(existsSync(`${opened.file}.wal`), false);
});

test('a copy that breaks off, or that is aborted, leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t);
  const failing = async function* () {
    yield Buffer.alloc(1_000);
    throw new Error('broken off');
  };
  await assert.rejects(receive(join(folder, 'a.duckdb'), failing(), never), /broken off/);
  const aborting = new AbortController();
  const endless = async function* () {
    for (;;) {
      yield Buffer.alloc(1_000);
      aborting.abort();
    }
  };
  await assert.rejects(receive(join(folder, 'a.duckdb'), endless(), aborting.signal), { name: 'AbortError' });
  const text = async function* () {
    yield Buffer.from('no database, however long it is');
  };
  await assert.rejects(receive(join(folder, 'a.duckdb'), text(), never), /is not a DuckDB database/);
  assert.deepEqual(readdirSync(folder), []);
});

test('a copy never replaces a file, and needs its folder', async (t) => {
  const folder = temporaryFolder(t);
  const untouched = (): AsyncIterable<Buffer> => ({
    [Symbol.asyncIterator]: () => assert.fail('nothing is read'),
  });
  for (const name of ['a.duckdb', 'b.duckdb.wal']) writeFileSync(join(folder, name), 'precious');
  for (const name of ['a.duckdb', 'b.duckdb'])
    await assert.rejects(receive(join(folder, name), untouched(), never), /There is already a file at/);
  await assert.rejects(receive(join(folder, 'no/c.duckdb'), untouched(), never), /There is no folder .*\/no\./);
  assert.deepEqual(readdirSync(folder), ['a.duckdb', 'b.duckdb.wal']);
});
