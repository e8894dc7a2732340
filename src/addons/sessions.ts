import { hash } from './hash.ts';
import { guarded, listen } from './listen.ts';
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
/** Time for other tabs to answer, before a session is theirs too. */
const ANSWER_MS = 50;

/** Of this page. It outlives a stop, so that a start right after it goes on with the same one. */
let session: Session | undefined;

/**
 * Gives each event the id of its session, and tracks the begin of each session as `session_starts`. The id is 64 random
 * bits in sessionStorage, shared with the origin's other tabs, and gone with the last one. It is written once an event
 * of the session was stored, so never before consent. It needs a tracker with `use()`.
 *
 * @returns stops
 */
export function sessions(tracker: Target, options: SessionOptions = {}): Stop {
  if (!hasPage) return () => {};
  const { idle = 1_800_000, longest = 86_400_000, campaign = true } = options;
  let channel: BroadcastChannel | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const parameters = campaign && location.search.match(/\b(utm_|\w+clid)[^&]+/g);
  /** The campaign of this page, until a session has taken it. */
  let arrived = parameters ? hash(`${parameters}`) : '';

  const isOver = (now = Date.now()) =>
    !session || now - session.last > idle || now - session.start > longest || (arrived && arrived !== session.campaign);

  const write = () => {
    try {
      if (session!.isStored) sessionStorage[KEY] = JSON.stringify(session);
    } catch {
      // Storage is forbidden or full, so the session lasts as long as the page.
    }
  };

  /** Tells other tabs, and tracks the begin until it is stored. A repeat has the same token and does not count. */
  const share = guarded(() => {
    clearTimeout(timer);
    timer = undefined;
    if (!session) return;
    channel?.postMessage(session);
    if (session.isStored) return;
    const { id, start } = session;
    tracker
      .track('session_starts', {
        session: id,
        session_age: 0,
        session_event: 0,
        keen: { uniqueness_token: `session-${id}`, timestamp: new Date(start).toISOString() },
      })
      .then((outcome) => {
        session!.isStored = outcome === 'stored';
        write();
      });
  });

  const open = () => {
    channel?.close();
    // jsdom has none.
    if (!globalThis.BroadcastChannel) return;
    channel = new BroadcastChannel(KEY);
    channel.onmessage = ({ data }) => {
      // A tab that has just opened asks. Of two sessions the older one counts, unless a campaign began the other.
      if (!data) share();
      else if (
        isOver() ||
        (data.campaign === session!.campaign ? data.start <= session!.start : data.start > session!.start)
      )
        session = data;
    };
    channel.postMessage(0);
  };

  try {
    session ??= JSON.parse(sessionStorage[KEY]);
  } catch {
    // There is none, or storage is forbidden and the session lasts as long as the page.
  }
  open();
  const stops = [
    tracker.use?.({
      extend(collection) {
        if (collection === 'session_starts') return {};
        const now = Date.now();
        if (isOver(now)) {
          const [id] = crypto.getRandomValues(new BigUint64Array(1));
          session = { id: id!.toString(36), start: now, last: now, events: 0, campaign: arrived, isStored: false };
        }
        arrived = '';
        session!.last = now;
        const session_event = ++session!.events;
        // Only here, because a tracker without consent asks for no properties.
        write();
        timer ??= setTimeout(share, ANSWER_MS);
        return { session: session!.id, session_age: Math.round((now - session!.start) / 1000), session_event };
      },
    }),
    // Each `scroll` event would cost as much as a call.
    listen('pointerdown keydown scrollend pagehide pageshow', ({ type, persisted }) => {
      if (type === 'pagehide') {
        if (timer) share();
        // An open channel keeps a page out of the back/forward cache.
        channel?.close();
      } else if (persisted) open();
      else if (!isOver()) session!.last = Date.now();
    }),
  ];
  return () => {
    if (timer) share();
    channel?.close();
    for (const stop of stops) stop?.();
  };
}
