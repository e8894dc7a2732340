import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

/** The globals of a page that Node lacks. Tests change their properties. */
export const page = {
  navigator: {} as { locks?: object; userAgentData?: object; globalPrivacyControl?: boolean },
  document: { hidden: false } as { hidden: boolean; prerendering?: boolean },
};
for (const [name, value] of Object.entries(page)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/** Time of the stopped clock at the beginning of a test, in milliseconds since the epoch. */
export const START_MS = 1_800_000_000_000;

/**
 * Stops `Date`, `setTimeout` and `performance`.
 *
 * @returns lets `ms` pass on all of them
 */
export function stopClock(context: TestContext): (ms: number) => void {
  context.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: START_MS });
  context.mock.method(performance, 'now', () => Date.now() - START_MS);
  context.mock.getter(performance, 'timeOrigin', () => START_MS);
  return (ms) => context.mock.timers.tick(ms);
}

/**
 * Waits for a condition, and lets the tasks of IndexedDB and `fetch` run in between. Time does not pass on a stopped
 * clock.
 */
export async function until(condition: () => unknown): Promise<void> {
  const MAX_TASKS = 20_000;
  for (let tasks = 0; !condition(); tasks++) {
    assert.ok(tasks < MAX_TASKS, `still not true: ${condition}`);
    await new Promise(setImmediate);
  }
}

/** A promise, and the function that resolves it. */
export function createDeferred<Value = void>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
