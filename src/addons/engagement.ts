import { guarded, listen } from './listen.ts';
import { mask } from './mask.ts';
import { resumable, type Start } from './resumable.ts';

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
/** Attention without any sign of the visitor ends here. */
const IDLE_MS = 1_800_000;
/** What was seen for a shorter time before a stop is kept for the start that follows. */
const RESTART_MS = 50;
/** A scroll must cost next to nothing, so positions are read ten times a second. */
const SCROLL_MS = 100;

/**
 * Tracks how long a visitor looked at a view and how far they scrolled, as `engagements` events: when the page hides or
 * is left, and, with `views`, before the next view of a single-page app.
 *
 * @returns stops tracking
 */
export const engagement: Start<EngagementOptions> = resumable(() => {
  let path: string;
  let engaged: number;
  /** Pixels from the top of the page to the deepest point that was visible; 0 if the page was never visible. */
  let bottom: number;
  /** The depth of the last event; -1 before the view's first. */
  let sent: number;
  /** When the clock was read last, and when it stops. */
  let since = 0;
  let until = 0;
  /** Ends with the next reading of the position. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (tracker, { scrollRoot }) => {
    /** Adds what the visitor has seen. The clock goes on if the page is visible and has the focus. */
    const measure = (type?: string) => {
      const now = performance.now();
      engaged += Math.max(0, Math.min(now, until) - since);
      since = now;
      until = type === 'pagehide' || document.hidden || !document.hasFocus() ? 0 : now + IDLE_MS;
      clearTimeout(timer);
      timer = undefined;
      // Then the address is already that of the next view.
      if (type !== 'mailslot:leave') path = mask(location.pathname);
      const root = (scrollRoot && document.querySelector(scrollRoot)) || document.scrollingElement || document.body;
      const { scrollTop, clientHeight, scrollHeight } = root;
      if (bottom || !document.hidden) bottom = Math.max(bottom, scrollTop + clientHeight);
      return Math.min(100, Math.round((bottom / scrollHeight) * 100));
    };

    const begin = () => {
      engaged = bottom = 0;
      sent = -1;
      measure();
    };

    const listener = ({ type }: { type: string }) => {
      if (type === 'scroll') {
        timer ??= setTimeout(measure, SCROLL_MS);
      } else {
        const scroll = measure(type);
        if (bottom && (document.hidden || /hide|leave/.test(type)) && (scroll > sent || engaged >= LEAST_MS)) {
          tracker.track('engagements', { path, engaged_ms: Math.round(engaged), scroll, reached_end: scroll === 100 });
          engaged = 0;
          sent = scroll;
        }
        if (type === 'mailslot:leave') begin();
      }
    };

    if (path) measure();
    else begin();
    const stop = listen(
      'scroll pointerdown keydown visibilitychange pagehide pageshow focus blur load mailslot:leave',
      listener,
    );
    return () => {
      stop();
      measure('pagehide');
      if (engaged > RESTART_MS) guarded(listener)({ type: 'pagehide' });
    };
  };
});
