import 'fake-indexeddb/auto';
import assert from 'node:assert/strict';
import { beforeEach, type TestContext, test } from 'node:test';
import { createTracker, type Hooks, type Problem } from './index.ts';
import { page } from './testing/page.ts';

const options = { projectId: 'shop', writeKey: 'write_good' };

beforeEach(() => {
  page.document.hidden = false;
  const nothing = () => {};
  Object.assign(globalThis, {
    window: globalThis,
    addEventListener: nothing,
    removeEventListener: nothing,
    requestIdleCallback: nothing,
  });
});

/** A tracker that holds its events in memory, and the console's warnings since the last look. */
function start(context: TestContext, hooks: Hooks = {}) {
  const warn = context.mock.method(console, 'warn', () => {});
  const tracker = createTracker({ ...options, consent: 'pending', ...hooks });
  const warnings = () => {
    const { calls } = warn.mock;
    warn.mock.resetCalls();
    return calls.map(({ arguments: values }) => values);
  };
  return { tracker, warnings };
}

/** A hook that records the events it is called with. */
function record() {
  const events: Record<string, unknown>[] = [];
  const beforeTrack = ({ keen: _, ...event }: Record<string, unknown>) => void events.push(event);
  return { events, beforeTrack };
}

test('use() adds hooks beside those of the options, and its result removes them', async (context) => {
  const { events, beforeTrack } = record();
  const { tracker } = start(context, { extend: { shop: 'stamps' }, beforeTrack });
  await tracker.track('visits', { n: 0 });
  const remove = tracker.use({ extend: () => ({ view: '/a', shop: 'no' }) });
  const removeOther = tracker.use({ extend: { view: '/b', lang: 'en' } });
  await tracker.track('visits', { n: 1 });
  remove();
  await tracker.track('visits', { n: 2 });
  // Twice has no effect.
  remove();
  removeOther();
  assert.equal(await tracker.track('visits', { n: 3 }), 'held');
  assert.deepEqual(events, [
    { n: 0, shop: 'stamps' },
    { n: 1, shop: 'stamps', view: '/a', lang: 'en' },
    { n: 2, shop: 'stamps', view: '/b', lang: 'en' },
    { n: 3, shop: 'stamps' },
  ]);
});

test('the same hooks can be used twice, and later changes of their object have no effect', async (context) => {
  const { events, beforeTrack } = record();
  const { tracker } = start(context);
  const hooks: Hooks = { beforeTrack };
  const removers = [tracker.use(hooks), tracker.use(hooks)];
  delete hooks.beforeTrack;
  await tracker.track('visits', { n: 0 });
  removers[0]!();
  await tracker.track('visits', { n: 1 });
  removers[1]!();
  await tracker.track('visits', { n: 2 });
  assert.deepEqual(events, [{ n: 0 }, { n: 0 }, { n: 1 }]);
});

test('hooks that a page has added to every object do not count', async (context) => {
  const { events, beforeTrack } = record();
  const everything = Object.prototype as Hooks;
  everything.extend = { polluted: true };
  context.after(() => {
    delete everything.extend;
  });
  const { tracker } = start(context);
  tracker.use({ beforeTrack });
  await tracker.track('visits', { n: 0 });
  assert.deepEqual(events, [{ n: 0 }]);
});

test('a hook can add and remove hooks; they count from the next event on', async (context) => {
  const { events, beforeTrack } = record();
  const { tracker } = start(context);
  let calls = 0;
  const remove = tracker.use({
    extend() {
      calls++;
      remove();
      tracker.use({ extend: { later: true } });
      return { first: true };
    },
  });
  tracker.use({ beforeTrack });
  await tracker.track('visits', { n: 0 });
  await tracker.track('visits', { n: 1 });
  assert.equal(calls, 1);
  assert.deepEqual(events, [
    { n: 0, first: true },
    { n: 1, later: true },
  ]);
});

test('each onError is called, also behind one that throws; the console only if there is none', async (context) => {
  const { tracker, warnings } = start(context);
  const bad = () => tracker.track('visits', {});
  assert.equal(await bad(), 'dropped');
  assert.equal(warnings().length, 1);

  const problems: Problem[] = [];
  const removers = [
    tracker.use({
      onError(problem) {
        problems.push({ ...problem });
        problem.count = 42;
        throw new Error('handler');
      },
    }),
    tracker.use({ onError: (problem) => void problems.push(problem) }),
    tracker.use({ extend: {} }),
  ];
  assert.equal(await bad(), 'dropped');
  assert.deepEqual(
    problems.map(({ code, count, collection }) => [code, count, collection]),
    Array(2).fill(['invalid_event', 1, 'visits']),
  );
  assert.deepEqual(warnings(), []);
  for (const remove of removers) remove();
  assert.equal(await bad(), 'dropped');
  assert.equal(warnings().length, 1);
});

for (const hook of ['extend', 'beforeTrack']) {
  test(`an added ${hook} that throws drops the event and is reported`, async (context) => {
    const { tracker } = start(context);
    const problems: Problem[] = [];
    tracker.use({ onError: (problem) => void problems.push(problem) });
    const error = new Error('hook');
    const remove = tracker.use({
      [hook]() {
        throw error;
      },
    });
    assert.equal(await tracker.track('visits', { n: 0 }), 'dropped');
    assert.deepEqual(problems, [{ code: 'invalid_event', count: 1, collection: 'visits', error }]);
    remove();
    assert.equal(await tracker.track('visits', { n: 1 }), 'held');
  });
}

test('use() without hooks, and on a closed tracker, does nothing', async (context) => {
  const { tracker } = start(context);
  tracker.use(undefined as never)();
  await tracker.close();
  tracker.use({ extend: { a: 1 } })();
  assert.equal(await tracker.track('visits', { n: 0 }), 'dropped');
});

test('use() also takes a watcher, which sees what was taken and what became of it', async (context) => {
  const { tracker } = start(context);
  const steps: string[] = [];
  const watcher = {
    async onTaken([[id, collection, json]]: [[string, string, string]], outcome: Promise<string>) {
      steps.push(`taken ${collection} ${JSON.parse(json).n}`);
      assert.equal(JSON.parse(json).keen.uniqueness_token, id.split('~')[0]);
      steps.push(await outcome);
    },
  };
  const remove = tracker.use(watcher as Hooks);
  await tracker.track('visits', { n: 0 });
  await tracker.track('visits', {});
  remove();
  await tracker.track('visits', { n: 1 });
  assert.deepEqual(steps, ['taken visits 0', 'held']);
});
