import { describeAnswer } from './describe-answer.ts';
import { type ExchangeLog, openExchangeLog } from './exchange-log.ts';
import { measureBody } from './measure-body.ts';

/** Records the page's requests to other origins, and can cut them off. */
export interface NetworkMonitor extends Pick<ExchangeLog, 'exchanges' | 'totals'> {
  readonly offline: boolean;
  /** While offline, requests to other origins fail as without a network. Applies to the whole tab. */
  setOffline(offline: boolean): void;
  /** Calls back after each change. */
  onChange(listener: () => void): void;
}

const OFFLINE_KEY = 'demo.offline';
/** The page's two scripts, the early one and its entry, share one monitor through this global. */
const SHARED = Symbol.for('mailslot.demo.network-monitor');

/**
 * Wraps `fetch`, so that the panel shows the requests themselves rather than the tracker's account of them. Must run
 * before the tracker starts. Later calls return the same monitor.
 */
export function monitorNetwork(): NetworkMonitor {
  const shared = globalThis as { [SHARED]?: NetworkMonitor };
  return (shared[SHARED] ??= createNetworkMonitor());
}

function createNetworkMonitor(): NetworkMonitor {
  const log = openExchangeLog();
  const listeners = new Set<() => void>();
  let offline = readOffline();

  const changed = () => {
    for (const listener of listeners) listener();
  };

  // After a return from the back/forward cache: later pages of this tab may have changed both.
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    log.reload();
    offline = readOffline();
    changed();
  });

  const originalFetch = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const url = new URL(request?.url ?? String(input), location.href);
    // Requests to the page's own origin come from the panel's buttons, not from the tracker.
    if (url.origin === location.origin) return originalFetch(input, init);
    return recordedFetch(input, init, init?.keepalive ?? request?.keepalive ?? false);
  };

  async function recordedFetch(input: RequestInfo | URL, init: RequestInit | undefined, keepalive: boolean) {
    const exchange = log.add({ ...measureBody(init?.body), keepalive });
    changed();
    const settle = (result: Parameters<ExchangeLog['settle']>[1]) => {
      log.settle(exchange, result);
      changed();
    };

    const started = performance.now();
    try {
      // The same error as Chromium's without a network.
      if (offline) throw new TypeError('Failed to fetch');
      // No `await` may come before this call: a request of a page that is closing must be made in the same task.
      const response = await originalFetch(input, init);
      const answered = {
        state: 'answered',
        durationMs: Math.round(performance.now() - started),
        status: response.status,
      } as const;
      // Not awaited, because the tracker must not wait for the panel.
      void response
        .clone()
        .text()
        .then(
          (text) => settle({ ...answered, ...describeAnswer(response, text) }),
          () => settle({ ...answered, acknowledged: 0, notes: ['the answer broke off'] }),
        );
      return response;
    } catch (error) {
      settle({ state: 'failed', notes: [offline ? 'no network (switched off above)' : String(error)] });
      throw error;
    }
  }

  // The tracker reads `navigator.onLine` too.
  const onLine = Object.getOwnPropertyDescriptor(Navigator.prototype, 'onLine');
  Object.defineProperty(navigator, 'onLine', {
    configurable: true,
    get: () => !offline && onLine?.get?.call(navigator) !== false,
  });

  return {
    exchanges: log.exchanges,
    totals: log.totals,
    get offline() {
      return offline;
    },
    setOffline(next) {
      if (next === offline) return;
      offline = next;
      if (offline) sessionStorage.setItem(OFFLINE_KEY, 'yes');
      else sessionStorage.removeItem(OFFLINE_KEY);
      dispatchEvent(new Event(offline ? 'offline' : 'online'));
      changed();
    },
    onChange: (listener) => void listeners.add(listener),
  };
}

const readOffline = () => sessionStorage.getItem(OFFLINE_KEY) === 'yes';
