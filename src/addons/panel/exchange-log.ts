/** One request of the tracker and its answer. Has no headers, and so no key. */
export interface Exchange {
  id: number;
  /** Milliseconds since 1970. */
  at: number;
  /** Number of events in each collection. */
  eventCounts: Record<string, number>;
  bytes: number;
  /** `page-closed`: the page closed before the answer arrived. */
  state: 'in-flight' | 'answered' | 'failed' | 'page-closed';
  /** Time until the answer. */
  durationMs?: number;
  status?: number;
  /** Events that the collector acknowledged. */
  acknowledged?: number;
  /** An error, or the reasons for refused events. */
  notes?: string[];
}

/** Requests made and events acknowledged since the tab was opened. */
export interface Totals {
  requests: number;
  acknowledged: number;
}

/** The tab's exchanges. They are kept in sessionStorage, because each page of the website is a new load. */
export interface ExchangeLog {
  /** Newest first, at most 40. */
  readonly exchanges: readonly Exchange[];
  readonly totals: Readonly<Totals>;
  /** Adds a request that is about to be sent. */
  add(request: Pick<Exchange, 'eventCounts' | 'bytes'>): Exchange;
  settle(exchange: Exchange, result: Partial<Exchange>): void;
  /** Reads the log again, because later pages of this tab have changed it. */
  reload(): void;
}

const MAX_EXCHANGES = 40;
const STORAGE_KEY = 'mailslot:panel';

export function openExchangeLog(): ExchangeLog {
  const { exchanges, totals } = read();

  // After each change, because the page can close at any time.
  const save = () => {
    try {
      sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ exchanges, totals }));
    } catch {
      // Without storage the log is that of this page.
    }
  };

  return {
    exchanges,
    totals,
    add(request) {
      const exchange: Exchange = { id: ++totals.requests, at: Date.now(), ...request, state: 'in-flight' };
      exchanges.unshift(exchange);
      exchanges.length = Math.min(exchanges.length, MAX_EXCHANGES);
      save();
      return exchange;
    },
    settle(exchange, result) {
      Object.assign(exchange, result);
      totals.acknowledged += result.acknowledged ?? 0;
      save();
    },
    reload() {
      const log = read();
      exchanges.splice(0, Infinity, ...log.exchanges);
      Object.assign(totals, log.totals);
      save();
    },
  };
}

/** The log of this tab's earlier pages. Their requests in flight can no longer be answered. */
function read(): { exchanges: Exchange[]; totals: Totals } {
  try {
    const { exchanges, totals } = JSON.parse(sessionStorage.getItem(STORAGE_KEY)!);
    for (const exchange of exchanges) if (exchange.state === 'in-flight') exchange.state = 'page-closed';
    return { exchanges, totals };
  } catch {
    return { exchanges: [], totals: { requests: 0, acknowledged: 0 } };
  }
}
