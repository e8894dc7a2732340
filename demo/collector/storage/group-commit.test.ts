import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGroupCommit } from './group-commit.ts';

/** A commit that ends when the test ends it; `groups` holds the items of each call. */
function manualCommit() {
  const groups: number[][] = [];
  const ends: { resolve(): void; reject(error: Error): void }[] = [];
  const commit = (items: number[]) =>
    new Promise<void>((resolve, reject) => {
      groups.push(items);
      ends.push({ resolve, reject });
    });
  return { groups, ends, commit };
}

const one = () => 1;

/** Resolves after all pending promise callbacks have run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('requests that arrive during a commit share the next one', async () => {
  const { groups, ends, commit } = manualCommit();
  const group = createGroupCommit(commit, one, 100);
  const first = group.add([1]);
  const second = group.add([2, 3]);
  const third = group.add([4]);
  assert.deepEqual(groups, [[1]]);
  ends[0]!.resolve();
  await first;
  await settle();
  assert.deepEqual(groups, [[1], [2, 3, 4]]);
  ends[1]!.resolve();
  await Promise.all([second, third]);
});

test('a request resolves only after its commit', async () => {
  const { ends, commit } = manualCommit();
  const group = createGroupCommit(commit, one, 100);
  let answered = false;
  const adding = group.add([1]).then(() => (answered = true));
  await settle();
  assert.equal(answered, false);
  ends[0]!.resolve();
  await adding;
});

test('a group at its maximum weight takes no further request, whatever the number of items', async () => {
  const { groups, ends, commit } = manualCommit();
  const group = createGroupCommit(commit, (item) => item, 9);
  for (const items of [[1], [2, 3], [5], [9], [1]]) void group.add(items);
  assert.equal(group.waitingWeight(), 20);
  for (let index = 0; index < 4; index++) {
    ends[index]!.resolve();
    await settle();
  }
  assert.deepEqual(groups, [[1], [2, 3, 5], [9], [1]]);
  assert.equal(group.waitingWeight(), 0);
});

test('a rejected request does not fail the others of its group', async () => {
  const tried: number[][] = [];
  const group = createGroupCommit(
    async (items: number[]) => {
      tried.push(items);
      if (items.includes(666)) throw new Error('poison');
    },
    one,
    100,
  );
  const outcomes = await Promise.allSettled([group.add([1]), group.add([2]), group.add([666]), group.add([3])]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(tried, [[1], [2, 666, 3], [2], [666], [3]]);
  await group.add([4]);
});

test('if every commit fails, a long queue is not tried request by request', async () => {
  let tried = 0;
  let full = true;
  const group = createGroupCommit(
    async () => {
      tried++;
      if (full) throw new Error('disk full');
    },
    one,
    100,
  );
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, item) => group.add([item])));
  assert.ok(outcomes.every(({ status }) => status === 'rejected'));
  assert.ok(tried < 10, `${tried} attempts`);
  full = false;
  await group.add([4]);
});

test('idle waits for all requests', async () => {
  const { ends, commit } = manualCommit();
  const group = createGroupCommit(commit, one, 100);
  void group.add([1]);
  void group.add([2]);
  let idle = false;
  const waiting = group.idle().then(() => (idle = true));
  ends[0]!.resolve();
  await settle();
  assert.equal(idle, false);
  ends[1]!.resolve();
  await waiting;
});
