import { guarded, listen } from './listen.ts';
import { mask } from './mask.ts';
import { hasPage, LEAVE, type Stop, type Target } from './target.ts';

/** A part of the attention that a view got. A view can have several; add up `engaged_ms` by `view`. */
export interface EngagementEvent {
  path: string;
  /** Milliseconds since the view's last event in which the page was visible and had the focus. */
  engaged_ms: number;
  /** The deepest point that was visible so far, in per cent of the page's height. */
  scroll: number;
  /** Whether the end of the page was visible. */
  reached_end: boolean;
}

/** For a tracker's event map. */
export interface EngagementEvents {
  engagements: EngagementEvent;
}

export interface EngagementOptions {
  /** Selector of the element that scrolls. @default the page */
  scrollRoot?: string;
}

/** Less than this is not worth an event, unless the visitor scrolled on. */
const LEAST_MS = 3000;
/** Attention without any input ends here. */
const IDLE_MS = 1_800_000;
const SCROLL_MS = 100;

/**
 * Tracks how long a visitor looked at a view and how far they scrolled, as `engagements` events: when the page hides or
 * is left, and, with `views`, before the next view of a single-page app.
 *
 * @returns stops tracking
 */
export function engagement(tracker: Target, { scrollRoot }: EngagementOptions = {}): Stop {
  if (!hasPage) return () => {};
  let path = mask(location.pathname);
  let engaged = 0;
  /** When the clock started; undefined while it stands. */
  let since: number | undefined;
  let lastInput = performance.now();
  /** Pixels from the top of the page to the deepest point that was visible. */
  let bottom = 0;
  let height = 1;
  let hasEnded = false;
  let wasSeen = false;
  /** The depth of the last event; -1 before the view's first. */
  let sent = -1;
  let scrolling: ReturnType<typeof setTimeout> | undefined;

  const measure = () => {
    const root = (scrollRoot && document.querySelector(scrollRoot)) || document.scrollingElement;
    if (!root) return;
    height = root.scrollHeight;
    bottom = Math.max(bottom, root.scrollTop + root.clientHeight);
    // Positions can be fractions of a pixel.
    if (bottom > height - 2) hasEnded = true;
  };

  /** Adds the time that has passed. The clock goes on if the page is visible and has the focus. */
  const count = (isLeaving?: boolean) => {
    const now = performance.now();
    if (since !== undefined) engaged += Math.max(0, Math.min(now, lastInput + IDLE_MS) - since);
    if (!document.hidden) wasSeen = true;
    const isActive = !isLeaving && !document.hidden && document.hasFocus();
    // Whoever comes back is there.
    if (isActive && since === undefined) lastInput = now;
    since = isActive ? now : undefined;
    return now;
  };

  const send = () => {
    measure();
    const scroll = Math.min(100, Math.round((bottom / height) * 100));
    if (!wasSeen || (scroll <= sent && engaged < LEAST_MS)) return;
    tracker.track('engagements', { path, engaged_ms: Math.round(engaged), scroll, reached_end: hasEnded });
    engaged = 0;
    sent = scroll;
  };

  // A scroll must cost next to nothing, so positions are read ten times a second.
  const onScroll = guarded(() => {
    scrolling = undefined;
    lastInput = count();
    measure();
  });

  const stop = listen(
    `scroll pointerdown keydown visibilitychange pagehide pageshow focus blur load ${LEAVE}`,
    ({ type }) => {
      if (type === 'scroll') {
        scrolling ??= setTimeout(onScroll, SCROLL_MS);
        return;
      }
      const now = count(type === 'pagehide');
      if (/down$/.test(type)) lastInput = now;
      if (type === 'load') measure();
      if (type === 'pagehide' || (type[0] === 'v' && document.hidden)) send();
      if (type !== LEAVE) return;
      send();
      path = mask(location.pathname);
      engaged = bottom = 0;
      sent = -1;
      hasEnded = wasSeen = false;
      count();
    },
  );
  count();
  return () => {
    count(true);
    send();
    stop();
    clearTimeout(scrolling);
  };
}
