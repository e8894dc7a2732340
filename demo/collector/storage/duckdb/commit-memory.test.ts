import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NewEvent } from '../../model/event.ts';
import { parseMultiAnalysis } from '../../queries/parse-analysis.ts';
import { makeEvent as makeEventAt } from '../../testing/event.ts';
import { extractionOf } from '../../testing/extraction.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import type { Storage } from '../storage.ts';
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
