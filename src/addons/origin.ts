import { hasPage, type Stop, type Target } from './target.ts';

/** What `origin` adds to events of which a bot may be the cause. */
export interface OriginProperties {
  /**
   * The sum of: 1 automated browser, 2 window without size, 4 window smaller than its page, 8 screen of a server (600 pixels high, without touch).
   */
  suspect?: number;
}

export interface OriginOptions {
  /** Hosts whose events count, which keeps previews out. @default all */
  hosts?: readonly string[];
}

/** Whether this browser does not count. A start after the first finds nothing in the address. */
let isOff = false;

/** The signs of a bot, as a sum; see `OriginProperties`. */
const signs = (): number =>
  +navigator.webdriver +
  2 * +(!outerWidth && !(document as any).prerendering) +
  4 * +(outerWidth && outerWidth < innerWidth) +
  8 * +(!navigator.maxTouchPoints && screen.height <= 600);

/**
 * Marks events of suspected bots with `suspect`, and drops the events of browsers in which `?mailslot=off` was opened
 * (`?mailslot=on` ends that) and of hosts that do not count. It needs a tracker with `use()`.
 *
 * @returns stops
 */
export function origin(tracker: Target, { hosts }: OriginOptions = {}): Stop {
  if (!hasPage) return () => {};
  const url = new URL(location.href);
  const choice = url.searchParams.get('mailslot');
  const isElsewhere = hosts && !hosts.includes(url.hostname);
  isOff = choice ? choice === 'off' : isOff;
  try {
    if (isOff || choice === 'on') {
      url.searchParams.delete('mailslot');
      history.replaceState(history.state, '', url);
      localStorage['mailslot:off'] = choice;
    }
    isOff = localStorage['mailslot:off'] === 'off';
  } catch {
    // Without storage the choice holds for this page.
  }
  const stop = tracker.use?.({
    extend: () => ({ suspect: signs() || undefined }),
    beforeTrack: () => (isOff || isElsewhere ? null : undefined),
  });
  return () => stop?.();
}
