import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { NewEvent } from '../../model/event.ts';
import type { Query } from '../../model/query.ts';
import { parseAnalysis, parseMultiAnalysis } from '../../queries/parse-analysis.ts';
import { parseExtraction } from '../../queries/parse-extraction.ts';
import { makeEvent as makeEventAt } from '../../testing/event.ts';
import { temporaryFolder } from '../../testing/folder.ts';
import type { Storage } from '../storage.ts';
import { openDuckDB } from './duckdb.ts';
import type { QueryLimits } from './reader.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const CONTEXT = { now: NOW, forcedFilters: [] };
const COUNT = parseAnalysis('count', { event_collection: 'things' }, CONTEXT).query;

const makeEvent = (properties: object) => makeEventAt('things', properties, NOW);

async function open(t: TestContext, limits: QueryLimits, events: object[]) {
  const storage = await openDuckDB(join(temporaryFolder(t), 'events.duckdb'), () => NOW, limits);
  t.after(() => storage.close());
  for (let start = 0; start < events.length; start += 20_000)
    await storage.append(events.slice(start, start + 20_000).map(makeEvent));
  const ask = async (query: Query) => {
    const rows: unknown[] = [];
    for await (const chunk of storage.query(query)) rows.push(...chunk);
    return rows;
  };
  const count = async () => ((await ask(COUNT)) as { values: number[] }[])[0]!.values[0];
  return { storage, ask, count };
}

/** A query with so many conditions on each event that it takes minutes even for a small collection. */
const slow = (label: string) =>
  parseMultiAnalysis(
    {
      event_collection: 'things',
      analyses: Object.fromEntries(
        Array.from({ length: 20 }, (_, n) => [
          `${label} ${n}`,
          {
            analysis_type: 'count',
            filters: Array.from({ length: 100 }, (_, m) => ({
              property_name: `p${m}`,
              operator: 'contains',
              property_value: `${label} ${n} ${m}`,
            })),
          },
        ]),
      ),
    },
    CONTEXT,
  ).query;

/** Stores groups of events one after the other during the work, and returns the number of events. */
async function recordDuring(storage: Storage, group: NewEvent[], work: () => Promise<void>): Promise<number> {
  let working = true;
  const recording = (async () => {
    let events = 0;
    for (; working; events += group.length) await storage.append(group);
    return events;
  })();
  await work().finally(() => (working = false));
  return recording;
}

test('a query ends at its timeout, and recording goes on meanwhile', async (t) => {
  const { storage, ask, count } = await open(
    t,
    // Enough memory for these queries: another test is about too little.
    { seconds: 1, megabytes: 2048 },
    Array.from({ length: 20_000 }, (_, n) => ({ n })),
  );
  let answers: PromiseSettledResult<unknown>[] = [];
  const recorded = await recordDuring(storage, [makeEvent({ late: true })], async () => {
    // More than may run at once: the timeout includes the time of waiting.
    answers = await Promise.allSettled(Array.from({ length: 5 }, (_, n) => ask(slow(`query ${n}`))));
  });
  assert.ok(recorded > 1, `${recorded} events`);
  const codes = answers.map((answer) =>
    answer.status === 'rejected' ? (answer.reason as { code: string; message: string }) : undefined,
  );
  const said = codes.map((error) => String(error?.code));
  assert.ok(
    said.every((code) => ['ServiceUnavailableError', 'QueryTimeoutError'].includes(code)),
    said.join(),
  );
  assert.ok(said.filter((code) => code === 'QueryTimeoutError').length >= 2, said.join());
  assert.match(codes.find((error) => error?.code === 'QueryTimeoutError')!.message, /longer than 1 seconds/);
  // Their places are free again.
  assert.equal(await count(), 20_000 + recorded);
});

test('queries that use all the memory are aborted, and recording goes on', async (t) => {
  const texts = Array.from({ length: 60_000 }, (_, n) => ({ text: `${n} ${'x'.repeat(100)}` }));
  const { storage, ask } = await open(t, { seconds: 60, megabytes: 16 }, texts);
  const analyses = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [
      `label ${n}`,
      {
        analysis_type: 'count_unique',
        target_property: 'text',
        filters: [{ property_name: 'text', operator: 'ne', property_value: `${n}` }],
      },
    ]),
  );
  const { query } = parseMultiAnalysis({ event_collection: 'things', analyses }, CONTEXT);
  const answers: PromiseSettledResult<unknown>[] = [];
  const some = Array.from({ length: 500 }, () => makeEvent({ text: 'y'.repeat(1000) }));
  const recorded = await recordDuring(storage, some, async () => {
    for (let round = 0; round < 5; round++) answers.push(...(await Promise.allSettled([ask(query), ask(query)])));
  });
  assert.ok(recorded > 500, `${recorded} events`);
  const refused = answers.flatMap((answer) =>
    answer.status === 'rejected' ? [answer.reason as { code: string }] : [],
  );
  assert.ok(refused.length > 0);
  for (const error of refused) assert.equal(error.code, 'QueryTooLargeError', String(error));
  assert.equal((await ask(COUNT)).length, 1);
});

