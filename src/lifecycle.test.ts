import assert from 'node:assert/strict';
import { beforeEach, type TestContext, test } from 'node:test';
import { watchLifecycle } from './lifecycle.ts';
import { page } from './testing/page.ts';

/** A listener of the window, as `addEventListener` got it. */
interface Listener {
  type: string;
  listener: (event: { type: string }) => void;
  options: unknown;
}

let listeners: Listener[] = [];
let idleCallbacks: { callback: () => void; options: unknown }[] = [];

beforeEach(() => {
  listeners = [];
  idleCallbacks = [];
  page.document.hidden = false;
  Object.assign(globalThis, {
    window: globalThis,
    addEventListener: (type: string, listener: Listener['listener'], options: unknown) =>
      listeners.push({ type, listener, options }),
    removeEventListener: (type: string, listener: Listener['listener'], options: unknown) => {
      listeners = listeners.filter(
        (other) => other.type !== type || other.listener !== listener || other.options !== options,
      );
    },
    requestIdleCallback: (callback: () => void, options: unknown) => idleCallbacks.push({ callback, options }),
  });
});

/** Starts watching with stopped timers; `calls` are the calls of `hide` and `show`. */
function watch(context: TestContext) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const calls: unknown[][] = [];
  const stop = watchLifecycle(
    (isLeaving) => calls.push(['hide', isLeaving]),
    (isOnline) => calls.push(['show', isOnline]),
  );
  /** Calls the listeners of one phase, as they are when it begins. */
  const invoke = (type: string, isCapture: boolean) => {
    for (const entry of listeners.filter((other) => other.type === type && (other.options === true) === isCapture)) {
      if ((entry.options as AddEventListenerOptions).once) listeners.splice(listeners.indexOf(entry), 1);
      entry.listener({ type });
    }
  };
  /**
   * Fires an event at the window or the document. `between` are the page's own listeners. Then its timers run, unless
   * `timers` is false.
   */
  const fire = (type: string, { hidden = page.document.hidden, timers = true, between = () => {} } = {}) => {
    page.document.hidden = hidden;
    invoke(type, true);
    between();
    invoke(type, false);
    if (timers) context.mock.timers.tick(1);
    return calls.splice(0);
  };
  return { calls, stop, fire };
}

const EVENTS: [type: string, hidden: boolean, calls: unknown[][]][] = [
  [
    'visibilitychange',
    true,
    [
      ['hide', false],
      ['hide', undefined],
      ['hide', undefined],
    ],
  ],
  ['visibilitychange', false, [['show', false]]],
  [
    'pagehide',
    true,
    [
      ['hide', true],
      ['hide', undefined],
      ['hide', undefined],
    ],
  ],
  // Safari fires `pagehide` before the document is hidden.
  [
    'pagehide',
    false,
    [
      ['hide', true],
      ['hide', undefined],
      ['hide', undefined],
    ],
  ],
  ['pageshow', false, [['show', false]]],
  ['pageshow', true, [['show', false]]],
  ['prerenderingchange', false, [['show', false]]],
  ['prerenderingchange', true, [['show', false]]],
  ['online', false, [['show', true]]],
  ['online', true, [['show', true]]],
  ['offline', false, []],
  ['freeze', true, []],
  ['unload', true, []],
  ['beforeunload', false, []],
];

for (const [type, hidden, calls] of EVENTS) {
  test(`${type} of a ${hidden ? 'hidden' : 'visible'} page`, (context) => {
    assert.deepEqual(watch(context).fire(type, { hidden }), calls);
  });
}

test("hides again behind the page's own listeners, and in a later task", (context) => {
  const { calls, fire } = watch(context);
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(fire('pagehide', { timers: false, between: () => calls.push(['page']) }), [
      ['hide', true],
      ['page'],
      ['hide', undefined],
    ]);
    context.mock.timers.tick(1);
    assert.deepEqual(calls.splice(0), [['hide', undefined]]);
  }
});

