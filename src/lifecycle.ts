const EVENTS = ['visibilitychange', 'prerenderingchange', 'pagehide', 'pageshow', 'online'];

/**
 * The only core file that adds listeners. None for `unload` or `beforeunload`: they would keep the page out of the
 * back/forward cache. Returns a function that takes all of them away.
 *
 * @param hide the page may be gone in a moment; `leaving` when it goes away or into the back/forward cache
 * @param show the page has become idle for the first time (or 5 seconds have passed), the visitor sees it again, or a prerendered
 *   page for the first time, or the network is back (`online`)
 */
export function watchPage(hide: (leaving?: boolean) => void, show: (online: boolean) => void): () => void {
  const listener = ({ type }: Event) => {
    const leaving = type === 'pagehide';
    if (leaving || (document.hidden && type[0] === 'v')) {
      hide(leaving);
      // And what the page's own listeners track in this very moment.
      setTimeout(hide);
    } else show(type === 'online');
  };
  // Caught on the way down, for some of these are the document's and do not bubble.
  const each = (change: typeof addEventListener) => EVENTS.forEach((type) => change(type, listener, true));
  each(addEventListener);
  // Safari cannot tell when a page is idle; it gets no delay that way.
  (window.requestIdleCallback ?? setTimeout)(() => show(false), { timeout: 5000 } as never);
  return () => each(removeEventListener);
}
