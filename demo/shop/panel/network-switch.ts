/** Can cut off the page's requests to other origins. */
export interface NetworkSwitch {
  readonly offline: boolean;
  /** While offline, requests to other origins fail as without a network. Applies to the whole tab. */
  setOffline(offline: boolean): void;
  /** Calls back after each change. */
  onChange(listener: () => void): void;
}

const OFFLINE_KEY = 'demo.offline';
/** The page's two scripts, the early one and its entry, share one switch through this global. */
const SHARED = Symbol.for('mailslot.demo.network-switch');

/** Wraps `fetch`. Must run before the tracker starts. Later calls return the same switch. */
export function switchNetwork(): NetworkSwitch {
  const shared = globalThis as { [SHARED]?: NetworkSwitch };
  return (shared[SHARED] ??= createNetworkSwitch());
}

function createNetworkSwitch(): NetworkSwitch {
  const listeners = new Set<() => void>();
  let offline = readOffline();

  const changed = () => {
    for (const listener of listeners) listener();
  };

  // After a return from the back/forward cache: later pages of this tab may have changed it.
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    offline = readOffline();
    changed();
  });

  const originalFetch = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const { origin } = new URL(input instanceof Request ? input.url : String(input), location.href);
    // Requests to the page's own origin come from the panel's buttons, not from the tracker. The error is Chromium's.
    if (offline && origin !== location.origin) throw new TypeError('Failed to fetch');
    return originalFetch(input, init);
  };

  // The tracker reads `navigator.onLine` too.
  const onLine = Object.getOwnPropertyDescriptor(Navigator.prototype, 'onLine');
  Object.defineProperty(navigator, 'onLine', {
    configurable: true,
    get: () => !offline && onLine?.get?.call(navigator) !== false,
  });

  return {
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
