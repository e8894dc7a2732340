// What a loader and a query rely on: writes that can be repeated, and errors instead of smaller numbers.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLUSTER, type ClickHouseServer } from '../../../../scripts/cluster/clickhouse.mjs';
import { UnavailableError } from '../../../../scripts/cluster/packages.mjs';
import { DAY_MS } from '../../model/durations.ts';
import type { Filter } from '../../model/filter.ts';
import type { Analysis } from '../../model/query.ts';
import { parseAnalysis } from '../../queries/parse-analysis.ts';
import { newDatabase } from '../../testing/clickhouse.ts';
import { startShards } from '../../testing/engines.ts';
import { makeEvent } from '../../testing/event.ts';
import { extractionOf } from '../../testing/extraction.ts';
import { statement } from './binding.ts';
import { openClient } from './client.ts';
import { openStoreReader } from './reader.ts';
import type { EventRecord, LoggedEvent, StoreReader } from './store.ts';
import { createTables } from './tables.ts';
import { openStoreWriter } from './writer.ts';

const NOW = Date.parse('2024-05-15T12:00:00Z');
const LOG = { partition: 0, born: Date.UTC(2024, 0) };
const LIMITS = { seconds: 60, megabytes: 500 };

const started = await startShards(2);
const skip = started instanceof UnavailableError && started.message;
const shards = started as ClickHouseServer[];
const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

/** A new database on both shards, a writer of the first, and a reader. */
async function open() {
  const database = newDatabase();
  const access = shards.map(({ url }) => ({ urls: [url], database }));
  await Promise.all(access.map((one) => createTables(one, CLUSTER)));
  const writer = await openStoreWriter({ access: access[0]!, secret: 's', limits: LIMITS });
  const reader = await openStoreReader({ access: access[0]!, limits: LIMITS });
  closing.push(writer.close, reader.close);
  return { database, access, writer, reader };
}

function logged(collection: string, properties: object, token?: string, createdAt = NOW): LoggedEvent {
  const { json, ...event } = makeEvent(collection, { ...properties, keen: { uniqueness_token: token } }, createdAt);
  return { ...event, quoted: JSON.stringify(json) };
}

const recordOf = (seq: number, ...events: LoggedEvent[]): EventRecord => ({ seq, events, properties: [] });

/** The `n` of the stored events. */
async function stored(reader: StoreReader, collection = 'things'): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const chunk of reader.query(extractionOf(collection)))
    found.push(...chunk.map((text) => (JSON.parse(text) as { n: unknown }).n));
  return found;
}

const totalsOf = async (reader: StoreReader) =>
  (await reader.overview.collections(9)).largest.map(({ name, events, repeats }) => [name, events, repeats]);

const count = (filters: Filter[] = []) => ({
  ...parseAnalysis('count', { event_collection: 'things' }, { now: NOW, forcedFilters: [] }).query,
  filters,
});

/** The first value of the first row. */
async function answerOf(reader: StoreReader, query: Analysis, signal?: AbortSignal): Promise<unknown> {
  for await (const [row] of reader.query(query, signal)) return row!.values[0];
}

test('records that are stored again, in other groups too, count once', { skip }, async () => {
  const { writer, reader } = await open();
  const page = 'lw8f3k2a1-79228162514264337593543950335-00000000';
  const records = [
    recordOf(1, logged('things', { n: 1 }, `${page}1`), logged('things', { n: 2 }, 'b')),
    recordOf(2, logged('things', { n: 3 }, 'b'), logged('things', { n: 4 }, `${page}3`)),
    recordOf(3, logged('things', { n: 5 }, `${page}3`), logged('things', { n: 6 })),
  ];
  const expect = async () => {
    assert.deepEqual(await stored(reader), [1, 2, 4, 6]);
    assert.deepEqual(await totalsOf(reader), [['things', 4, 2]]);
    const [day] = await reader.overview.pages(0);
    assert.deepEqual([day!.pages, day!.received, day!.repeats, day!.missing], [1, 2, 1, 1]);
  };
  assert.deepEqual(await writer.record(LOG, records), { stored: 4, repeats: 2 });
  await expect();
  // After a crash between the writes and the offset.
  assert.deepEqual(await writer.record(LOG, records.slice(1)), { stored: 2, repeats: 2 });
  for (const record of records) await writer.record(LOG, [record]);
  await expect();
  await writer.advance({ ...LOG, seq: 3 });
  await writer.advance({ ...LOG, seq: 2 });
  assert.deepEqual(await reader.offsets(), [{ ...LOG, seq: 3 }]);
  assert.deepEqual(await writer.offsets(), [{ ...LOG, seq: 3 }]);
});

