// What a tracker does and says if it takes no events, and what its reports hold.
import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createTracker, type Problem, type TrackerOptions } from './index.ts';
import { accept, failNetwork, type Reply, stubFetch } from './testing/collector.ts';
import { page, stopClock, until } from './testing/page.ts';

Object.assign(globalThis, {
  ...page,
  window: globalThis,
  addEventListener() {},
  removeEventListener() {},
  requestIdleCallback() {},
});

let project = 0;

/** A tracker in a page, with what its `onError` and the console have got. */
function start(context: TestContext, { answer = accept as () => Reply, ...options }: Record<string, unknown> = {}) {
  const problems: Problem[] = [];
  const requests = stubFetch(context, answer as () => Reply);
  const warn = context.mock.method(console, 'warn', () => {});
  const error = context.mock.method(console, 'error', () => {});
  const tracker = createTracker({
    projectId: `tracker-${++project}`,
    writeKey: 'write_good',
    flushInterval: 1e8,
    onError: (problem) => problems.push(problem),
    ...options,
  } as TrackerOptions);
  return { tracker, problems, requests, warn: warn.mock, error: error.mock };
}

const codes = (problems: Problem[]) => problems.map(({ code, count }) => [code, count]);

/** Makes the test fail if one of these globals is read. */
function forbidGlobals(context: TestContext, names: string[]): string[] {
  const touched: string[] = [];
  for (const name of names) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() {
        touched.push(name);
        return undefined;
      },
    });
    context.after(() => {
      if (before) Object.defineProperty(globalThis, name, before);
      else delete (globalThis as Record<string, unknown>)[name];
    });
  }
  return touched;
}

const OFF: [what: string, options: object][] = [
  ['enabled: false', { enabled: false }],
  ['enabled: false without a key and a project', { enabled: false, writeKey: undefined, projectId: undefined }],
];

for (const [what, options] of OFF) {
  test(`with ${what} a tracker touches nothing, says nothing, and everything resolves`, async (context) => {
    const { tracker, problems, requests, warn, error } = start(context, { onError: undefined, ...options });
    const touched = forbidGlobals(context, ['indexedDB', 'navigator', 'document', 'crypto', 'addEventListener']);
    const timers = context.mock.method(globalThis, 'setTimeout').mock;
    assert.equal(await tracker.track('visits', { n: 0 }), 'dropped');
    assert.equal(await tracker.track('visits', { n: 1 }), 'dropped');
    await tracker.setConsent('granted');
    tracker.setWriteKey('write_better');
    assert.deepEqual(await tracker.flush(), { delivered: 0, kept: 0, givenUp: 0 });
    assert.equal(await tracker.pending(), 0);
    await tracker.close();
    assert.equal(await tracker.track('visits', { n: 2 }), 'dropped');
    assert.deepEqual([touched, problems, requests, timers.callCount()], [[], [], [], 0]);
    assert.deepEqual([warn.callCount(), error.callCount()], [0, 0]);
  });
}

test('a tracker that is off still checks its options', () => {
  const options = { projectId: 'shop', writeKey: 'read_0123456789', enabled: false };
  assert.throws(() => createTracker(options), { name: 'KeyError' });
  assert.throws(() => createTracker({ ...options, writeKey: 'w', consent: 'maybe' as never }), { name: 'TypeError' });
});

for (const writeKey of [undefined, null, '']) {
  test(`with ${JSON.stringify(writeKey)} as key tracking is off, and the console says so once`, async (context) => {
    for (const projectId of ['shop', undefined]) {
      const { tracker, problems, requests, error, warn } = start(context, { writeKey, projectId });
      assert.equal(await tracker.track('visits', { n: 0 }), 'dropped');
      assert.equal(await tracker.track('visits', { n: 1 }), 'dropped');
      assert.deepEqual(await tracker.flush(), { delivered: 0, kept: 0, givenUp: 0 });
      await tracker.close();
      assert.deepEqual(codes(problems), [['disabled', 1]]);
      assert.deepEqual([requests.length, warn.callCount(), error.callCount()], [0, 0, 1]);
      assert.equal(error.calls[0]!.arguments.join(), 'mailslot is off: writeKey is missing');
      context.mock.restoreAll();
    }
    // What else is wrong is told at once, and not only where there is a key.
    assert.throws(() => start(context, { writeKey, endPoint: 'https://collector.example' }), { name: 'TypeError' });
    assert.throws(() => start(context, { writeKey, maxBatch: 0 }), { name: 'TypeError' });
  });
}

