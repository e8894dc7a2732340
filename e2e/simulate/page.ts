import { createClock } from './clock.ts';
import { createIndexedDb } from './indexed-db.ts';
import { KeyRange } from './key-range.ts';
import type { Sent } from './network.ts';
import type { Task } from './scheduler.ts';
import type { World } from './world.ts';

export interface PageOptions {
  slot: number;
  prerendering: boolean;
  hidden: boolean;
  gpc: boolean;
}

/** A document with a tracker: its state in the browser, and the globals of its script. */
export interface Page {
  id: number;
  slot: number;
  alive: boolean;
  openedAt: number;
  /** The wall clock when the page opened, as `performance.timeOrigin`. */
  timeOrigin: number;
  goneAt: number;
  frozen: boolean;
  /** In the back/forward cache. */
  cached: boolean;
  /** The random numbers that the page has drawn. */
  draws: number[];
  /** Requests in flight. */
  requests: Set<Sent>;
  document: { hidden: boolean; prerendering: boolean; visibilityState: string };
  tracker: any;
  globals: Record<string, unknown>;
  /** Runs something in the page's event loop, later if the page is frozen or cached, never if it is gone. */
  task(ms: number, run: () => void): Task;
  /** The visitor no longer sees the page, or sees it again. */
  setHidden(hidden: boolean): void;
  /** A page in the back/forward cache is thrown out if it is in the way; true if that happened. */
  evict(): boolean;
  /** Resumes a page that was frozen or cached. */
  thaw(): void;
  dispatch(type: string, detail?: object): void;
  /** How much of the latest `ms` milliseconds its thread was held up by other processes. */
  preempted(ms: number): number;
  /** Bytes of its keepalive requests in flight. */
  keepaliveBytes(): number;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createPage(world: World, id: number, { slot, prerendering, hidden, gpc }: PageOptions): Page {
  const listeners = new Map<string, Set<(event: object) => void>>();
  /** Tasks that were due while the page was frozen. */
  let backlog: (() => void)[] = [];

  const page: Page = {
    id,
    slot,
    alive: true,
    openedAt: world.now(),
    timeOrigin: world.wall(),
    goneAt: Infinity,
    frozen: false,
    cached: false,
    draws: [],
    requests: new Set(),
    document: { hidden, prerendering, visibilityState: hidden ? 'hidden' : 'visible' },
    tracker: undefined,

    task(ms, run) {
      const guarded = () => {
        if (!page.alive) return;
        if (page.frozen || page.cached) backlog.push(guarded);
        else {
          world.acting = page;
          clock.begin();
          run();
        }
      };
      return world.after(ms, guarded);
    },

    setHidden(hidden) {
      clock.setHidden(hidden);
      Object.assign(page.document, { hidden, visibilityState: hidden ? 'hidden' : 'visible' });
    },

    evict() {
      if (page.cached) world.leave(page, 'thrown out of the cache');
      return page.cached;
    },

    thaw() {
      page.frozen = page.cached = false;
      const waiting = backlog;
      backlog = [];
      for (const run of waiting) world.after(0, run);
    },

    dispatch(type, detail = {}) {
      world.trace(page, `event ${type}`);
      for (const listener of [...(listeners.get(type) ?? [])]) listener({ type, ...detail });
    },

    preempted: (ms) => clock.preempted(ms),

    keepaliveBytes: () => [...page.requests].reduce((sum, { keepalive, size }) => sum + (keepalive ? size : 0), 0),
    globals: {},
  };

  const clock = createClock(world, page);

  class VirtualDate extends Date {
    constructor(...parts: []) {
      super(...((parts.length ? parts : [clock.wall()]) as []));
    }
    static override now() {
      return clock.wall();
    }
  }

  const math = Object.create(Math, {
    random: {
      value() {
        const draw = world.random.next();
        page.draws.push(draw);
        return draw;
      },
    },
  });

  const window: Record<string, unknown> = {
    Date: VirtualDate,
    Math: math,
    IDBKeyRange: KeyRange,
    indexedDB: createIndexedDb(world.disk, page),
    document: page.document,
    performance: { now: clock.now, timeOrigin: page.timeOrigin },
    navigator: {
      locks: world.settings.noLocks ? undefined : world.locks.forPage(page),
      globalPrivacyControl: gpc,
      onLine: true,
    },
    crypto: {
      getRandomValues: (array: Uint32Array) =>
        array.map((_, index) => (array[index] = Math.floor(world.random.next() * 2 ** 32))),
    },
    console: { warn() {}, error() {}, log() {} },
    setTimeout: clock.setTimeout,
    clearTimeout: clock.clearTimeout,
    requestIdleCallback: (run: () => void) => void page.task(world.random.between(0, 50), run),
    addEventListener: (type: string, listener: (event: object) => void) =>
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener)),
    removeEventListener: (type: string, listener: (event: object) => void) => listeners.get(type)?.delete(listener),
    fetch: (_url: string, init: object) => world.network.send(page, init),
    AbortSignal: {
      timeout(ms: number) {
        const handlers: (() => void)[] = [];
        const signal = { aborted: false, onabort: (handler: () => void) => handlers.push(handler) };
        page.task(ms, () => {
          signal.aborted = true;
          for (const handler of handlers) handler();
        });
        return signal;
      },
    },
  };
  Object.assign(window, { window, self: window, globalThis: window });
  page.globals = window;
  return page;
}

/** The globals that a page's script gets from the simulation, and must not get from Node. */
export const GLOBAL_NAMES = [
  'Date',
  'Math',
  'IDBKeyRange',
  'indexedDB',
  'document',
  'performance',
  'navigator',
  'crypto',
  'console',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'queueMicrotask',
  'requestIdleCallback',
  'addEventListener',
  'removeEventListener',
  'fetch',
  'AbortSignal',
  'AbortController',
  'window',
  'self',
  'globalThis',
  'process',
  'require',
  'localStorage',
];
