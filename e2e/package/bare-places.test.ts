// The built files in bare JavaScript contexts: edge runtimes, server components, test runners. They lack what a page has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import vm from 'node:vm';
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import type { FlushResult, Outcome, Tracker, TrackerOptions } from '../../src/types.ts';
import { root } from '../fixtures/paths.ts';

const code = readFileSync(join(root, 'dist/index.cjs'), 'utf8');
const OPTIONS = {
  projectId: 'shop',
  writeKey: 'write_good',
  endpoint: 'https://collector.example',
  flushInterval: 1e8,
};

interface Place {
  create(options?: object): Tracker;
  /** What the console was told. */
  said: string[];
}

/** A new context with nothing but the language, a console and these globals. */
function enter(globals: object): Place {
  const said: string[] = [];
  const console = {
    warn: (...values: unknown[]) => said.push(`warn: ${values.join(' ')}`),
    error: (...values: unknown[]) => said.push(`error: ${values.join(' ')}`),
  };
  const context = vm.createContext({ module: { exports: {} }, console, ...globals });
  vm.runInContext(code, context, { filename: 'index.cjs' });
  const { createTracker } = (context['module'] as { exports: { createTracker(options: TrackerOptions): Tracker } })
    .exports;
  return { create: (options) => createTracker({ ...OPTIONS, ...options } as TrackerOptions), said };
}

/** Calls every method; what each has given. */
async function callAll(tracker: Tracker) {
  tracker.setWriteKey('write_better');
  const remove = tracker.use({ extend: { a: 1 } });
  remove();
  const outcomes: Outcome[] = [await tracker.track('visits', { n: 0 }), await tracker.track('visits', { n: 1 })];
  await tracker.setConsent('granted');
  await tracker.setConsent('denied');
  await tracker.setConsent('granted');
  const results: [FlushResult, number] = [await tracker.flush(), await tracker.pending()];
  await tracker.close();
  // Plain, because objects of another context have other prototypes.
  return JSON.parse(JSON.stringify([...outcomes, ...results]));
}

const NOTHING = ['dropped', 'dropped', { delivered: 0, kept: 0, givenUp: 0 }, 0];
const refuse = () => {
  throw new Error('not outside of a request');
};

/** As edge runtimes have them: at module scope they refuse randomness, time and input. */
const EDGE = {
  fetch: refuse,
  setTimeout: refuse,
  clearTimeout: () => {},
  addEventListener: refuse,
  atob,
  crypto: { getRandomValues: refuse, randomUUID: refuse },
  performance: { now: refuse, timeOrigin: 0 },
  navigator: { userAgent: 'Cloudflare-Workers' },
};

for (const [what, globals] of [
  // Every runtime can clear a timer.
  ['nothing but the language', { clearTimeout: () => {} }],
  ['an edge runtime', EDGE],
  ['an edge runtime with self and global', { ...EDGE, self: {}, global: {} }],
  ['a server with a location', { ...EDGE, location: { origin: 'https://shop.example' } }],
  ['a window without a document', { ...EDGE, window: {} }],
] as const) {
  test(`${what} drops events, and is asked for nothing`, async () => {
    const { create, said } = enter(globals);
    const problems: string[] = [];
    const tracker = create({
      onError: ({ code, count }: { code: string; count: number }) => problems.push(code + count),
    });
    assert.deepEqual(await callAll(tracker), NOTHING);
    assert.deepEqual(problems, ['server1']);
    // A path needs no origin here.
    assert.deepEqual(await callAll(create({ endpoint: '/ingest' })), NOTHING);
    assert.deepEqual(said, []);
  });
}

test('without a key the console of an edge runtime is told once, and a wrong key still throws', async () => {
  const { create, said } = enter(EDGE);
  assert.deepEqual(await callAll(create({ writeKey: undefined, projectId: undefined })), NOTHING);
  assert.deepEqual(said, ['error: mailslot is off: writeKey is missing']);
  assert.throws(() => create({ writeKey: 'read_0123456789' }), { name: 'KeyError' });
});

test('neither chance nor the clock is read at import and construction, in a page too', () => {
  const asked: string[] = [];
  const ask = (name: string, value: unknown) => () => {
    asked.push(name);
    return value;
  };
  const { create } = enter({
    ...EDGE,
    setTimeout: ask('setTimeout', 0),
    clearTimeout: () => {},
    addEventListener: () => {},
    document: { hidden: false },
    crypto: { getRandomValues: ask('crypto', 0) },
    performance: { now: ask('performance', 0), timeOrigin: 0 },
    indexedDB: { open: ask('indexedDB', {}) },
  });
  create();
  assert.deepEqual(
    asked.filter((name) => !/indexedDB|setTimeout/.test(name)),
    [],
  );
});

for (const [what, missing] of Object.entries({
  'a worker without navigator and crypto': ['navigator', 'crypto'],
  'a worker without performance.timeOrigin, atob and console': ['performance', 'atob', 'console'],
  'a worker without addEventListener': ['addEventListener'],
})) {
  test(`${what} stores and sends`, async () => {
    const bodies: string[] = [];
    const globals: Record<string, unknown> = {
      setTimeout,
      clearTimeout,
      addEventListener() {},
      removeEventListener() {},
      navigator: {},
      crypto,
      atob,
      performance: { now: () => performance.now(), timeOrigin: performance.timeOrigin },
      indexedDB: new IDBFactory(),
      IDBKeyRange,
      fetch: async (_url: string, { body }: { body: string }) => {
        bodies.push(body);
        return { status: 200, json: async () => ({ visits: [{ success: true }] }) };
      },
    };
    for (const name of missing) delete globals[name];
    if (missing.includes('performance')) globals['performance'] = { now: () => performance.now() };
    const { create } = enter(globals);
    const tracker = create();
    assert.equal(await tracker.track('visits', { n: 0 }), 'stored');
    assert.deepEqual({ ...(await tracker.flush()) }, { delivered: 1, kept: 0, givenUp: 0 });
    assert.equal(bodies.length, 1);
    await tracker.close();
  });
}
