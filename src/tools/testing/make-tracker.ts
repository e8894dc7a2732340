import { createTracker, type Tracker, type TrackerOptions } from '../../index.ts';

/** A tracker, and how to tell it that the network is back. */
export interface MadeTracker {
  tracker: Tracker;
  goOnline(): void;
}

type Listener = (event: { type: string }) => void;

/** Whether a tracker would take events here: in a page, or what a test has for one. */
const hasPage = () => Boolean(globalThis.document || globalThis.indexedDB);

/**
 * Creates a tracker, also in Node: there it drops its events, because a server has no page. So that a test of a module
 * needs none either, the tracker finds signs of a page while it is created.
 *
 * @throws KeyError and TypeError as `createTracker()` does
 */
export function makeTracker(options: TrackerOptions): MadeTracker {
  if (hasPage()) {
    return {
      tracker: createTracker(options),
      goOnline: () => void globalThis.dispatchEvent?.(new Event('online')),
    };
  }
  let listener: Listener | undefined;
  const signs = { indexedDB: {}, addEventListener: (_: string, added: Listener) => (listener = added) };
  const before = Object.keys(signs).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(signs)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
  }
  try {
    return { tracker: createTracker(options), goOnline: () => listener?.({ type: 'online' }) };
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete (globalThis as Record<string, unknown>)[name];
    }
  }
}
