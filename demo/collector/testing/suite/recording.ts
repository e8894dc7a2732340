import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DAY_MS } from '../../model/durations.ts';
import { hashKey } from '../../model/key.ts';
import { type KeyEntry, makeAccessKey, makeEntry } from '../../model/key-entry.ts';
import type { Engine } from '../engines.ts';
import { extractionOf } from '../extraction.ts';
import { openStorage } from '../storage.ts';

const START = Date.parse('2024-05-15T12:00:00Z');

/** Recording, repeats, the schema and keys. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of tests
export function recordingSuite(engine: Engine): void {
  const { skip } = engine;
  const title = (text: string) => `${engine.name}: ${text}`;

  /** A database, and a clock that stands still until the test sets it. */
  async function open(t: TestContext, place?: string, now = START) {
    const opened = await openStorage(t, now, place, engine);
    const { storage } = opened;
    const texts = async (collection: string, latest?: number) => {
      const events: string[] = [];
      for await (const chunk of storage.query(extractionOf(collection, latest))) events.push(...chunk);
      return events.map((text) => JSON.parse(text) as { n: number });
    };
    const count = async (collection: string) => {
      const measures = [{ metric: 'count' as const, filters: [] }];
      const rest = { groupBy: [], slices: undefined, order: [], limit: undefined };
      const selection = { collection, filters: [], timeframe: undefined };
      for await (const [row] of storage.query({ type: 'analysis', ...selection, measures, ...rest }))
        return row!.values[0];
    };
    return { ...opened, texts, count };
  }

  test(title('an extraction returns events unchanged, in order of arrival'), { skip }, async (t) => {
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

  test(title('an extraction of many events keeps their order'), { skip }, async (t) => {
    const { storage, event, texts } = await open(t);
    const events = Array.from({ length: 10_000 }, (_, n) => event('a', { n }));
    await storage.append(events);
    assert.deepEqual(
      (await texts('a')).map(({ n }) => n),
      events.map((_, n) => n),
    );
  });

  test(title('an aborted extraction frees its place for the next'), { skip }, async (t) => {
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

  test(title('a collection stores the first of several events with one token'), { skip }, async (t) => {
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

  test(title('a token can be any text, and different tokens do not collide'), { skip }, async (t) => {
    const { send, event } = await open(t);
    const odd = ['x\0y', 'x\0', 'x\ny', 'x', '"\\"', ' ', 'ü😀'];
    const append = () => send(...odd.map((token) => event('a', { n: 1 }, token)));
    assert.equal(await append(), odd.length);
    assert.equal(await append(), 0);
  });

  test(title('simultaneous requests with one token store one event'), { skip }, async (t) => {
    const { storage, event, count } = await open(t);
    await Promise.all(Array.from({ length: 50 }, (_, n) => storage.append([event('a', { n }, 'same')])));
    assert.equal(await count('a'), 1);
    assert.equal((await storage.overview.collections(1)).largest[0]!.repeats, 49);
  });

  test(title('a token deduplicates for 31 days, also after a restart'), { skip }, async (t) => {
    const first = await open(t);
    await first.storage.append([first.event('a', { n: 1 }, 't')]);
    await first.close();

    const { send, clock, event } = await open(t, first.file);
    clock.now = START + 31 * DAY_MS - 1;
    assert.equal(await send(event('a', { n: 2 }, 't')), 0);
    clock.now = START + 31 * DAY_MS;
    assert.equal(await send(event('a', { n: 3 }, 't')), 1);
  });

  test(title('the schema survives a restart, and a later type replaces null'), { skip }, async (t) => {
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

  test(title('project id and keys are stored, replaced, removed and watched'), { skip }, async (t) => {
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
    const seen: KeyEntry[][] = [];
    const stop = first.storage.keys.watch((keys) => seen.push(keys));
    await first.storage.keys.write({ put: [{ ...write, name: 'renamed' }] });
    assert.equal(seen.at(-1)!.find(({ id }) => id === write.id)!.name, 'renamed');
    stop();
    const before = seen.length;
    await first.storage.keys.write({ put: [write] });
    assert.equal(seen.length, before);
    await first.close();
    const { storage } = await open(t, first.file);
    assert.deepEqual(await storage.keys.read(), {
      projectId: 'q',
      keys: [write, { ...read, active: false, name: 'other' }, access],
    });
  });

  test(title('arrivals are counted in buckets of time'), { skip }, async (t) => {
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
}
