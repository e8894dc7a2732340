import type { Stop } from './target.ts';

/** Wraps a callback so that its errors are reported and do not reach the page. */
export const guarded =
  <Args extends unknown[]>(callback: (...args: Args) => unknown) =>
  (...args: Args): void => {
    try {
      callback(...args);
    } catch (error) {
      console.warn('mailslot:', error);
    }
  };

/**
 * Listens in the capture phase, so that a page which stops an event's propagation hides nothing, and passively, so that
 * scrolling never waits. Errors of the listener are reported and do not reach the page.
 *
 * @param types names of events, separated by spaces
 * @returns removes the listeners
 */
export function listen(types: string, listener: (event: any) => unknown, target: EventTarget = window): Stop {
  const controller = new AbortController();
  const { signal } = controller;
  const callback = guarded(listener);
  for (const type of types.split(' ')) {
    target.addEventListener(type, callback, { capture: true, passive: true, signal });
  }
  return () => controller.abort();
}
