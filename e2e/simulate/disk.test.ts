// The simulated disk and fake-indexeddb must give the same answers to the same calls, in the same order.
import assert from 'node:assert/strict';
import test from 'node:test';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { createRandom, type Random } from '../../scripts/testing/random.ts';
import { createDisk } from './disk.ts';
import type { Client } from './disk-model.ts';
import { createIndexedDb } from './indexed-db.ts';
import { KeyRange } from './key-range.ts';
import { createScheduler } from './scheduler.ts';

const SEEDS = 400;
const NAME = 'contract';
const KEYS = ['a', 'b', 'c', 'd', 'zz', '', 0, 5, -1, new Date(0), new Date(5)];
const NO_KEYS = [null, undefined, NaN];

/** Answers that the comparison must include at least once. */
const REQUIRED = [
  ...['put', 'delete', 'getAll', 'getAllKeys', 'count'].flatMap((kind) => [
    kind,
    `${kind} fails with AbortError`,
    `${kind} throws DataError`,
  ]),
  ...['complete ', 'aborted ', 'upgrade', 'open', 'versionchange', 'deleted'],
  ...['commit', 'abort', 'the end'].map((what) => `put after ${what} throws TransactionInactiveError`),
  ...['commit', 'abort'].flatMap((what) => [
    `commit after ${what} throws InvalidStateError`,
    `abort after ${what} throws InvalidStateError`,
  ]),
  'transaction after close throws InvalidStateError',
  'no such store throws NotFoundError',
];

interface Api {
  indexedDB: any;
  KeyRange: any;
}

const show = (value: unknown) => JSON.stringify(value) ?? 'undefined';

/** The call's result; undefined if it throws. */
function attempt(seen: string[], what: string, call: () => any): any {
  try {
    return call();
  } catch (error) {
    seen.push(`${what} throws ${(error as Error).name}`);
  }
}