test('a token holds for 31 days of arrival, whenever the log is read', { skip }, async () => {
  const { writer, reader } = await open();
  const records = [0, 31 * DAY_MS - 1, 31 * DAY_MS, 31 * DAY_MS + 1].map((later, n) =>
    recordOf(n + 1, logged('things', { n }, 't', NOW + later)),
  );
  for (const again of [1, 2]) {
    for (const record of records) await writer.record(LOG, [record]);
    assert.deepEqual(await stored(reader), [0, 2], `${again}`);
  }
});

test('a log that was made anew continues after the old one', { skip }, async () => {
  const { writer, reader } = await open();
  const anew = { ...LOG, born: LOG.born + 60_000 };
  await writer.record(LOG, [recordOf(7, logged('things', { n: 1 }, 't'))]);
  await writer.advance({ ...LOG, seq: 7 });
  await writer.record(anew, [recordOf(1, logged('things', { n: 2 }, 't'), logged('things', { n: 3 }, 'u'))]);
  await writer.advance({ ...anew, seq: 1 });
  assert.deepEqual(await stored(reader), [1, 3]);
  assert.deepEqual(await writer.offsets(), [{ ...anew, seq: 1 }]);
});

test('a loader that comes late brings nothing back that was removed', { skip }, async () => {
  const { writer, reader, access } = await open();
  const records = [
    recordOf(1, logged('things', { n: 1, secret: 'x' }), logged('gone', { n: 2 })),
    recordOf(2, logged('things', { n: 3 }), logged('gone', { n: 4 })),
  ];
  await writer.record(LOG, records);
  const all = { filters: [], timeframe: undefined };
  await writer.remove({ ...LOG, seq: 3 }, { collection: 'gone', ...all });
  await writer.remove({ ...LOG, seq: 4 }, { collection: 'things', property: 'secret' });
  for (const late of [false, true]) {
    if (late) await writer.record(LOG, records);
    assert.deepEqual(await stored(reader, 'gone'), []);
    for await (const chunk of reader.query(extractionOf('things')))
      assert.deepEqual(
        chunk.map((text) => (JSON.parse(text) as object) && text.includes('secret')),
        [false, false],
      );
  }
  // An event after the removal stays.
  await writer.record(LOG, [recordOf(5, logged('gone', { n: 5 }))]);
  assert.deepEqual(await stored(reader, 'gone'), [5]);
  // The older rows, with what they held, are deleted; those of the late loader go with a merge.
  const client = await openClient(access[0]!);
  closing.push(client.close);
  await client.run(statement(() => 'OPTIMIZE TABLE events FINAL'));
  const [[left]] = (await client.readAll(
    statement(
      () => `SELECT countIf(event LIKE '%secret%' OR (collection = 'gone' AND event LIKE '%"n":4%')) FROM events`,
    ),
  )) as [[number]];
  assert.equal(left, 0);
});

test('a query over a limit says which', { skip }, async () => {
  const { writer, access } = await open();
  const many = Array.from({ length: 50_000 }, (_, n) => logged('things', { n, text: `${n} ${'x'.repeat(50)}` }));
  await writer.record(LOG, [recordOf(1, ...many)]);
  const query = parseAnalysis(
    'count_unique',
    { event_collection: 'things', target_property: 'text' },
    { now: NOW, forcedFilters: [] },
  ).query;
  const ask = async (limits: typeof LIMITS) => {
    const reader = await openStoreReader({ access: access[0]!, limits });
    closing.push(reader.close);
    return answerOf(reader, query);
  };
  assert.equal(await ask(LIMITS), 50_000);
  await assert.rejects(ask({ seconds: 60, megabytes: 1 }), { code: 'QueryTooLargeError', message: /1 MB/ });
  await assert.rejects(ask({ seconds: 0.001, megabytes: 500 }), { code: 'QueryTimeoutError' });
});

