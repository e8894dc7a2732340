import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { beforeEach, type TestContext, test } from 'node:test';
import { createDelivery } from './delivery.ts';
import type { Entry } from './event.ts';
import { checkOptions } from './options.ts';
import { createOutbox } from './outbox.ts';
import {
  accept,
  failNetwork,
  inOrder,
  type Reply,
  restoreKeepalive,
  type SentRequest,
  stubFetch,
} from './testing/collector.ts';
import { changeRecords, makeEntry, readRecords } from './testing/entries.ts';
import { createDeferred, page, stopClock, until } from './testing/page.ts';

const MANY = 1_000_000;

let name: string;
let count = 0;
beforeEach(() => {
  name = `mailslot:delivery-${++count}`;
  delete page.navigator.locks;
});

const makeEntries = (first: number, last: number, options: Parameters<typeof makeEntry>[1] = {}) =>
  Array.from({ length: last - first + 1 }, (_, index) => makeEntry(first + index, options));

/** Stores entries as another page does that is gone now. */
const storeEntries = (entries: readonly (readonly unknown[])[]) =>
  changeRecords(name, (records) => {
    for (const entry of entries) records.put(entry, entry[0] as string);
  });

/**
 * A tab with entries, on a stopped clock; `Math.random()` is 0, so backoff waits 1 s, 2 s, 4 s …
 * `answer` is the collector.
 */
async function openTab(
  context: TestContext,
  answer: Parameters<typeof stubFetch>[1],
  { entries = [] as Entry[], options = {} } = {},
) {
  await restoreKeepalive(context);
  const pass = stopClock(context);
  context.mock.method(Math, 'random', () => 0);
  const requests = stubFetch(context, answer);
  const settings = checkOptions({ projectId: 'shop', writeKey: 'write_good', ...options });
  const reports: unknown[][] = [];
  const report = (...problem: unknown[]) => void reports.push(problem);
  const outbox = createOutbox(name, settings, report, () => {});
  /** Calls of `isAllowed` and `onDelivered`, and the answer of `isAllowed`. */
  const tab = { isAllowed: true, asked: 0, delivered: 0 };
  const delivery = createDelivery(
    name,
    settings,
    outbox,
    () => {
      tab.asked++;
      return tab.isAllowed;
    },
    report,
    () => tab.delivered++,
    () => {},
  );
  // A drain that outlives its test would use the timers of the next one.
  context.after(() => {
    tab.isAllowed = false;
    return delivery._drain();
  });
  await outbox._save();
  await Promise.all(entries.map(outbox._add));
  const sent = () => requests.map(({ counts }) => counts);
  return { pass, requests, sent, settings, reports, outbox, tab, delivery };
}

const status =
  (status: number, more: Partial<Reply> = {}) =>
  (): Reply => ({ status, ...more });
const keepalive = (requests: SentRequest[]) => requests.map(({ init }) => init.keepalive);
const authorization = (requests: SentRequest[]) => requests.map(({ init }) => init.headers['authorization']);

/** Web Locks with one lock; `isHeld` if another tab has it. */
function stubLocks({ isHeld = false } = {}) {
  const locks = {
    isHeld,
    requests: [] as [name: string, options: object][],
    /** Calls that wait for the lock. */
    waiting: [] as (() => void)[],
    async request(name: string, options: { ifAvailable: boolean }, callback: (lock: object | null) => unknown) {
      locks.requests.push([name, { ...options }]);
      if (locks.isHeld && options.ifAvailable) return callback(null);
      while (locks.isHeld) await new Promise<void>((resolve) => locks.waiting.push(resolve));
      locks.isHeld = true;
      try {
        return await callback({});
      } finally {
        locks.release();
      }
    },
    release() {
      locks.isHeld = false;
      for (const resolve of locks.waiting.splice(0)) resolve();
    },
  };
  page.navigator.locks = locks;
  return locks;
}

test('sends own entries first, and then the stored entries of other pages, oldest first', async (context) => {
  await storeEntries(makeEntries(1, 5));
  const { delivery, sent, tab, reports } = await openTab(context, accept, {
    entries: makeEntries(6, 8),
    options: { maxBatch: 2 },
  });
  await delivery._drain(true);
  assert.deepEqual(sent(), [[6, 7], [8], [1, 2], [3, 4], [5]]);
  assert.equal(tab.delivered, 8);
  assert.deepEqual(await readRecords(name), []);
  assert.deepEqual(reports, []);
});

