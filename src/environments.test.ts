// A whole tracker in places that lack a part of a page, or have a broken one.
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { beforeEach, type TestContext, test } from 'node:test';
import { accept, restoreKeepalive, stubFetch } from './testing/collector.ts';
import { page, stopClock } from './testing/page.ts';
import { createTracker } from './tracker.ts';
import type { Problem } from './types.ts';

/** Globals of a page that Node lacks. */
Object.assign(globalThis, {
  window: globalThis,
  addEventListener() {},
  removeEventListener() {},
  requestIdleCallback() {},
});

let project = '';
let count = 0;
beforeEach(() => {
  project = `environment-${++count}`;
  page.document.hidden = false;
  delete page.document.prerendering;
});

/** Replaces a global for one test; undefined removes it. */
const replaceGlobal = (context: TestContext, name: string, value: unknown) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  context.after(() => {
    if (before) Object.defineProperty(globalThis, name, before);
    else delete (globalThis as any)[name];
  });
};

/** Opens a tracker that sends only on `flush()`; `problems` is what its handler got. */
function openTracker(context: TestContext, options: object = {}) {
  const problems: Problem[] = [];
  const tracker: any = createTracker({
    projectId: project,
    writeKey: 'write_good',
    endpoint: 'https://collector.example',
    flushInterval: 1_000_000,
    onError: (problem: Problem) => void problems.push(problem),
    ...options,
  } as never);
  context.after(() => tracker.close());
  return { tracker, problems };
}

const MISSING: Record<string, string[]> = {
  'a worker (no document)': ['document'],
  'jsdom (no IndexedDB, TextEncoder, locks)': ['indexedDB', 'TextEncoder', 'navigator'],
  'a page without crypto': ['crypto'],
  'a page without performance.timeOrigin': [],
  'a page without addEventListener': ['addEventListener', 'removeEventListener'],
};

for (const [place, names] of Object.entries(MISSING)) {
  test(`events are delivered in ${place}`, async (context) => {
    await restoreKeepalive(context);
    const requests = stubFetch(context, accept);
    for (const name of names) replaceGlobal(context, name, undefined);
    if (place.includes('timeOrigin')) context.mock.getter(performance, 'timeOrigin', () => undefined);
    const { tracker } = openTracker(context);
    const outcome = await tracker.track('visits', { n: 1 });
    assert.equal(outcome, names.includes('indexedDB') ? 'held' : 'stored');
    assert.deepEqual(await tracker.flush(), { delivered: 1, kept: 0, givenUp: 0 });
    assert.equal(requests.length, 1);
  });
}

test('a place with neither a document nor IndexedDB drops events and asks the platform for nothing', async (context) => {
  for (const name of ['document', 'indexedDB', 'crypto', 'performance', 'navigator', 'fetch', 'setTimeout']) {
    replaceGlobal(context, name, undefined);
  }
  const tracker: any = createTracker({ projectId: project, writeKey: 'write_good', onError: () => {} });
  assert.equal(await tracker.track('visits', { n: 1 }), 'dropped');
});

const BROKEN_FETCHES: [name: string, fetch: unknown][] = [
  ['missing', undefined],
  ['a mock that returns undefined', () => undefined],
  ['a mock that resolves with undefined', async () => undefined],
  [
    'a mock that throws at once',
    () => {
      throw new Error('no network in tests');
    },
  ],
  ['a mock that rejects with undefined', () => Promise.reject()],
  ['a mock whose answer is empty', async () => ({})],
];

for (const [name, fetch] of BROKEN_FETCHES) {
  test(`nothing rejects if fetch is ${name}, and a later flush delivers`, async (context) => {
    await restoreKeepalive(context);
    stopClock(context);
    const before = globalThis.fetch;
    const { tracker } = openTracker(context);
    Object.assign(globalThis, { fetch });
    context.after(() => Object.assign(globalThis, { fetch: before }));
    await tracker.track('visits', { n: 1 });
    for (let flush = 0; flush < 3; flush++) {
      assert.deepEqual(await tracker.flush(), { delivered: 0, kept: 1, givenUp: 0 });
    }
    Object.assign(globalThis, { fetch: before });
    stubFetch(context, accept);
    context.mock.timers.tick(2_000);
    await tracker.flush();
    await tracker.flush();
    assert.equal(await tracker.pending(), 0);
  });
}