test('an invalid regular expression is the client’s error', { skip }, async () => {
  const { writer, reader } = await open();
  await writer.record(LOG, [recordOf(1, logged('things', { text: 'x' }))]);
  const filter = { property: 'text', operator: 'regex', operand: '(' } as const;
  await assert.rejects(answerOf(reader, count([filter])), { code: 'InvalidParameterError' });
});

test('an aborted query ends on the servers too', { skip }, async () => {
  const { reader, writer, access } = await open();
  const client = await openClient(access[0]!);
  closing.push(client.close);
  const controller = new AbortController();
  const slow = client.readAll(
    statement(() => 'SELECT count() FROM numbers(1e12) WHERE NOT ignore(cityHash64(number)) /* slow */'),
    { signal: controller.signal, settings: { readonly: '2', cancel_http_readonly_queries_on_client_close: 1 } },
  );
  const running = async () => {
    const rows = await client.readAll(
      statement(
        () =>
          `SELECT count() FROM system.processes WHERE query LIKE '%numbers(1e12)%' AND query NOT LIKE '%processes%'`,
      ),
    );
    return rows[0]![0];
  };
  while (!(await running())) await sleep(20);
  controller.abort();
  await assert.rejects(slow);
  while (await running()) await sleep(20);

  // One whose answer is being read, and one that has not begun.
  await writer.record(LOG, [recordOf(1, ...Array.from({ length: 20_000 }, (_, n) => logged('things', { n })))]);
  const reading = new AbortController();
  const read = async () => {
    let events = 0;
    for await (const chunk of reader.query(extractionOf('things'), reading.signal)) {
      events += chunk.length;
      reading.abort();
    }
    return events;
  };
  await assert.rejects(read(), { code: 'ServiceUnavailableError' });
  const aborted = AbortSignal.abort();
  await assert.rejects(answerOf(reader, count(), aborted), { code: 'ServiceUnavailableError' });
});

test('a connection that is reset ends no server', { skip }, async () => {
  const { access } = await open();
  const client = await openClient(access[0]!);
  closing.push(client.close);
  const connections = async () => {
    const query = statement(() => `SELECT value FROM system.metrics WHERE metric = 'TCPConnection'`);
    return Number((await client.readAll(query))[0]![0]);
  };
  const before = await connections();
  for (let times = 0; times < 20; times++) {
    const socket = connect(shards[0]!.tcpPort, '127.0.0.1');
    await once(socket, 'connect');
    // The first byte of its protocol: the server waits for the next one.
    socket.write('\0');
    while ((await connections()) === before) await sleep(5);
    socket.resetAndDestroy();
    // Until its thread has dealt with it.
    while ((await connections()) > before) await sleep(5);
  }
});

test('a shard that cannot be reached is an error, and never a smaller number', { skip }, async () => {
  const { access, writer } = await open();
  const reader = await openStoreReader({
    access: { ...access[0]!, urls: ['http://127.0.0.1:1', ...access.map(({ urls: [url] }) => url!)] },
    limits: LIMITS,
  });
  const second = await openStoreWriter({ access: access[1]!, secret: 's', limits: LIMITS });
  closing.push(reader.close, second.close);
  await writer.record(LOG, [recordOf(1, logged('things', { n: 1 }))]);
  await second.record({ ...LOG, partition: 1 }, [recordOf(1, logged('things', { n: 2 }))]);
  const ask = () => answerOf(reader, count());
  assert.equal(await ask(), 2, 'a server that does not answer is passed over');
  await shards[1]!.kill();
  await assert.rejects(ask(), { code: 'ServiceUnavailableError' });
  await assert.rejects(reader.overview.collections(9), { code: 'ServiceUnavailableError' });
  await shards[0]!.kill();
  await assert.rejects(ask(), { code: 'ServiceUnavailableError', message: /cannot be reached/ });
});