test('sends one request at a time, also if drains and timers overlap', async (context) => {
  let inFlight = 0;
  let most = 0;
  const answer = async (request: SentRequest) => {
    most = Math.max(most, ++inFlight);
    await new Promise(setImmediate);
    inFlight--;
    return accept(request);
  };
  const { delivery, sent, pass } = await openTab(context, answer, {
    entries: makeEntries(1, 6),
    options: { maxBatch: 2 },
  });
  delivery._schedule(0);
  const drains = [delivery._drain(), delivery._drain(true)];
  pass(0);
  delivery._resume();
  await Promise.all([...drains, delivery._drain(true)]);
  assert.deepEqual(sent(), [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  assert.equal(most, 1);
});

test('an entry that is added during a drain is sent in the same drain', async (context) => {
  const reply = createDeferred<Reply>();
  const { delivery, sent, outbox } = await openTab(
    context,
    inOrder(() => reply.promise),
    {
      entries: [makeEntry(1)],
    },
  );
  const drained = delivery._drain(true);
  await until(() => sent().length);
  await outbox._add(makeEntry(2));
  reply.resolve({ status: 201 });
  await drained;
  assert.deepEqual(sent(), [[1], [2]]);
});

test('records of 0.1.0 go out in one request with others, and are deleted', async (context) => {
  const records = makeEntries(1, 3).map(([id, collection, json]) => [id, collection, json]);
  await storeEntries([...records, makeEntry(4)]);
  const { delivery, sent, tab } = await openTab(context, accept);
  await delivery._drain(true);
  assert.deepEqual(sent(), [[1, 2, 3, 4]]);
  assert.equal(tab.delivered, 4);
  assert.deepEqual(await readRecords(name), []);
});

test('sends nothing unless it is allowed, and stops when it no longer is', async (context) => {
  const { delivery, sent, tab } = await openTab(
    context,
    (request) => {
      tab.isAllowed = false;
      return accept(request);
    },
    { entries: makeEntries(1, 4), options: { maxBatch: 2 } },
  );
  tab.isAllowed = false;
  await delivery._drain(true);
  delivery._leave(true);
  assert.deepEqual(sent(), []);
  tab.isAllowed = true;
  await delivery._drain(true);
  assert.deepEqual(sent(), [[1, 2]]);
});

for (const code of [401, 402, 403, 404]) {
  for (const key of ['write_good', 'write_better']) {
    test(`pauses after ${code}, and goes on after setWriteKey(${JSON.stringify(key)})`, async (context) => {
      const { delivery, requests, sent, settings, reports, pass } = await openTab(
        context,
        inOrder(status(code, { retryAfter: '1' })),
        { entries: makeEntries(1, 2) },
      );
      await delivery._drain(true);
      assert.deepEqual(reports, [['paused', 0, { status: code }]]);
      pass(86_400_000);
      delivery._resume();
      delivery._leave();
      await delivery._drain(true);
      assert.deepEqual(sent(), [[1, 2]]);
      assert.equal((await readRecords(name))!.length, 2);

      settings.writeKey = key;
      delivery._resume(true);
      await delivery._drain(true);
      assert.deepEqual(sent(), [
        [1, 2],
        [1, 2],
      ]);
      assert.deepEqual(authorization(requests), ['Bearer write_good', `Bearer ${key}`]);
      assert.deepEqual(await readRecords(name), []);
      assert.equal(reports.length, 1);
    });
  }
}

test('a late 401 of an old key does not pause the new key', async (context) => {
  const reply = createDeferred<Reply>();
  const { delivery, requests, sent, settings, reports, pass } = await openTab(
    context,
    inOrder(() => reply.promise),
    {
      entries: [makeEntry(1)],
    },
  );
  const drained = delivery._drain(true);
  await until(() => sent().length);
  settings.writeKey = 'write_better';
  delivery._resume(true);
  reply.resolve({ status: 401 });
  await drained;
  pass(0);
  await delivery._drain(true);
  assert.deepEqual(authorization(requests), ['Bearer write_good', 'Bearer write_better']);
  assert.deepEqual(reports, []);
});

test('tries again by itself when the wait is over, and a success ends the series of failures', async (context) => {
  const { delivery, sent, outbox, tab, pass } = await openTab(
    context,
    inOrder(status(500), status(500), accept, status(500)),
    {
      entries: [makeEntry(1)],
    },
  );
  await delivery._drain(true);
  pass(1_000);
  await until(() => sent().length === 2);
  // The answer has arrived when this drain ends.
  await delivery._drain(true);
  pass(2_000);
  await until(() => tab.delivered === 1);
  await outbox._add(makeEntry(2));
  await delivery._drain(true);
  assert.deepEqual(sent(), [[1], [1], [1], [2]]);
  pass(1_000);
  await until(() => tab.delivered === 2);
});

test('waits as long as Retry-After asks, also if the network is back', async (context) => {
  const { delivery, sent, reports, pass } = await openTab(context, inOrder(status(503, { retryAfter: '7' })), {
    entries: [makeEntry(1)],
  });
  await delivery._drain(true);
  pass(6_999);
  delivery._resume();
  delivery._leave();
  await delivery._drain(true);
  assert.deepEqual(sent(), [[1]]);
  pass(1);
  await until(() => sent().length === 2);
  assert.deepEqual(reports, []);
});

test('a new key ends a wait that the collector asked for', async (context) => {
  const { delivery, sent } = await openTab(context, inOrder(status(429, { retryAfter: '600' })), {
    entries: [makeEntry(1)],
  });
  await delivery._drain(true);
  delivery._resume(true);
  await until(() => sent().length === 2);
});

test('waits longer after each failure in a row, until the network is back', async (context) => {
  const { delivery, sent, pass } = await openTab(
    context,
    inOrder(...[500, 502, 503, 408, 429].map((code) => status(code))),
    {
      entries: [makeEntry(1)],
    },
  );
  await delivery._drain();
  for (const [failures, wait] of [1_000, 2_000, 4_000, 8_000].entries()) {
    pass(wait - 1);
    await delivery._drain();
    assert.equal(sent().length, failures + 1);
    pass(1);
    await until(() => sent().length === failures + 2);
    // The answer has arrived when this drain ends.
    await delivery._drain();
  }
  delivery._resume();
  await until(() => sent().length === 6);
});

test('a drain for `flush()` ends a backoff, but not a wait that the collector asked for', async (context) => {
  const answers = [status(500), status(500), status(500), accept, status(503, { retryAfter: '7' })];
  const { delivery, sent, outbox, tab, pass } = await openTab(context, inOrder(...answers), {
    entries: [makeEntry(1)],
  });
  await delivery._drain();
  pass(1_000);
  await until(() => sent().length === 2);
  await delivery._drain();
  assert.equal(sent().length, 2);
  await delivery._drain(true);
  assert.equal(sent().length, 3);
  pass(1_000);
  await delivery._drain(true);
  assert.equal(tab.delivered, 1);
  await outbox._add(makeEntry(2));
  await delivery._drain(true);
  pass(1_000);
  await delivery._drain(true);
  assert.equal(sent().length, 5);
  pass(6_000);
  await until(() => tab.delivered === 2);
});

test('drains for `flush()` in a loop make no storm', async (context) => {
  const { delivery, sent, pass } = await openTab(context, status(500), { entries: [makeEntry(1)] });
  for (let loop = 0; loop < 300; loop++) {
    await delivery._drain(true);
    pass(10);
  }
  // In three seconds: the first one, and one for each second.
  assert.ok(sent().length >= 4 && sent().length <= 5, `${sent().length} requests`);
});

test('a drain that fails is tried again, and never rejects', async (context) => {
  const { delivery, sent, outbox, pass } = await openTab(context, accept, { entries: [makeEntry(1)] });
  const { mock } = context.mock.method(outbox, '_claim', () => {
    throw new TypeError('broken by the page');
  });
  await delivery._drain(true);
  await delivery._drain();
  mock.restore();
  pass(1_000);
  await until(() => sent().length === 1);
});

test('a network error is tried again at once without keepalive, and the next one with backoff', async (context) => {
  const { delivery, requests, sent, pass } = await openTab(context, inOrder(failNetwork, failNetwork), {
    entries: [makeEntry(1)],
  });
  await delivery._drain();
  pass(0);
  await delivery._drain();
  assert.deepEqual(keepalive(requests), [true, false]);
  pass(999);
  await delivery._drain();
  assert.equal(sent().length, 2);
  pass(1);
  await until(() => sent().length === 3);
  await delivery._drain();
  assert.deepEqual(keepalive(requests), [true, false, false]);
  assert.deepEqual(await readRecords(name), []);
});

test('halves a batch that is refused with 400, down to the malformed event', async (context) => {
  const refuse = (request: SentRequest) =>
    request.counts.includes(5) ? { status: 400, body: { error_code: 'InvalidEventError' } } : accept(request);
  const { delivery, sent, reports, tab } = await openTab(context, refuse, { entries: makeEntries(1, 8) });
  await delivery._drain(true);
  assert.deepEqual(sent(), [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4], [5, 6], [5], [6], [7, 8]]);
  assert.deepEqual(reports, [['rejected', 1, { collection: 'visits', status: 400, error: 'InvalidEventError' }]]);
  assert.equal(tab.delivered, 7);
  assert.deepEqual(await readRecords(name), []);
});

test('an event that is refused without an error code stays, behind the others', async (context) => {
  const refuse = (request: SentRequest) =>
    request.counts.includes(1) ? { status: 400, body: '<p>Blocked' } : accept(request);
  const { delivery, sent, reports, tab, pass } = await openTab(context, refuse, { entries: makeEntries(1, 2) });
  await delivery._drain();
  assert.deepEqual(sent(), [[1, 2], [1]]);
  pass(1_000);
  await delivery._drain();
  assert.deepEqual(sent(), [[1, 2], [1], [2], [1]]);
  assert.deepEqual(reports, []);
  assert.equal(tab.delivered, 1);
  assert.equal((await readRecords(name))!.length, 1);
});

test('413 makes all later requests smaller', async (context) => {
  const LIMIT = 3_500;
  const refuse = (request: SentRequest) => (request.text.length > LIMIT ? { status: 413 } : accept(request));
  const { delivery, requests, outbox, reports, tab } = await openTab(context, refuse, {
    entries: makeEntries(1, 10, { padding: 900 }),
  });
  await delivery._drain(true);
  const refused = () => requests.filter(({ text }) => text.length > LIMIT).length;
  assert.equal(refused(), 2);
  assert.equal(tab.delivered, 10);
  await Promise.all(makeEntries(11, 20, { padding: 900 }).map(outbox._add));
  await delivery._drain(true);
  assert.equal(refused(), 2);
  assert.equal(tab.delivered, 20);
  assert.deepEqual(reports, []);
});

test('the limit that a 413 taught also holds for _leave', async (context) => {
  const LIMIT = 3_500;
  const refuse = (request: SentRequest) => (request.text.length > LIMIT ? { status: 413 } : accept(request));
  const { delivery, requests, outbox, tab } = await openTab(context, refuse, {
    entries: makeEntries(1, 10, { padding: 900 }),
  });
  await delivery._drain(true);
  const refused = () => requests.filter(({ text }) => text.length > LIMIT).length;
  assert.equal(refused(), 2);
  await Promise.all(makeEntries(11, 20, { padding: 900 }).map(outbox._add));
  delivery._leave();
  await until(() => tab.delivered > 10);
  await delivery._drain(true);
  assert.equal(refused(), 2);
  assert.equal(tab.delivered, 20);
});

test('a single event that is too large is rejected, and the others are delivered', async (context) => {
  const refuse = (request: SentRequest) => (request.text.length > 3_500 ? { status: 413 } : accept(request));
  const { delivery, reports, tab } = await openTab(context, refuse, {
    entries: [makeEntry(1), makeEntry(2, { padding: 4_000 }), makeEntry(3)],
  });
  await delivery._drain(true);
  assert.deepEqual(reports, [['rejected', 1, { collection: 'visits', status: 413, error: undefined }]]);
  assert.equal(tab.delivered, 2);
  assert.deepEqual(await readRecords(name), []);
});

test('an answer with results for some events keeps the others for a later request', async (context) => {
  const partly = (): Reply => ({
    status: 200,
    body: {
      visits: [
        { success: true },
        { success: false, error: { name: 'ServerError' } },
        { success: false, error: { name: 'InvalidEventError' } },
      ],
    },
  });
  const { delivery, sent, reports, tab, pass } = await openTab(context, inOrder(partly), {
    entries: makeEntries(1, 3),
  });
  await delivery._drain(true);
  assert.deepEqual(sent(), [[1, 2, 3]]);
  assert.deepEqual(reports, [['rejected', 1, { collection: 'visits', status: 200, error: 'InvalidEventError' }]]);
  assert.equal((await readRecords(name))!.length, 1);
  pass(500);
  await delivery._drain(true);
  assert.deepEqual(sent(), [[1, 2, 3], [2]]);
  assert.equal(tab.delivered, 2);
});

test('leaves the entries of other pages to the store if the collector does not answer', async (context) => {
  const others = makeEntries(1, 3);
  await storeEntries(others);
  const own = makeEntry(4);
  const { delivery, sent, outbox } = await openTab(context, inOrder(accept, status(503)), { entries: [own] });
  await delivery._drain(true);
  assert.deepEqual(sent(), [[4], [1, 2, 3]]);
  assert.deepEqual(outbox._claim(MANY, MANY), []);
  assert.deepEqual(await readRecords(name), others);
});

test('a purge during a request does not bring its entries back', async (context) => {
  const reply = createDeferred<Reply>();
  const { delivery, sent, outbox, reports } = await openTab(
    context,
    inOrder(() => reply.promise),
    {
      entries: makeEntries(1, 2),
    },
  );
  const drained = delivery._drain(true);
  await until(() => sent().length);
  await outbox._clear();
  reply.resolve({ status: 503 });
  await drained;
  assert.deepEqual(outbox._claim(MANY, MANY), []);
  assert.equal(await readRecords(name), undefined);
  assert.deepEqual(reports, []);
});

test('_leave sends the entries that are not in flight in one keepalive request, without waiting', async (context) => {
  const reply = createDeferred<Reply>();
  const { delivery, requests, sent, outbox, tab } = await openTab(
    context,
    inOrder(() => reply.promise),
    {
      entries: makeEntries(1, 2),
    },
  );
  const drained = delivery._drain(true);
  await until(() => sent().length);
  const saved = makeEntries(3, 4).map(outbox._add);
  delivery._leave();
  assert.deepEqual(sent(), [
    [1, 2],
    [3, 4],
  ]);
  delivery._leave(true);
  assert.equal(sent().length, 2);
  assert.deepEqual(keepalive(requests), [true, true]);
  reply.resolve({ status: 201 });
  await Promise.all([drained, ...saved]);
  await until(() => tab.delivered === 4);
  await delivery._drain(true);
  assert.equal(sent().length, 2);
});

test('_leave sends only entries that fit into the keepalive budget', async (context) => {
  const reply = createDeferred<Reply>();
  const { delivery, requests, sent, tab } = await openTab(context, () => reply.promise, {
    entries: [70_000, 40_000, 30_000, 20_000, 10_000].map((padding, index) => makeEntry(index + 1, { padding })),
  });
  delivery._leave();
  assert.deepEqual(sent(), [[2, 4]]);
  delivery._leave();
  assert.deepEqual(sent(), [[2, 4]]);
  assert.deepEqual(keepalive(requests), [true]);
  reply.resolve({ status: 201 });
  await until(() => tab.delivered === 2);
});

test('_leave sends at most maxBatch entries', async (context) => {
  const { delivery, sent } = await openTab(context, accept, { entries: makeEntries(1, 5), options: { maxBatch: 3 } });
  delivery._leave();
  assert.deepEqual(sent(), [[1, 2, 3]]);
});

test('_leave sends nothing if there are no entries, or while the gate is closed', async (context) => {
  const { delivery, sent, outbox } = await openTab(context, status(503));
  delivery._leave(true);
  assert.deepEqual(sent(), []);
  await outbox._add(makeEntry(1));
  await delivery._drain(true);
  delivery._leave(true);
  assert.deepEqual(sent(), [[1]]);
});

test('tries again after a second if another tab holds the lock', async (context) => {
  const locks = stubLocks({ isHeld: true });
  const { delivery, sent, pass } = await openTab(context, accept, { entries: [makeEntry(1)] });
  await delivery._drain();
  assert.deepEqual(locks.requests, [[name, { ifAvailable: true }]]);
  locks.release();
  pass(999);
  await new Promise(setImmediate);
  assert.equal(locks.requests.length, 1);
  pass(1);
  await until(() => sent().length);
  assert.equal(locks.requests.length, 2);
});

test('_drain(true) waits for the tab that holds the lock', async (context) => {
  const locks = stubLocks({ isHeld: true });
  const { delivery, sent } = await openTab(context, accept, { entries: [makeEntry(1)] });
  const drained = delivery._drain(true);
  await until(() => locks.waiting.length);
  assert.deepEqual(locks.requests, [[name, { ifAvailable: false }]]);
  assert.deepEqual(sent(), []);
  locks.release();
  await drained;
  assert.deepEqual(sent(), [[1]]);
});

test('holds the lock until the drain is over', async (context) => {
  const locks = stubLocks();
  const held: boolean[] = [];
  const { delivery } = await openTab(
    context,
    (request) => {
      held.push(locks.isHeld);
      return accept(request);
    },
    { entries: makeEntries(1, 4), options: { maxBatch: 2 } },
  );
  await delivery._drain();
  assert.deepEqual(held, [true, true]);
  assert.equal(locks.isHeld, false);
  assert.equal(locks.requests.length, 1);
});

test('releases the lock early if the page leaves, but not if it is only hidden', async (context) => {
  const locks = stubLocks();
  const reply = createDeferred<Reply>();
  const { delivery, sent, tab } = await openTab(context, () => reply.promise, { entries: [makeEntry(1)] });
  const drained = delivery._drain();
  await until(() => sent().length);
  delivery._leave();
  await new Promise(setImmediate);
  assert.equal(locks.isHeld, true);
  delivery._leave(true);
  await until(() => !locks.isHeld);
  assert.equal(tab.delivered, 0);
  reply.resolve({ status: 201 });
  await until(() => tab.delivered);
  await drained;
});

test('a drain that the page has left ends with its request, because a transaction of a cached page blocks the next page', async (context) => {
  const locks = stubLocks();
  const reply = createDeferred<Reply>();
  const { delivery, sent } = await openTab(context, () => reply.promise, { entries: [makeEntry(1)] });
  let isOver = false;
  // `flush()` counts what is left in the store now.
  const drained = delivery._drain(true).then(() => (isOver = true));
  await until(() => sent().length);
  delivery._leave(true);
  await until(() => !locks.isHeld);
  await new Promise(setImmediate);
  assert.equal(isOver, false);
  // The page came back: later drains do not wait for this one.
  await delivery._drain();
  reply.resolve({ status: 201 });
  await drained;
});

for (const [kind, request] of [
  [
    'throw',
    () => {
      throw new DOMException('opaque origin', 'SecurityError');
    },
  ],
  ['reject', async () => Promise.reject(new DOMException('opaque origin', 'SecurityError'))],
] as const) {
  test(`sends without a lock if Web Locks ${kind}`, async (context) => {
    page.navigator.locks = { request };
    const { delivery, sent } = await openTab(context, accept, { entries: [makeEntry(1)] });
    await delivery._drain();
    assert.deepEqual(sent(), [[1]]);
  });
}

test('_schedule counts from the first call', async (context) => {
  const { delivery, sent, pass } = await openTab(context, accept, { entries: [makeEntry(1)] });
  delivery._schedule(1_000);
  pass(600);
  delivery._schedule(1_000);
  pass(399);
  await new Promise(setImmediate);
  assert.deepEqual(sent(), []);
  pass(1);
  await until(() => sent().length);
});

test('_schedule without a time replaces a running timer', async (context) => {
  const { delivery, sent, pass } = await openTab(context, accept, { entries: [makeEntry(1)] });
  delivery._schedule(1_000);
  delivery._schedule();
  pass(0);
  await until(() => sent().length);
});

test('_schedule does not send before the gate opens', async (context) => {
  const { delivery, sent, pass } = await openTab(context, inOrder(status(503, { retryAfter: '60' })), {
    entries: [makeEntry(1)],
  });
  await delivery._drain(true);
  delivery._schedule(0);
  pass(59_999);
  await delivery._drain(true);
  assert.equal(sent().length, 1);
  pass(1);
  await until(() => sent().length === 2);
});

test('_leave clears the timer if the page leaves, but not if it is only hidden', async (context) => {
  const { delivery, tab, pass } = await openTab(context, accept);
  delivery._schedule(1_000);
  delivery._leave(true);
  tab.asked = 0;
  pass(10_000);
  await new Promise(setImmediate);
  assert.equal(tab.asked, 0);
  delivery._schedule(1_000);
  delivery._leave();
  tab.asked = 0;
  pass(1_000);
  await until(() => tab.asked);
});