test('setWriteKey() without a key throws', (context) => {
  const { tracker } = start(context);
  for (const key of [undefined, null, '']) {
    assert.throws(() => tracker.setWriteKey(key as never), { name: 'KeyError' });
  }
});

test('a closed tracker says once that it drops events, and closes once', async (context) => {
  const { tracker, problems } = start(context);
  await tracker.close();
  await tracker.close();
  assert.equal(await tracker.track('visits', { n: 0 }), 'dropped');
  assert.equal(await tracker.track('visits', { n: 1 }), 'dropped');
  assert.deepEqual(codes(problems), [['closed', 1]]);

  const quiet = start(context, { onError: undefined });
  await quiet.tracker.close();
  for (const n of [0, 1]) assert.equal(await quiet.tracker.track('visits', { n }), 'dropped');
  assert.equal(quiet.warn.callCount(), 1);
  assert.deepEqual(quiet.warn.calls[0]!.arguments, ['mailslot:', { code: 'closed', count: 1 }]);
});

test('a denial after close() still purges the queue', async (context) => {
  const { tracker, problems } = start(context, { answer: failNetwork });
  assert.equal(await tracker.track('visits', { n: 0 }), 'stored');
  await tracker.close();
  await tracker.setConsent('denied');
  assert.deepEqual(problems, []);
  const names = (await indexedDB.databases()).map(({ name }) => name);
  assert.ok(!names.includes(`mailslot:tracker-${project}`), `${names}`);
});

test('a handler that sets a new key whenever one is refused makes no storm', async (context) => {
  const pass = stopClock(context);
  for (const headers of [{}, { 'retry-after': '1' }]) {
    const answer = () => ({ status: 401, headers });
    const { tracker, requests } = start(context, {
      answer,
      onError: ({ code }: Problem) => code === 'paused' && tracker.setWriteKey(`write_${requests.length}`),
    });
    await tracker.track('visits', { n: 0 });
    for (let seconds = 0; seconds < 10; seconds++) {
      await tracker.flush();
      pass(1_000);
      for (let tasks = 0; tasks < 100; tasks++) await new Promise(setImmediate);
    }
    assert.ok(requests.length > 5 && requests.length <= 22, `${requests.length} requests`);
    await tracker.close();
  }
});

test('track() ignores what an emitter or a list passes behind the event', async (context) => {
  const { tracker, problems, requests } = start(context);
  const track = tracker.track as (...parameters: unknown[]) => PromiseLike<string>;
  const before = Date.now();
  for (const third of [() => {}, 5, {}, [], 'text', null, NaN])
    assert.equal(await track('visits', { n: 0 }, third), 'stored', String(third));
  await tracker.flush();
  assert.deepEqual(problems, []);
  const { visits } = JSON.parse(requests[0]!.text);
  assert.equal(visits.length, 7);
  for (const { keen } of visits) assert.ok(Date.parse(keen.timestamp) >= before, keen.timestamp);
});

test('a denial is told once to onError, and not to the console', async (context) => {
  const { tracker, problems } = start(context, { consent: 'denied' });
  for (const n of [0, 1]) assert.equal(await tracker.track('visits', { n }), 'dropped');
  await tracker.setConsent('granted');
  assert.notEqual(await tracker.track('visits', { n: 2 }), 'dropped');
  await tracker.setConsent('denied');
  assert.equal(await tracker.track('visits', { n: 3 }), 'dropped');
  await tracker.close();
  assert.deepEqual(codes(problems), [['denied', 1]]);

  const quiet = start(context, { consent: 'denied', onError: undefined });
  assert.equal(await quiet.tracker.track('visits', { n: 0 }), 'dropped');
  await quiet.tracker.close();
  assert.equal(quiet.warn.callCount(), 0);
});

