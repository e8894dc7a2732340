import { hasPage, type Stop, type Target } from './target.ts';

/** What `origin` adds to events of which a bot may be the cause. */
export interface OriginProperties {
  /**
   * The sum of: 1 automated browser, 2 window without size, 4 window smaller than its page, 8 screen of a server.
   */
  suspect?: number;
}

export interface OriginOptions {
  /** Hosts whose events count, which keeps previews out. @default all */
  hosts?: readonly string[];
}

const KEY = 'mailslot:off';

/** The signs of a bot, as a sum; see `OriginProperties`. */
function signs(): number {
  const { outerWidth, innerWidth, screen, navigator } = window;
  return (
    +navigator.webdriver +
    2 * +(!outerWidth && !(document as any).prerendering) +
    4 * +(outerWidth && outerWidth < innerWidth) +
    8 * +(!navigator.maxTouchPoints && /^(800,600|1024,768|1280,1200)$/.test(`${[screen.width, screen.height]}`))
  );
}

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
  let isOff = hosts && !hosts.includes(url.hostname);
  if (choice) {
    url.searchParams.delete('mailslot');
    history.replaceState(history.state, '', url);
  }
  try {
    if (choice) localStorage[KEY] = choice;
    isOff ||= localStorage[KEY] === 'off';
  } catch {
    // Without storage the choice holds for this page.
    isOff ||= choice === 'off';
  }
  return tracker.use!({
    extend: () => ({ suspect: signs() || undefined }),
    beforeTrack: () => (isOff ? null : undefined),
  });
}