test('what it adds for one event has no prototype, because a page can have put `signal` on it', (context) => {
  const { fire } = watch(context);
  const added: unknown[] = [];
  fire('pagehide', {
    between: () => added.push(...listeners.map(({ options }) => options).filter((it) => it !== true)),
  });
  assert.deepEqual(added, [{ __proto__: null, once: true }]);
});

test('listens in the capture phase, and never to unload or beforeunload', (context) => {
  watch(context);
  assert.deepEqual(
    listeners.map(({ type, options }) => [type, options]),
    ['visibilitychange', 'prerenderingchange', 'pagehide', 'pageshow', 'online'].map((type) => [type, true]),
  );
});

test('shows once when the page is idle, after 5 seconds at the latest', (context) => {
  const { calls } = watch(context);
  assert.deepEqual(calls, []);
  assert.equal(idleCallbacks.length, 1);
  assert.deepEqual(idleCallbacks[0]!.options, { timeout: 5_000 });
  idleCallbacks[0]!.callback();
  assert.deepEqual(calls, [['show', undefined]]);
});

test('shows soon, but not at once, if requestIdleCallback is missing', (context) => {
  Object.assign(globalThis, { requestIdleCallback: undefined });
  const timers: (() => void)[] = [];
  const { mock } = context.mock.method(globalThis, 'setTimeout', (callback: () => void) => timers.push(callback));
  const calls: unknown[][] = [];
  watchLifecycle(
    (isLeaving) => calls.push(['hide', isLeaving]),
    (isOnline) => calls.push(['show', isOnline]),
  );
  mock.restore();
  assert.deepEqual(calls, []);
  assert.equal(timers.length, 1);
  timers[0]!();
  assert.deepEqual(calls, [['show', undefined]]);
});

test('the returned function removes all listeners', (context) => {
  const { stop, fire } = watch(context);
  stop();
  assert.deepEqual(listeners, []);
  for (const [type, hidden] of EVENTS) assert.deepEqual(fire(type, { hidden }), []);
});

test('globals that are methods are called on their object', (context) => {
  const receivers: unknown[] = [];
  const strict = function (this: unknown) {
    receivers.push(this);
  };
  for (const name of ['addEventListener', 'removeEventListener', 'requestIdleCallback', 'setTimeout'] as const) {
    const before = globalThis[name];
    Object.assign(globalThis, { [name]: strict });
    context.after(() => Object.assign(globalThis, { [name]: before }));
  }
  watchLifecycle(
    () => {},
    () => {},
  )();
  Object.assign(globalThis, { requestIdleCallback: undefined });
  watchLifecycle(
    () => {},
    () => {},
  );
  assert.ok(receivers.length >= 3);
  assert.ok(receivers.every((receiver) => receiver === globalThis));
});

for (const clobber of [{}, 'text', 1]) {
  test(`an element called requestIdleCallback is not called, here ${JSON.stringify(clobber)}`, (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    Object.assign(globalThis, { requestIdleCallback: clobber });
    const calls: unknown[] = [];
    watchLifecycle(
      () => {},
      (isOnline) => calls.push(isOnline),
    );
    context.mock.timers.tick(1);
    assert.deepEqual(calls, [undefined]);
  });
}

test('a requestIdleCallback that throws does not keep a page from its first show', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  context.mock.method(globalThis, 'requestIdleCallback', () => {
    throw new Error('broken');
  });
  const calls: unknown[] = [];
  watchLifecycle(
    () => {},
    () => calls.push('show'),
  );
  context.mock.timers.tick(1);
  assert.deepEqual(calls, ['show']);
});

test('an element called hidden does not keep a page from sending when it hides', (context) => {
  const { fire } = watch(context);
  assert.deepEqual(fire('visibilitychange', { hidden: {} as never }), [
    ['hide', false],
    ['hide', undefined],
    ['hide', undefined],
  ]);
});