test("the visitor's own denial has the same code", async (context) => {
  page.navigator.globalPrivacyControl = true;
  context.after(() => {
    delete page.navigator.globalPrivacyControl;
  });
  const { tracker, problems } = start(context, { respectGpc: true });
  assert.equal(await tracker.track('visits', { n: 0 }), 'dropped');
  await tracker.close();
  assert.deepEqual(codes(problems), [['denied', 1]]);
});

for (const [endpoint, host] of [
  [undefined, 'api.keen.io'],
  ['https://collector.example:8443/collect/', 'collector.example:8443'],
  ['http://[::1]:8080', '[::1]:8080'],
  ['/ingest', 'shop.example'],
] as const) {
  test(`a report of a refused request names the host: ${host}`, async (context) => {
    Object.assign(globalThis, { location: { origin: 'https://shop.example' } });
    context.after(() => {
      delete (globalThis as { location?: unknown }).location;
    });
    const answers: Reply[] = [
      { status: 400, body: { error_code: 'InvalidEventError' } },
      { status: 401, body: { error_code: 'InvalidApiKeyError' } },
    ];
    const { tracker, problems, requests } = start(context, { endpoint, answer: () => answers.shift()! });
    await tracker.track('visits', { n: 0 });
    await tracker.flush();
    await tracker.track('visits', { n: 1 });
    await tracker.flush();
    await tracker.close();
    assert.deepEqual(
      problems.map(({ code, status, host }) => [code, status, host]),
      [
        ['rejected', 400, host],
        ['paused', 401, host],
      ],
    );
    assert.equal(new URL(requests[0]!.url).host, host);
    if (endpoint === '/ingest') assert.match(requests[0]!.url, /^https:\/\/shop\.example\/ingest\/3\.0\/projects\//);
  });
}

test('a report that is no answer names no host', async (context) => {
  const { tracker, problems } = start(context, { answer: failNetwork });
  await tracker.track('$', { n: 0 });
  await tracker.close();
  assert.deepEqual(problems, [{ code: 'invalid_event', count: 1, collection: '$', error: 'not an event' }]);
});

test('an onError that rejects has no effect on the page', async (context) => {
  const rejections: unknown[] = [];
  const listener = (error: unknown) => rejections.push(error);
  process.on('unhandledRejection', listener);
  context.after(() => process.off('unhandledRejection', listener));
  let calls = 0;
  const onError = async () => {
    calls++;
    throw new Error('handler');
  };
  const { tracker } = start(context, { onError });
  assert.equal(await tracker.track('$', { n: 0 }), 'dropped');
  await tracker.close();
  await until(() => calls === 1);
  await new Promise(setImmediate);
  assert.deepEqual(rejections, []);
});

for (const [hook, options] of [
  ['extend', { extend: async () => ({ user: 1 }) }],
  ['extend', { extend: Promise.resolve({ user: 1 }) }],
  ['extend', { extend: async () => Promise.reject(new Error('late')) }],
  ['beforeTrack', { beforeTrack: async (event: object) => event }],
  ['beforeTrack', { beforeTrack: async () => null }],
  ['beforeTrack', { beforeTrack: async () => Promise.reject(new Error('late')) }],
  ['beforeTrack', { extend: { a: 1 }, beforeTrack: () => Object.fromEntries([['then', () => {}]]) }],
] as const) {
  test(`an asynchronous ${hook} drops the event, and the report names the hook: ${Object.values(options)}`, async (context) => {
    const rejections: unknown[] = [];
    const listener = (error: unknown) => rejections.push(error);
    process.on('unhandledRejection', listener);
    context.after(() => process.off('unhandledRejection', listener));
    const { tracker, problems } = start(context, options);
    assert.equal(await tracker.track('visits', { n: 0 }), 'dropped');
    await tracker.close();
    await new Promise(setImmediate);
    assert.deepEqual(codes(problems), [['invalid_event', 1]]);
    assert.equal(String(problems[0]!.error), `TypeError: ${hook} must not return a promise`);
    assert.deepEqual(rejections, []);
  });
}
