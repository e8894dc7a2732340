import { hash } from './hash.ts';
import { listen } from './listen.ts';
import { hasPage, type Stop, type Target } from './target.ts';

/** What `sessions` adds to each event, if the tracker has `use()`. */
export interface SessionProperties {
  session: string;
  /** Seconds since the session began. */
  session_age: number;
  /** The number of the event in its session, from 1; 0 for `session_starts`. */
  session_event: number;
}

/** For a tracker's event map. */
export interface SessionEvents {
  /** One for each session, whatever happens. */
  session_starts: SessionProperties;
}

export interface SessionOptions {
  /** Milliseconds without an event or input after which a session ends. @default 1800000 (30 minutes) */
  idle?: number;
  /** The longest session, in milliseconds. @default 86400000 (24 hours) */
  longest?: number;
  /** Whether a new campaign or another referring site begins a session. @default true */
  campaign?: boolean;
}

/** As all tabs know it. */
interface Session {
  id: string;
  /** Times in milliseconds since the epoch. */
  start: number;
  last: number;
  events: number;
  /** Fingerprint of the campaign that it began with. */
  campaign: string;
  /** Whether an event of it was stored, so that it may be remembered. */
  isStored: boolean;
}

const KEY = 'mailslot:session';
/** Time for other tabs to answer. */
const ANSWER_MS = 50;
/** Activity is written and told to other tabs no more often. */
const SHARE_MS = 5000;
/** Input counts no more often, so that a scroll costs next to nothing. */
const INPUT_MS = 1000;

/** Of this page. It outlives a stop, so that a start right after it goes on with the same one. */
let session: Session | undefined;

/** The campaign of the page's address, else the site that referred to it. Empty if a visitor came directly or from here. */
function currentCampaign(): string {
  const names = [...new URLSearchParams(location.search)].filter(([name]) => /^utm_|clid$/.test(name));
  if (names.length) return hash(String(names));
  // Without subdomains. The list of public suffixes is too long for a page.
  const site = (url: string) =>
    /^https?:\/\/[^/]*?([^./]+\.(\w{2,3}\.)?\w+)(:|\/|$)/.exec(url)?.[1] ?? url.split('/')[2];
  const from = site(document.referrer);
  return from && from !== site(location.href) ? hash(from) : '';
}

/**
 * Gives each event the id of its session, and tracks the begin of each session as `session_starts`. The id is 64 random
 * bits in sessionStorage, shared with the origin's other tabs, and gone with the last one. It is written once an event
 * of the session was stored, so never before consent.
 *
 * @returns stops
 */
export function sessions(tracker: Target, options: SessionOptions = {}): Stop {
  if (!hasPage) return () => {};
  const { idle = 1_800_000, longest = 86_400_000, campaign = true } = options;
  let channel: BroadcastChannel | undefined;
  /** The campaign of this page, until a session has taken it. */
  let arrived = campaign ? currentCampaign() : '';
  let isShared = !!session;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const isOver = (now: number) =>
    !session || now - session.last > idle || now - session.start > longest || (arrived && arrived !== session.campaign);

  const properties = (number: number, now = Date.now()): SessionProperties => ({
    session: session!.id,
    session_age: Math.round((now - session!.start) / 1000),
    session_event: number,
  });

  /** Writes the session and tells other tabs. */
  const share = () => {
    isShared = true;
    if (!session) return;
    if (session.isStored) sessionStorage.setItem(KEY, JSON.stringify(session));
    channel?.postMessage(session);
  };

  const sync = async () => {
    clearTimeout(timer);
    timer = undefined;
    const begun = session;
    if (begun && !begun.isStored) {
      // A repeat has the same token and does not count. Its outcome tells whether events are stored by now.
      const outcome = await tracker.track('session_starts', {
        ...properties(0, begun.start),
        keen: { uniqueness_token: 'session-' + begun.id, timestamp: new Date(begun.start).toISOString() },
      });
      if (outcome === 'stored') begun.isStored = true;
    }
    share();
  };

  /** Notes activity. */
  const touch = (now: number) => {
    session!.last = now;
    timer ??= setTimeout(() => sync().catch(console.warn), isShared ? SHARE_MS : ANSWER_MS);
  };

  const next = () => {
    const now = Date.now();
    if (isOver(now)) {
      const id = [...crypto.getRandomValues(new Uint32Array(2))].map((part) => part.toString(36)).join('');
      session = { id, start: now, last: now, events: 0, campaign: arrived, isStored: false };
    }
    arrived = '';
    touch(now);
  };

  const open = () => {
    try {
      session ??= JSON.parse(sessionStorage.getItem(KEY) ?? 'null') ?? undefined;
      isShared ||= !!session;
      channel = new BroadcastChannel(KEY);
    } catch {
      // Storage can be forbidden; the session then lasts as long as the page.
      return;
    }
    channel.onmessage = ({ data }) => {
      // A tab that has just opened asks.
      if (!data) return isShared && share();
      const isNewer = !session || (data.start >= session.start && data.last >= session.last);
      const isFirst = !isShared && (!session?.campaign || session.campaign === data.campaign);
      if (isNewer || isFirst) session = data;
    };
    channel.postMessage(null);
  };

  open();
  const stops = [
    tracker.use?.({
      extend: (collection) => {
        if (collection === 'session_starts') return {};
        next();
        return properties(++session!.events);
      },
    }),
    listen('pointerdown keydown scroll pagehide pageshow', ({ type, persisted }) => {
      const now = Date.now();
      if (type === 'pagehide') {
        if (timer) sync().catch(console.warn);
        // An open channel keeps a page out of the back/forward cache.
        channel?.close();
      } else if (type === 'pageshow') persisted && open();
      else if (now - (session?.last ?? 0) > INPUT_MS && !isOver(now)) touch(now);
    }),
  ];
  if (!tracker.use) next();
  return () => {
    clearTimeout(timer);
    channel?.close();
    for (const stop of stops) stop?.();
  };
}
