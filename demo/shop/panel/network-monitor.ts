import { describeAnswer } from './describe-answer.ts';
import { measureBody } from './measure-body.ts';

/** One request of the tracker, as the page saw it. Headers are not in it, so neither is the key. */
export interface Exchange {
  id: number;
  /** Milliseconds since 1970. */
  at: number;
  /** Events by collection. */
  sent: Record<string, number>;
  bytes: number;
  keepalive: boolean;
  /** `left`: the page closed before an answer came. */
  state: 'waiting' | 'answered' | 'failed' | 'left';
  /** Milliseconds until the answer. */
  took?: number;
  status?: number;
  /** Events that the collector took. */
  taken?: number;
  /** What it said besides: an error, or why it refused single events. */
  notes?: string[];
}

export interface Wire {
  /** The latest first, at most 40; kept for the tab's life, across pages. */
  readonly exchanges: readonly Exchange[];
  /** Since the tab was opened. */
  readonly totals: Totals;
  readonly offline: boolean;
  /** While offline, requests to other origins fail as they do without a network. */
  setOffline(offline: boolean): void;
  /** Calls back after each change. */
  onChange(listener: () => void): void;
}

/** Requests made, and events that the collector acknowledged. */
interface Totals {
  requests: number;
  taken: number;
}

const KEPT = 40;
const LOG = 'demo.exchanges';
const OFFLINE = 'demo.offline';
/** Both entries of a page, the early script and the page's own, meet here. */
const MEETING_POINT = Symbol.for('mailslot.demo.wire');

/**
 * Watches `fetch`: the panel shows what really leaves the page, without asking the tracker anything. Runs before
 * the tracker does, in a script of its own in the head; a second call finds what the first one made.
 */
export function watchWire(): Wire {
  const meeting = globalThis as { [MEETING_POINT]?: Wire };
  return (meeting[MEETING_POINT] ??= startWatching());
}

function startWatching(): Wire {
  const listeners = new Set<() => void>();
  const { exchanges, totals } = restore();
  let offline = sessionStorage.getItem(OFFLINE) === 'yes';

  // Back from the back/forward cache: later pages of this tab have gone on with the log.
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    const log = restore();
    exchanges.splice(0, Infinity, ...log.exchanges);
    Object.assign(totals, log.totals);
    offline = sessionStorage.getItem(OFFLINE) === 'yes';
    changed();
  });

  const changed = () => {
    // At once, for the next moment may be the page's last.
    sessionStorage.setItem(LOG, JSON.stringify({ exchanges, totals }));
    for (const listener of listeners) listener();
  };

  const direct = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const url = new URL(request?.url ?? String(input), location.href);
    // The page's own requests, to the buttons' routes, are not the tracker's.
    if (url.origin === location.origin) return direct(input, init);

    const exchange: Exchange = {
      id: ++totals.requests,
      at: Date.now(),
      ...measureBody(init?.body),
      keepalive: init?.keepalive ?? request?.keepalive ?? false,
      state: 'waiting',
    };
    exchanges.unshift(exchange);
    exchanges.length = Math.min(exchanges.length, KEPT);
    changed();

    const started = performance.now();
    try {
      // The same error that a browser without a network gives.
      if (offline) throw new TypeError('Failed to fetch');
      // Called before anything is awaited: a request made while the page goes must leave in this very task.
      const response = await direct(input, init);
      const copy = response.clone();
      const took = Math.round(performance.now() - started);
      // The tracker does not wait for the panel.
      void copy.text().then(
        (text) =>
          settle(exchange, { state: 'answered', took, status: response.status, ...describeAnswer(response, text) }),
        () =>
          settle(exchange, {
            state: 'answered',
            took,
            status: response.status,
            taken: 0,
            notes: ['the answer broke off'],
          }),
      );
      return response;
    } catch (error) {
      settle(exchange, { state: 'failed', notes: [offline ? 'no network (switched off above)' : String(error)] });
      throw error;
    }
  };

  const settle = (exchange: Exchange, outcome: Partial<Exchange>) => {
    Object.assign(exchange, outcome);
    totals.taken += outcome.taken ?? 0;
    changed();
  };

  // The tracker may ask the browser too.
  const really = Object.getOwnPropertyDescriptor(Navigator.prototype, 'onLine');
  Object.defineProperty(navigator, 'onLine', {
    configurable: true,
    get: () => !offline && really?.get?.call(navigator) !== false,
  });

  return {
    exchanges,
    totals,
    get offline() {
      return offline;
    },
    setOffline(next) {
      if (next === offline) return;
      offline = next;
      if (offline) sessionStorage.setItem(OFFLINE, 'yes');
      else sessionStorage.removeItem(OFFLINE);
      dispatchEvent(new Event(offline ? 'offline' : 'online'));
      changed();
    },
    onChange: (listener) => void listeners.add(listener),
  };
}

/** The log of this tab's earlier pages. What had no answer then will show none now. */
function restore(): { exchanges: Exchange[]; totals: Totals } {
  const log = sessionStorage.getItem(LOG);
  if (!log) return { exchanges: [], totals: { requests: 0, taken: 0 } };
  const { exchanges, totals } = JSON.parse(log) as { exchanges: Exchange[]; totals: Totals };
  for (const exchange of exchanges) if (exchange.state === 'waiting') exchange.state = 'left';
  return { exchanges, totals };
}
