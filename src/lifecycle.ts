/**
 * Calls back when the page is hidden or shown. The only file of the core with page events; it avoids `unload` and
 * `beforeunload`, because they keep a page out of the back/forward cache.
 *
 * @param hide the page can end at any moment; `isLeaving` if it unloads or enters the back/forward cache
 * @param show the page became idle for the first time (after 5 seconds at the latest), visible, or active after prerendering;
 *   `isOnline` if the network is back
 * @returns removes the listeners
 */
export function watchLifecycle(hide: (isLeaving?: boolean) => void, show: (isOnline: boolean) => void): () => void {
  const EVENTS = ['visibilitychange', 'prerenderingchange', 'pagehide', 'pageshow', 'online'];
  const listener = ({ type }: Event) => {
    const isLeaving = type === 'pagehide';
    if (isLeaving || (document.hidden && type[0] === 'v')) {
      hide(isLeaving);
      // Once more, because the page's own listeners can track events after this one.
      setTimeout(hide);
    } else show(type === 'online');
  };
  // Capture phase: some of these events fire on `document` and do not bubble.
  const each = (change: typeof addEventListener) => EVENTS.forEach((type) => change(type, listener, true));
  each(addEventListener);
  // Safari has no requestIdleCallback; `setTimeout` ignores the object and calls back at once.
  (window.requestIdleCallback ?? setTimeout)(() => show(false), { timeout: 5000 } as never);
  return () => each(removeEventListener);
}
