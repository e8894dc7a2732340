import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import { parseMultiAnalysis } from '../../queries/parse-analysis.ts';
import { makeEvent as makeEventAt } from '../../testing/event.ts';
import { extractionOf } from '../../testing/extraction.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import type { Storage } from '../storage.ts';
import { dropCache } from './cache.ts';
import { createCommitMemory } from './commit-memory.ts';
import { openDuckDB } from './duckdb.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const makeEvent = (collection: string, properties: object): NewEvent => makeEventAt(collection, properties, NOW);

/** A query that needs more than the memory of all queries. */
const { query: GREEDY } = parseMultiAnalysis(
  {
    event_collection: 'things',
    analyses: Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [
        `label ${n}`,
        {
          analysis_type: 'count_unique',
          target_property: 'text',
          filters: [{ property_name: 'text', operator: 'ne', property_value: `${n}` }],
        },
      ]),
    ),
  },
  { now: NOW, forcedFilters: [] },
);

/** How often each `n` of the collection is stored. */
async function countNumbers(storage: Storage, collection: string): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for await (const chunk of storage.query({ ...extractionOf(collection), unlimited: true })) {
    for (const text of chunk) {
      const { n } = JSON.parse(text) as { n: number };
      counts.set(n, (counts.get(n) ?? 0) + 1);
    }
  }
  return counts;
}

test('events are stored once while queries use up the memory', async (t) => {
  const storage = await openDuckDB(join(temporaryFolder(t), 'events.duckdb'), () => NOW, {
    seconds: 60,
    megabytes: 16,
  });
  t.after(() => storage.close());
  const texts = Array.from({ length: 60_000 }, (_, n) => ({ text: `${n} ${'x'.repeat(100)}` }));
  await storage.append(texts.map((text) => makeEvent('things', text)));
  let recording = true;
  let aborted = 0;
  const ask = async () => {
    while (recording) for await (const _ of storage.query(GREEDY)) assert.fail('the query has found enough memory');
  };
  const asking = Array.from({ length: 3 }, async () => {
    while (recording) await ask().catch(({ code }) => (code === 'QueryTooLargeError' ? aborted++ : assert.fail(code)));
  });
  let sent = 0;
  // The log reaches its limit in between, so that a checkpoint checks the table.
  for (let group = 0; group < 40; group++) {
    const size = group % 2 ? 1 : 3000;
    await storage.append(Array.from({ length: size }, () => makeEvent('late', { n: sent++, text: 'y'.repeat(1000) })));
  }
  recording = false;
  await Promise.all(asking);
  assert.ok(aborted > 10, `${aborted} queries`);
  const counts = await countNumbers(storage, 'late');
  assert.equal(counts.size, sent);
  assert.deepEqual(
    [...counts].filter(([, count]) => count > 1),
    [],
  );
});

/** A database of 100 MB in memory, of which a query's rows take 80 until queries are stopped, and a reserve of 100. */
async function openFullDatabase(t: TestContext) {
  const database = await DuckDBInstance.create(':memory:', { memory_limit: '100MB', temp_directory: '' });
  const connection = await database.connect();
  const limiting = await database.connect();
  t.after(() => {
    for (const open of [connection, limiting]) open.closeSync();
    database.closeSync();
  });
  const fill = (name: string, megabytes: number) =>
    connection.run(
      `CREATE TABLE ${name} AS SELECT repeat('x', 1000) || n AS text FROM range(${megabytes * 1000}) t(n)`,
    );
  await fill('held', 80);
  let stops = 0;
  const memory = createCommitMemory({
    connection: limiting,
    memoryMB: 100,
    reservedMB: 100,
    isShared: () => false,
    async stopQueries() {
      stops++;
      await connection.run('DROP TABLE IF EXISTS held');
    },
  });
  return { connection, fill, memory, stops: () => stops };
}

test('a transaction with reserve finds memory that others hold, and later ones do not', async (t) => {
  const { fill, memory, stops } = await openFullDatabase(t);
  await assert.rejects(fill('late', 60), /Out of Memory/);
  await memory.withReserve(() => fill('late', 60));
  // 140 MB were in use, so the limit could not be lowered while queries ran.
  assert.ok(stops() > 0);
  await assert.rejects(fill('later', 60), /Out of Memory/);
});

test('the reserve is there until the last transaction that uses it has ended', async (t) => {
  const { fill, memory } = await openFullDatabase(t);
  let endFirst!: () => void;
  const first = memory.withReserve(() => new Promise<void>((resolve) => (endFirst = resolve)));
  const second = memory.withReserve(async () => {
    endFirst();
    await first;
    await fill('late', 60);
  });
  await second;
  await assert.rejects(fill('later', 60), /Out of Memory/);
});

test('the reserve is there after the cache was freed while the limit could not be lowered', async (t) => {
  const { connection, fill, memory, stops } = await openFullDatabase(t);
  await connection.run('ALTER TABLE held RENAME TO kept');
  await memory.withReserve(() => fill('late', 60));
  assert.ok(stops() > 0);
  await connection.run('DROP TABLE late');
  await dropCache(connection, 100);
  await assert.rejects(fill('late', 60), /Out of Memory/);
  await memory.withReserve(() => fill('late', 60));
});