test('the memory limit covers percentiles', async (t) => {
  const { ask } = await open(
    t,
    { seconds: 60, megabytes: 16 },
    Array.from({ length: 150_000 }, (_, n) => ({ n })),
  );
  // Each measure copies all values, and has a cheap filter.
  const not = (n: number) => ({
    property: 'keen.created_at',
    operator: 'ne' as const,
    operand: new Date(n).toISOString(),
  });
  const measures = Array.from({ length: 250 }, (_, n) => ({
    metric: 'percentile' as const,
    property: 'n',
    percentile: 50,
    filters: [not(n)],
  }));
  await assert.rejects(ask({ ...COUNT, measures }), { code: 'QueryTooLargeError' });
  assert.equal((await ask({ ...COUNT, measures: measures.slice(0, 10) })).length, 1);
});

test('a caller that stops reading does not block other queries', async (t) => {
  const { storage, count } = await open(
    t,
    { seconds: 1, megabytes: 512 },
    Array.from({ length: 5_000 }, (_, n) => ({ n })),
  );
  const left = Array.from({ length: 2 }, () =>
    storage.query(parseExtraction({ event_collection: 'things' }, CONTEXT, 'secret').query)[Symbol.asyncIterator](),
  );
  for (const reader of left) assert.ok((await reader.next()).value?.length);
  for (const end = performance.now() + 1_100; performance.now() < end; ) assert.equal(await count(), 5_000);
  await assert.rejects(left[0]!.next(), { code: 'QueryTimeoutError' });
});

test('an aborted query ends, also if it still waits for its permit', async (t) => {
  const { storage, count } = await open(
    t,
    { seconds: 60, megabytes: 512 },
    Array.from({ length: 20_000 }, (_, n) => ({ n })),
  );
  const controller = new AbortController();
  const queries = Array.from({ length: 3 }, (_, n) =>
    storage
      .query(slow(`query ${n}`), controller.signal)
      [Symbol.asyncIterator]()
      .next(),
  );
  const answers = Promise.allSettled(queries);
  await storage.append([makeEvent({ late: true })]); // they run by now
  controller.abort();
  for (const answer of await answers)
    assert.equal(answer.status === 'rejected' && answer.reason.message, 'Nobody waits for the answer any more.');
  assert.equal(await count(), 20_001);
});

test('an answer has at most 100,000 rows', async (t) => {
  const { ask } = await open(
    t,
    { seconds: 60, megabytes: 1024 },
    Array.from({ length: 100_001 }, (_, n) => ({ n, odd: n % 2 })),
  );
  const all = { event_collection: 'things' };
  const tooMany: Query[] = [
    parseExtraction(all, CONTEXT, 'secret').query,
    parseAnalysis('count', { ...all, group_by: 'n' }, CONTEXT).query,
    parseAnalysis('select_unique', { ...all, target_property: 'n' }, CONTEXT).query,
    parseAnalysis('select_unique', { ...all, target_property: 'n', group_by: 'odd' }, CONTEXT).query,
    {
      type: 'funnel',
      steps: [
        {
          collection: 'things',
          filters: [],
          timeframe: undefined,
          actor: 'n',
          inverted: false,
          optional: false,
          withActors: true,
        },
      ],
    },
  ];
  for (const query of tooMany)
    await assert.rejects(ask(query), { code: 'QueryTooLargeError', message: /100000 rows/ }, JSON.stringify(query));
  const fewer = { ...all, filters: [{ property_name: 'n', operator: 'gt', property_value: 0 }] };
  assert.equal((await ask(parseExtraction(fewer, CONTEXT, 'secret').query)).length, 100_000);
  assert.equal((await ask(parseAnalysis('count', { ...fewer, group_by: 'n' }, CONTEXT).query)).length, 100_000);
  assert.equal((await ask(parseExtraction({ ...all, latest: 3 }, CONTEXT, 'secret').query)).length, 3);
  assert.equal((await ask(parseAnalysis('count', { ...all, group_by: 'n', limit: 3 }, CONTEXT).query)).length, 3);
});

const { query: EXTRACTION } = parseExtraction({ event_collection: 'things' }, CONTEXT, 'secret');

test('queries whose readers have stopped reading do not keep others waiting', async (t) => {
  const events = Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x'.repeat(100) }));
  const { storage, count } = await open(t, { seconds: 60, megabytes: 512 }, events);
  const unread = Array.from({ length: 3 }, () => storage.query(EXTRACTION)[Symbol.asyncIterator]());
  const sizes = await Promise.all(unread.map(async (reader) => ((await reader.next()).value as unknown[]).length));
  assert.equal(await count(), events.length);
  // A slow reader gets the rest.
  for (const [index, reader] of unread.entries())
    for (let chunk = await reader.next(); !chunk.done; chunk = await reader.next()) sizes[index]! += chunk.value.length;
  assert.deepEqual(sizes, [events.length, events.length, events.length]);
  assert.equal(await count(), events.length);
});

test('of many queries that are not read, the one that has waited longest ends', async (t) => {
  const events = Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x'.repeat(100) }));
  const { storage, count } = await open(t, { seconds: 60, megabytes: 512 }, events);
  const unread = [];
  for (let n = 0; n < 12; n++) {
    const reader = storage.query(EXTRACTION)[Symbol.asyncIterator]();
    await reader.next();
    unread.push(reader);
  }
  assert.equal(await count(), events.length);
  await assert.rejects(unread[0]!.next(), { code: 'ServiceUnavailableError', message: /not read/ });
  assert.equal((await unread.at(-1)!.next()).done, false);
  assert.equal(await count(), events.length);
});
