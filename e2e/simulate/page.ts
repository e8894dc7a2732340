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

/** A document with a tracker in it: what the browser knows of it, and the world that it sees. */
export type Page = ReturnType<typeof createPage>;

export function createPage(world: World, id: number, { slot, prerendering, hidden, gpc }: PageOptions) {
  const listeners = new Map<string, Set<(event: object) => void>>();
  /** What would have happened to it while it is frozen. */
  let backlog: (() => void)[] = [];

  const page = {
    id,
    slot,
    alive: true,
    openedAt: world.now(),
    goneAt: Infinity,
    frozen: false,
    /** In the back/forward cache. */
    cached: false,
    /** Numbers that chance gave it, the last one and how many. */
    draw: 0,
    draws: 0,
    requests: new Set<Sent>(),
    document: { hidden, prerendering, visibilityState: hidden ? 'hidden' : 'visible' },
    tracker: undefined as any,

    task(ms: number, run: () => void): Task {
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

    /** The visitor no longer sees it, or sees it again. */
    setHidden(hidden: boolean) {
      clock.setHidden(hidden);
      Object.assign(page.document, { hidden, visibilityState: hidden ? 'hidden' : 'visible' });
    },

    evict(): boolean {
      if (page.cached) world.leave(page, 'thrown out of the cache');
      return page.cached;
    },

    /** Goes on after it was frozen or cached. */
    thaw() {
      page.frozen = page.cached = false;
      const waiting = backlog;
      backlog = [];
      for (const run of waiting) world.after(0, run);
    },

    dispatch(type: string, detail: object = {}) {
      world.trace(page, `event ${type}`);
      for (const listener of [...(listeners.get(type) ?? [])]) listener({ type, ...detail });
    },

    keepaliveBytes: () => [...page.requests].reduce((sum, { keepalive, size }) => sum + (keepalive ? size : 0), 0),
    globals: {} as Record<string, unknown>,
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
        page.draws++;
        return (page.draw = world.random.next());
      },
    },
  });

  const window: Record<string, unknown> = {
    Date: VirtualDate,
    Math: math,
    IDBKeyRange: KeyRange,
    indexedDB: createIndexedDb(world.disk, page),
    document: page.document,
    performance: { now: clock.now },
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

/** The names that a page's script finds in its world, and must not find elsewhere. */
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
