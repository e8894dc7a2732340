import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notFound, unavailable } from '../../model/errors.ts';
import { makeEvent } from '../../testing/event.ts';
import { type Refused, startLoader } from './loader.ts';
import { type Log, LogExpiredError, type LogRecord } from './log.ts';
import type { Place } from './position.ts';
import { encodeEntry, encodeEvent, encodeEvents } from './record.ts';
import type { EventRecord, StoreWriter } from './store.ts';

const BORN = 1_000;
const record = (...names: string[]): Uint8Array =>
  encodeEvents(
    names.map((name) => encodeEvent(makeEvent(name, { x: 1, keen: { uniqueness_token: name } }, 0))),
    [],
  );
const removal = (collection: string) =>
  encodeEntry({ kind: 'removal', target: { collection, filters: [], timeframe: undefined } });

/** One partition with these records, which a reader gets one by one. */
function memoryLog(records: Uint8Array[], first = 1): Log {
  return {
    partitions: 1,
    maxRecordBytes: 1_000,
    append: async (_, bytes) => records.push(bytes),
    heads: async () => [{ born: BORN, seq: records.length }],
    async *read(_, from, signal): AsyncGenerator<LogRecord[]> {
      if (from < first) throw new LogExpiredError('gone');
      for (let seq = from; seq <= records.length; seq++) yield [{ seq, bytes: records[seq - 1]! }];
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
}

/** Notes what a loader does. `fail` is asked before each record is stored. */
function memoryStore(offsets: Place[] = [], fail: (records: EventRecord[]) => Error | undefined = () => undefined) {
  const calls: string[] = [];
  let reached: (() => void) | undefined;
  let wanted = 0;
  const writer: StoreWriter = {
    offsets: async () => offsets,
    async record(_, records) {
      const error = fail(records);
      if (error) throw error;
      for (const { seq, events } of records) calls.push(`${seq}: ${events.map(({ token }) => token).join()}`);
      return { stored: 0, repeats: 0 };
    },
    async remove({ seq }, { collection }) {
      if (collection === 'bad') throw notFound('bad');
      calls.push(`${seq}: remove ${collection}`);
    },
    addRefusals: async ({ seq }) => void calls.push(`${seq}: refusals`),
    async advance({ partition, born, seq }) {
      offsets.splice(0, offsets.length, { partition, born, seq });
      if (seq >= wanted) reached?.();
    },
    close: async () => undefined,
  };
  const until = (seq: number) => {
    wanted = seq;
    return new Promise<void>((resolve) => (reached = resolve));
  };
  return { writer, calls, offsets, until };
}

async function load(log: Log, store: ReturnType<typeof memoryStore>, last: number) {
  const refused: Refused[] = [];
  const troubles: Error[] = [];
  const done = store.until(last);
  const loader = startLoader({
    log,
    writer: store.writer,
    partitions: [0],
    refuse: async (one) => void refused.push(one),
    onTrouble: (error) => troubles.push(error),
  });
  await done;
  await loader.stop();
  return { refused, troubles };
}

test('records are stored in order, and a removal waits for those before it', async () => {
  const store = memoryStore();
  const log = memoryLog([
    record('a'),
    record('b', 'c'),
    removal('x'),
    encodeEntry({ kind: 'refusals', refusals: [] }),
    record('d'),
  ]);
  await load(log, store, 5);
  assert.deepEqual(store.calls, ['1: a', '2: b,c', '3: remove x', '4: refusals', '5: d']);
  assert.deepEqual(store.offsets, [{ partition: 0, born: BORN, seq: 5 }]);
});

test('a loader begins after the offset of its own store', async () => {
  const store = memoryStore([{ partition: 0, born: BORN, seq: 2 }]);
  await load(memoryLog([record('a'), record('b'), record('c')]), store, 3);
  assert.deepEqual(store.calls, ['3: c']);
});

test('an offset of a log that was made anew does not count', async () => {
  const store = memoryStore([{ partition: 0, born: BORN - 1, seq: 2 }]);
  await load(memoryLog([record('a'), record('b')]), store, 2);
  assert.deepEqual(store.calls, ['1: a', '2: b']);
});

test('a store that fails gets the same records again, and nothing is passed over', async () => {
  let failures = 3;
  const store = memoryStore([], () => (failures-- > 0 ? unavailable('not now') : undefined));
  const { troubles, refused } = await load(memoryLog([record('a'), record('b')]), store, 2);
  assert.deepEqual(store.calls, ['1: a', '2: b']);
  assert.equal(troubles.length, 3);
  assert.deepEqual(refused, []);
});

test('an event that the store does not take is kept elsewhere, and all others are stored', async () => {
  const store = memoryStore([], (records) =>
    records.some(({ events }) => events.some(({ token }) => token === 'poison'))
      ? Object.assign(new Error('Cannot parse\nvalue'), { code: '27' })
      : undefined,
  );
  const { refused } = await load(memoryLog([record('a', 'b', 'poison', 'c'), record('d')]), store, 2);
  // The last store of a record is the one that counts.
  assert.deepEqual(store.calls.slice(-2), ['1: a,b,c', '2: d']);
  assert.deepEqual(
    refused.map(({ seq, reason, event }) => [seq, reason, event?.token]),
    [[1, 'Cannot parse', 'poison']],
  );
});

test('a record that is none and a removal that cannot be do not stop the loader', async () => {
  const store = memoryStore();
  const { refused } = await load(memoryLog([new Uint8Array([1, 2]), removal('bad'), record('a')]), store, 3);
  assert.deepEqual(store.calls, ['3: a']);
  assert.deepEqual(
    refused.map(({ seq }) => seq),
    [1, 2],
  );
});

test('a log that has dropped records which the store needs is an error', async () => {
  const loader = startLoader({
    log: memoryLog([record('a'), record('b')], 2),
    writer: memoryStore().writer,
    partitions: [0],
    refuse: async () => undefined,
    onTrouble: () => undefined,
  });
  assert.ok((await loader.failed) instanceof LogExpiredError);
  await loader.stop();
});
