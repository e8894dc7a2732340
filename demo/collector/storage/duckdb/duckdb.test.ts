import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import { hashKey, KEY_CLASSES } from '../../model/key.ts';
import { type KeyEntry, makeAccessKey, makeEntry } from '../../model/key-entry.ts';
import { extractionOf } from '../../testing/extraction.ts';
import { failingProcess } from '../../testing/process.ts';
import { openStorage } from '../../testing/storage.ts';

const START = Date.parse('2024-05-15T12:00:00Z');

/** A database, and a clock that stands still until the test sets it. */
async function open(t: TestContext, file?: string, now = START) {
  const opened = await openStorage(t, now, file);
  const { storage } = opened;
  const texts = async (collection: string, latest?: number) => {
    const events: string[] = [];
    for await (const chunk of storage.query(extractionOf(collection, latest))) events.push(...chunk);
    return events.map((text) => JSON.parse(text) as { n: number });
  };
  const count = async (collection: string) => {
    const measures = [{ metric: 'count' as const, filters: [] }];
    const counting = {
      type: 'analysis' as const,
      collection,
      filters: [],
      timeframe: undefined,
      measures,
      groupBy: [],
      slices: undefined,
      order: [],
      limit: undefined,
    };
    for await (const [row] of storage.query(counting)) return row!.values[0];
  };
  return { ...opened, texts, count };
}

test('an extraction returns events unchanged, in order of arrival', async (t) => {
  const { storage, event, texts } = await open(t);
  const odd = {
    n: 0,
    text: 'ü😀"\\\n\u0000',
    list: [1, null, 'x'],
    deep: { a: { b: -1.5e-7 } },
    big: 9_007_199_254_740_991,
    no: false,
  };
  await storage.append([event('a', odd), event('b', { n: 9 })]);
  await storage.append([event('a', { n: 1 }), event('a', { n: 2 })]);
  const [first, ...rest] = await texts('a');
  assert.deepEqual({ ...first, keen: 0 }, { ...odd, keen: 0 });
  assert.deepEqual(
    rest.map(({ n }) => n),
    [1, 2],
  );
  assert.deepEqual(
    (await texts('a', 2)).map(({ n }) => n),
    [2, 1],
  );
});

test('an extraction of many events keeps their order', async (t) => {
  const { storage, event, texts } = await open(t);
  const events = Array.from({ length: 10_000 }, (_, n) => event('a', { n }));
  await storage.append(events);
  assert.deepEqual(
    (await texts('a')).map(({ n }) => n),
    events.map((_, n) => n),
  );
});

test('an aborted extraction frees its place for the next', async (t) => {
  const { storage, event, texts } = await open(t);
  await storage.append(Array.from({ length: 5_000 }, (_, n) => event('a', { n })));
  for (let i = 0; i < 5; i++) {
    for await (const chunk of storage.query(extractionOf('a'))) {
      assert.ok(chunk.length);
      break;
    }
  }
  assert.equal((await texts('a')).length, 5_000);
});

test('a collection stores the first of several events with one token', async (t) => {
  const { storage, event, texts, count } = await open(t);
  await storage.append([event('a', { n: 1 }, 't'), event('a', { n: 2 }, 't'), event('b', { n: 3 }, 't')]);
  await storage.append([event('a', { n: 4 }, 't'), event('a', { n: 5 }, 'u')]);
  assert.deepEqual(
    (await texts('a')).map(({ n }) => n),
    [1, 5],
  );
  assert.equal(await count('b'), 1);
  // Events without a token are never repeats.
  await storage.append([event('a', { n: 6 }), event('a', { n: 6 })]);
  const a = { name: 'a', events: 4, repeats: 2, latest: START };
  const b = { name: 'b', events: 1, repeats: 0, latest: START };
  assert.deepEqual(await storage.overview.collections(2), {
    largest: [a, b],
    others: { collections: 0, events: 0, repeats: 0 },
    misdated: { future: 0, past: 0 },
  });
  assert.deepEqual(await storage.overview.collections(1), {
    largest: [a],
    others: { collections: 1, events: 1, repeats: 0 },
    misdated: { future: 0, past: 0 },
  });
});

test('a token can be any text, and different tokens do not collide', async (t) => {
  const { send, event } = await open(t);
  const odd = ['x\0y', 'x\0', 'x\ny', 'x', '"\\"', ' ', 'ü😀'];
  const append = () => send(...odd.map((token) => event('a', { n: 1 }, token)));
  assert.equal(await append(), odd.length);
  assert.equal(await append(), 0);
});

test('simultaneous requests with one token store one event', async (t) => {
  const { storage, event, count } = await open(t);
  await Promise.all(Array.from({ length: 50 }, (_, n) => storage.append([event('a', { n }, 'same')])));
  assert.equal(await count('a'), 1);
  assert.equal((await storage.overview.collections(1)).largest[0]!.repeats, 49);
});

test('a token deduplicates for 31 days, also after a restart', async (t) => {
  const first = await open(t);
  await first.storage.append([first.event('a', { n: 1 }, 't')]);
  await first.close();

  const { send, clock, event } = await open(t, first.file);
  clock.now = START + 31 * DAY_MS - 1;
  assert.equal(await send(event('a', { n: 2 }, 't')), 0);
  clock.now = START + 31 * DAY_MS;
  assert.equal(await send(event('a', { n: 3 }, 't')), 1);
});

test('a fingerprint in memory alone does not make a repeat: the database decides', async (t) => {
  const first = await open(t);
  await first.storage.append([first.event('a', { n: 1 }, 't')]);
  await first.close();
  // The filter loads the token before it expires, and still has it afterwards.
  const { send, clock, event } = await open(t, first.file, START + 30.5 * DAY_MS);
  clock.now = START + 31 * DAY_MS;
  assert.equal(await send(event('a', { n: 2 }, 't')), 1);
});