/** Uses a database at random; returns all answers. */
async function play({ indexedDB, KeyRange }: Api, seed: number): Promise<string[]> {
  const random = createRandom(seed, 'contract');
  const seen: string[] = [];

  const range = (random: Random) => {
    const [a, b] = [random.pick(KEYS), random.pick(KEYS)];
    const [openA, openB] = [random.chance(0.5), random.chance(0.5)];
    const kind = random.pick(['bound', 'lower', 'upper', 'only', 'key', 'nothing', 'no key']);
    if (kind === 'bound') return KeyRange.bound(a, b, openA, openB);
    if (kind === 'lower') return KeyRange.lowerBound(a, openA);
    if (kind === 'upper') return KeyRange.upperBound(a, openA);
    if (kind === 'only') return KeyRange.only(a);
    if (kind === 'key') return a;
    return kind === 'nothing' ? undefined : random.pick(NO_KEYS);
  };

  const request = (store: any, random: Random, said: string[], value: string): any => {
    const kind = random.weighted({ put: 8, delete: 3, getAll: 2, getAllKeys: 2, count: 2 });
    const limit = random.int(4);
    const made = attempt(said, kind, () => {
      if (kind === 'put')
        return store.put(
          { value, list: ['text', null] },
          random.chance(0.05) ? random.pick(NO_KEYS) : random.pick(KEYS),
        );
      return kind === 'getAll' || kind === 'getAllKeys'
        ? store[kind](range(random), limit)
        : store[kind](range(random));
    });
    if (!made) return;
    made.onsuccess = () => said.push(`${kind} → ${show(made.result)}`);
    made.onerror = () => said.push(`${kind} fails with ${made.error.name}`);
    return made;
  };

  /**
   * A transaction: some requests, more after their answers, and an end. Resolves with its answers once it has ended.
   * The order of the answers to two concurrent transactions is not compared.
   */
  const transact = (db: any, label: string): Promise<string[]> =>
    new Promise((ended) => {
      const random = createRandom(seed, label);
      const said = [label];
      const transaction = db.transaction(NAME, 'readwrite');
      const store = transaction.objectStore(NAME);
      const end = (how: string) => () => {
        said.push(`${how} ${transaction.error?.name ?? ''}`);
        attempt(said, 'put after the end', () => store.put(1, 'late'));
        ended(said);
      };
      transaction.oncomplete = end('complete');
      transaction.onabort = end('aborted');
      const finish = (how: 'commit' | 'abort') => {
        attempt(said, how, () => transaction[how]());
        attempt(said, `put after ${how}`, () => store.put(1, 'late'));
        attempt(said, `commit after ${how}`, () => transaction.commit());
        attempt(said, `abort after ${how}`, () => transaction.abort());
      };
      const round = (left: number) => {
        const last = Array.from({ length: random.int(5) }, (_, n) =>
          request(store, random, said, `${label}/${left}/${n}`),
        ).findLast(Boolean);
        if (left && last) {
          const tell = last.onsuccess;
          last.onsuccess = () => {
            tell();
            round(left - 1);
          };
          return;
        }
        const how = random.weighted({ commit: 4, abort: 2, leave: 3 });
        if (how !== 'leave') finish(how);
      };
      round(random.int(3));
    });

  const settled = (what: string, asked: any): Promise<any> =>
    new Promise((resolve, reject) => {
      asked.onsuccess = () => {
        seen.push(what);
        resolve(asked.result);
      };
      asked.onerror = () => reject(asked.error);
    });

  const open = () => {
    const asked = indexedDB.open(NAME);
    asked.onupgradeneeded = () => {
      seen.push('upgrade');
      asked.result.createObjectStore(NAME);
    };
    return settled('open', asked);
  };

  let db = await open();
  for (let n = 0; n < 12; n++) {
    const does = random.weighted({ one: 6, two: 4, 'other connection': 2, 'close early': 1, delete: 1 });
    if (does === 'one') seen.push(...(await transact(db, `T${n}`)));
    else if (does === 'two') seen.push(...(await Promise.all([transact(db, `T${n}a`), transact(db, `T${n}b`)])).flat());
    else if (does === 'other connection') {
      const other = await open();
      seen.push(...(await Promise.all([transact(db, `T${n}`), transact(other, `T${n}, another connection`)])).flat());
      other.close();
    } else {
      const running = transact(db, `T${n}, the last one`);
      if (does === 'close early') db.close();
      seen.push(...(await running));
      if (does === 'delete') {
        // Only now, because fake-indexeddb does not wait for the transactions of a closing connection, as the standard
        // demands.
        db.onversionchange = () => {
          seen.push('versionchange');
          db.close();
        };
        await settled('deleted', indexedDB.deleteDatabase(NAME));
      }
      attempt(seen, 'transaction after close', () => db.transaction(NAME, 'readwrite'));
      db = await open();
    }
  }
  attempt(seen, 'no such store', () => db.transaction('other', 'readwrite'));
  return seen;
}

const onFake = (seed: number) => play({ indexedDB: new IDBFactory(), KeyRange: IDBKeyRange }, seed);

async function onDisk(seed: number): Promise<string[]> {
  const scheduler = createScheduler();
  const client: Client = { alive: true, task: (ms, run) => void scheduler.after(ms, run), evict: () => false };
  const disk = createDisk(scheduler, createRandom(seed, 'disk'));
  let seen: string[] | undefined;
  let failed: unknown;
  scheduler.after(0, () => {
    play({ indexedDB: createIndexedDb(disk, client), KeyRange }, seed).then(
      (all) => (seen = all),
      (error) => (failed = error),
    );
  });
  await scheduler.runUntil(Infinity, 100_000, (thrown) => {
    failed ??= thrown;
    disk.settle();
    return !failed;
  });
  if (failed) throw failed;
  assert.ok(seen, `seed ${seed}: the disk stopped answering`);
  return seen;
}

test(`the simulated disk answers like fake-indexeddb, for ${SEEDS} seeds`, async () => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) {
    const [ours, theirs] = [await onDisk(seed), await onFake(seed)];
    assert.deepEqual(ours, theirs, `seed ${seed}`);
    for (const line of ours) kinds.add(line.replace(/ → .*/, ''));
  }
  const rare = REQUIRED.filter((kind) => !kinds.has(kind));
  assert.deepEqual(rare, [], `these never happened; these did: ${[...kinds].join('; ')}`);
});
