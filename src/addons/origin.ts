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

/** `'off'` if this browser does not count. It outlives a stop, because a start after the first finds nothing in the address. */
let state: string | null | undefined;

/** The signs of a bot, as a sum; see `OriginProperties`. */
const signs = (): number =>
  (navigator.webdriver ? 1 : 0) +
  (outerWidth || (document as any).prerendering ? 0 : 2) +
  (outerWidth && outerWidth < innerWidth ? 4 : 0) +
  (navigator.maxTouchPoints || screen.height > 600 ? 0 : 8);

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
  try {
    if (choice === 'off' || choice === 'on') {
      state = choice;
      url.searchParams.delete('mailslot');
      history.replaceState(history.state, '', url);
      localStorage['mailslot:off'] = choice;
    }
    state = localStorage['mailslot:off'];
  } catch {
    // Without storage the choice holds for this page.
  }
  const stop = tracker.use?.({
    extend: () => ({ suspect: signs() || undefined }),
    beforeTrack() {
      if (state === 'off' || isElsewhere) return null;
    },
  });
  return stop ?? (() => {});
}