test('the schema survives a restart, and a later type replaces null', async (t) => {
  const first = await open(t);
  await first.storage.append([first.event('a', { n: null, x: { y: 'z' } })]);
  await first.storage.append([first.event('a', { n: 1, x: { y: 2 } })]);
  const expected = {
    'keen.created_at': 'datetime',
    'keen.id': 'string',
    'keen.timestamp': 'datetime',
    'keen.uniqueness_token': 'null',
    n: 'num',
    'x.y': 'string',
  };
  const sorted = (types: ReadonlyMap<string, string>) =>
    Object.fromEntries([...types].sort(([a], [b]) => (a < b ? -1 : 1)));
  assert.deepEqual(sorted(first.storage.schema().get('a')!), expected);
  await first.close();
  const { storage } = await open(t, first.file);
  assert.deepEqual(sorted(storage.schema().get('a')!), expected);
});

test('project id and keys are stored, replaced and removed', async (t) => {
  const first = await open(t);
  assert.deepEqual(await first.storage.keys.read(), { keys: [] });
  const [write, read, gone] = (['write', 'read', 'read'] as const).map((of, n) =>
    makeEntry(hashKey(`${n}`), of, START + n, `name "${n}"`),
  ) as [KeyEntry, KeyEntry, KeyEntry];
  const { entry: access } = makeAccessKey(
    {
      name: 'ü',
      active: false,
      permitted: ['queries', 'writes'],
      options: { writes: { autofill: { a: [1, { b: '"' }] } } },
    },
    START + 9,
  );
  await first.storage.keys.write({ projectId: 'p', put: [access, write, read, gone] });
  await first.storage.keys.write({
    projectId: 'q',
    put: [{ ...read, active: false, name: 'other' }],
    remove: [gone.id],
  });
  await first.close();
  const { storage } = await open(t, first.file);
  assert.deepEqual(await storage.keys.read(), {
    projectId: 'q',
    keys: [write, { ...read, active: false, name: 'other' }, access],
  });
});

test('a change of keys that the database rejects has no effect', async (t) => {
  const { storage } = await open(t);
  const entry = makeEntry(hashKey('x'), 'write', START);
  const broken = { ...makeEntry(hashKey('y'), 'read', START), name: null as unknown as string };
  await assert.rejects(storage.keys.write({ projectId: 'p', put: [entry, broken] }), /NOT NULL/);
  assert.deepEqual(await storage.keys.read(), { keys: [] });
  await storage.keys.write({ projectId: 'p', put: [entry] });
  assert.deepEqual(await storage.keys.read(), { projectId: 'p', keys: [entry] });
});

test('keys and refusals of a database of 0.1.0 are migrated', async (t) => {
  const first = await open(t);
  await first.close();
  const database = await DuckDBInstance.create(first.file);
  const connection = await database.connect();
  await connection.run('CREATE TABLE keys (class VARCHAR PRIMARY KEY, sha256 BLOB NOT NULL)');
  for (const of of KEY_CLASSES)
    await connection.run('INSERT INTO keys VALUES ($1, unhex($2))', [of, hashKey(`old ${of}`).toString('hex')]);
  await connection.run(
    'CREATE TABLE refusals (refused_at TIMESTAMP, method VARCHAR, route VARCHAR, status USMALLINT, key VARCHAR, origin VARCHAR, reason VARCHAR)',
  );
  for (const n of [2, 1])
    await connection.run(
      `INSERT INTO refusals VALUES (make_timestamp_ms($1::BIGINT), 'POST', '/r', 401, 'read', 'https://shop.example', $2)`,
      [BigInt(START + n), `E: ${n}`],
    );
  connection.closeSync();
  database.closeSync();
  for (let start = 0; start < 2; start++) {
    const { storage, close } = await open(t, first.file);
    const { keys } = await storage.keys.read();
    assert.deepEqual(keys.map(({ class: of }) => of).sort(), [...KEY_CLASSES].sort());
    for (const entry of keys) assert.deepEqual([entry.sha256, entry.active], [hashKey(`old ${entry.class}`), true]);
    const moved = {
      method: 'POST',
      route: '/r',
      status: 401,
      key: 'read',
      keyId: '',
      origin: 'https://shop.example',
      times: 1,
    };
    assert.deepEqual(
      (await storage.refusals.report(9)).newest,
      [2, 1].map((n) => ({ ...moved, id: n, at: START + n, reason: `E: ${n}` })),
    );
    await close();
  }
});

test('arrivals are counted in buckets of time', async (t) => {
  const { storage, clock, event } = await open(t);
  const at = async (offset: number, collection: string) => {
    clock.now = START + offset;
    await storage.append([event(collection, { n: 1 })]);
  };
  await at(-1, 'a');
  await at(0, 'a');
  await at(59_999, 'a');
  await at(60_000, 'b');
  assert.deepEqual(await storage.overview.arrivals(START, 60_000, ['a', 'b']), [
    { at: START, collection: 'a', events: 2 },
    { at: START + 60_000, collection: 'b', events: 1 },
  ]);
  await at(60_001, 'c');
  const others = [
    { at: START, collection: 'a', events: 2 },
    { at: START + 60_000, collection: null, events: 2 },
  ];
  assert.deepEqual(await storage.overview.arrivals(START, 60_000, ['a']), others);
});

test('a second process cannot open the file', async (t) => {
  const { file } = await open(t);
  // A real second process, because within one process DuckDB would share the file.
  const { code, stderr } = await failingProcess({ DATA: file });
  assert.equal(code, 1);
  assert.match(stderr, /lock/);
});
