const INTERVAL_MS = 1_500;
const MAX_INTERVAL_MS = 15_000;
const TIMEOUT_MS = 10_000;
/** Growth of the interval with each request that gets no data. */
const BACKOFF = 1.5;

/** The result of a poll: data, the session has ended (401), or no usable answer. */
export type Answer<Data> = { kind: 'data'; data: Data } | { kind: 'logged-out' } | { kind: 'unreachable' };

export interface Poller {
  /** Polls at once, for example because the URL has changed. */
  refresh(): void;
}

/**
 * Polls `url()` every 1.5 seconds while the page is visible, and at once when it becomes visible. If the collector does
 * not answer, the interval grows to at most 15 seconds. Polling ends when the session has ended.
 */
export function startPolling<Data>(url: () => string, onAnswer: (answer: Answer<Data>) => void): Poller {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let interval = INTERVAL_MS;
  let latestRequest = 0;

  async function poll(): Promise<void> {
    clearTimeout(timer);
    const request = ++latestRequest;
    const answer = await fetchAnswer<Data>(url());
    if (request !== latestRequest) return; // a later request is in flight
    onAnswer(answer);
    if (answer.kind === 'logged-out') return;
    interval = answer.kind === 'data' ? INTERVAL_MS : Math.min(interval * BACKOFF, MAX_INTERVAL_MS);
    if (!document.hidden) timer = setTimeout(poll, interval);
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : void poll()));
  void poll();
  return { refresh: () => void poll() };
}

async function fetchAnswer<Data>(url: string): Promise<Answer<Data>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 401) return { kind: 'logged-out' };
    return response.ok ? { kind: 'data', data: (await response.json()) as Data } : { kind: 'unreachable' };
  } catch {
    return { kind: 'unreachable' }; // refused, timed out or cut off
  }
}