for (const [name, at, later] of [
  ['reads 1970 and is set right', 0, 1_800_000_000_000],
  ['is set back by a year', 1_800_000_000_000, 1_768_464_000_000],
  ['is set forth by a year', 1_800_000_000_000, 1_831_536_000_000],
  ['is set forth to 2099', 1_800_000_000_000, 4_070_908_800_000],
] as const) {
  test(`an event is delivered if the clock ${name} before the flush`, async (context) => {
    await restoreKeepalive(context);
    stubFetch(context, accept);
    let now: number = at;
    context.mock.method(Date, 'now', () => now);
    context.mock.getter(performance, 'timeOrigin', () => at);
    const { tracker, problems } = openTracker(context);
    await tracker.track('visits', { n: 1 });
    now = later;
    assert.equal(await tracker.pending(), 1);
    assert.deepEqual(await tracker.flush(), { delivered: 1, kept: 0, givenUp: 0 });
    assert.deepEqual(problems, []);
  });
}

test('an element called prerendering does not keep events from being stored and sent', async (context) => {
  await restoreKeepalive(context);
  stubFetch(context, accept);
  Object.assign(page.document, { prerendering: {} });
  const { tracker } = openTracker(context);
  assert.equal(await tracker.track('visits', { n: 1 }), 'stored');
  assert.equal((await tracker.flush()).delivered, 1);
});

for (const value of [true, 'of another script', {}]) {
  test(`a page that puts prerendering on all objects sends as any other: ${typeof value}`, async (context) => {
    await restoreKeepalive(context);
    stubFetch(context, accept);
    Object.assign(Object.prototype, { prerendering: value });
    context.after(() => {
      delete (Object.prototype as { prerendering?: unknown }).prerendering;
    });
    const { tracker } = openTracker(context);
    assert.equal(await tracker.track('visits', { n: 1 }), 'stored');
    assert.equal((await tracker.flush()).delivered, 1);
  });
}

test('a prerendered page holds its events', async (context) => {
  await restoreKeepalive(context);
  const requests = stubFetch(context, accept);
  page.document.prerendering = true;
  const { tracker } = openTracker(context);
  assert.equal(await tracker.track('visits', { n: 1 }), 'held');
  await tracker.flush();
  assert.equal(requests.length, 0);
});

test('a handler that tracks each problem pushes no event out of a full queue', async (context) => {
  await restoreKeepalive(context);
  const requests = stubFetch(context, () => ({ status: 503 }));
  const told: Problem[] = [];
  const { tracker } = openTracker(context, {
    maxQueue: 20,
    onError(problem: Problem) {
      told.push(problem);
      tracker.track('problems', { code: problem.code });
    },
  });
  for (let n = 0; n < 30; n++) await tracker.track('visits', { n });
  for (let flush = 0; flush < 3; flush++) await tracker.flush();
  assert.equal(await tracker.pending(), 20);
  assert.equal(
    told.reduce((sum, { code, count }) => sum + (code === 'evicted' ? count : 0), 0),
    10,
  );
  assert.ok(told.length <= 10, `${told.length} reports`);
  const { lists } = requests[0]!;
  assert.deepEqual(Object.keys(lists), ['visits']);
  assert.deepEqual(
    lists['visits']!.map(({ n }) => n),
    Array.from({ length: 20 }, (_, index) => index + 10),
  );
});

test('a handler that causes the same problem again is called once', async (context) => {
  const told: Problem[] = [];
  const { tracker } = openTracker(context, {
    onError(problem: Problem) {
      told.push(problem);
      tracker.track('$bad', { n: 1 });
    },
  });
  await tracker.track('$bad', { n: 1 });
  assert.equal(told.length, 1);
  await tracker.track('$bad', { n: 2 });
  assert.equal(told.length, 2);
});
