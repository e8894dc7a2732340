import { read } from './read.ts';

/**
 * Calls back when the page is hidden or shown. The only file of the core with page events; it avoids `unload` and
 * `beforeunload`, because they keep a page out of the back/forward cache. A worker has only `online`.
 *
 * @param hide the page can end at any moment; `isLeaving` if it unloads or enters the back/forward cache
 * @param show the page became idle for the first time (after 5 seconds at the latest), visible, or active after prerendering;
 *   `isOnline` if the network is back
 * @returns removes the listeners
 */
export function watchLifecycle(hide: (isLeaving?: boolean) => void, show: (isOnline?: boolean) => void): () => void {
  const EVENTS = ['visibilitychange', 'prerenderingchange', 'pagehide', 'pageshow', 'online'];
  const listener = ({ type }: Event) => {
    const isLeaving = type === 'pagehide';
    // `<img name="hidden">` is a property of the document too: then each change counts as hidden, and `pageshow` shows.
    if (isLeaving || (type[0] === 'v' && read('document', 'hidden') !== false)) {
      hide(isLeaving);
      // Once more, because the page's own listeners can track events after this one: behind the window's, which are the
      // last, because a page that unloads runs no timer, and in a later task. Without a prototype, on which the page can
      // have put `signal`.
      globalThis.addEventListener?.(type, () => hide(), { __proto__: null, once: true } as AddEventListenerOptions);
      globalThis.setTimeout(hide);
    } else show(type === 'online');
  };
  // Capture phase: some of these events fire on `document` and do not bubble.
  const each = (change: 'addEventListener' | 'removeEventListener') =>
    EVENTS.forEach((type) => globalThis[change]?.(type, listener as EventListener, true));
  each('addEventListener');
  try {
    globalThis.requestIdleCallback(() => show(), { timeout: 5000 });
  } catch {
    // Safari has none, and there `<a id="requestIdleCallback">` is a property of the window.
    globalThis.setTimeout(show);
  }
  return () => each('removeEventListener');
}
