import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Place } from './position.ts';
import { createReplicas, type Replica } from './replicas.ts';
import type { StoreReader } from './store.ts';

const BORN = 7;
const places = (...seqs: number[]) => seqs.map((seq) => ({ born: BORN, seq }));
const stored = (...seqs: number[]): Place[] => seqs.map((seq, partition) => ({ partition, born: BORN, seq }));

/** Two shards with two replicas each; partitions 0 and 2 are of the first. A replica without offsets is down. */
function fourReplicas(offsets: Record<string, Place[] | undefined>) {
  const replica = (url: string): Replica => ({
    url,
    async offsets() {
      const own = offsets[url];
      if (!own) throw new Error('connection refused');
      return own;
    },
    close: async () => undefined,
  });
  const opened: string[] = [];
  const replicas = createReplicas({
    shards: [
      [replica('a1'), replica('a2')],
      [replica('b1'), replica('b2')],
    ],
    partitionsOf: (shard) => (shard ? [1] : [0, 2]),
    async openReader(urls) {
      opened.push(urls.join());
      return { urls, close: async () => undefined } as unknown as StoreReader;
    },
  });
  const upTo = async (seqs: number[], timeoutMs = 0) =>
    ((await replicas.upTo(places(...seqs), timeoutMs)) as unknown as { urls: string[] }).urls.join();
  return { upTo, opened };
}

test('of each shard a replica is asked that has everything, and never one that lags or is down', async () => {
  const { upTo } = fourReplicas({ a1: stored(5, 0, 4), a2: stored(5, 0, 5), b1: undefined, b2: stored(0, 9) });
  for (let tries = 0; tries < 20; tries++) assert.equal(await upTo([5, 9, 5]), 'a2,b2');
});

test('an answer waits for the store, and no longer than it may', async () => {
  const offsets = { a1: stored(5, 0, 4), a2: undefined, b1: stored(0, 9), b2: stored(0, 8) };
  const { upTo } = fourReplicas(offsets);
  await assert.rejects(upTo([5, 9, 6]), /2 records behind/);
  const waiting = upTo([5, 9, 6], 60_000);
  setTimeout(() => (offsets.a1 = stored(5, 0, 6)), 30);
  assert.equal(await waiting, 'a1,b1');
});

test('a shard without a replica is an error, also if the other shards have everything', async () => {
  const { upTo } = fourReplicas({ a1: undefined, a2: undefined, b1: stored(0, 9), b2: stored(0, 9) });
  await assert.rejects(upTo([0, 9, 0]), { code: 'ServiceUnavailableError', message: /cannot be reached/ });
  await assert.rejects(upTo([]), /cannot be reached/);
});

test('offsets of a log that was made anew count as none', async () => {
  const old = [{ partition: 0, born: BORN - 1, seq: 100 }];
  const { upTo } = fourReplicas({ a1: old, a2: old, b1: stored(0, 9), b2: stored(0, 9) });
  await assert.rejects(upTo([3, 0, 0]), /3 records behind/);
});

test('a reader is opened once for each choice', async () => {
  const { upTo, opened } = fourReplicas({ a1: stored(5), a2: undefined, b1: stored(0, 9), b2: undefined });
  for (let tries = 0; tries < 3; tries++) await upTo([5, 9]);
  assert.deepEqual(opened, ['a1,b1']);
});
