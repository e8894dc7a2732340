/** How an attempt went: data, the door is closed to us, or no answer. */
export type Answer<Data> = { kind: 'data'; data: Data } | { kind: 'closed' } | { kind: 'away' };

const EVERY = 1_500;
const SLOWEST = 15_000;
const TIMEOUT = 10_000;

/**
 * Asks again and again while the page is visible, and at once when it becomes visible. While nobody answers the pauses
 * grow, to 15 seconds; once the door is closed there is no point in asking on.
 *
 * @returns asks now, for when the URL has changed
 */
export function poll<Data>(url: () => string, tell: (answer: Answer<Data>) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = EVERY;
  let round = 0;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const own = ++round;
    const answer = await fetchAnswer<Data>(url());
    if (own !== round) return; // a later question has been asked meanwhile
    tell(answer);
    if (answer.kind === 'closed') return;
    pause = answer.kind === 'data' ? EVERY : Math.min(pause * 1.5, SLOWEST);
    if (!document.hidden) timer = setTimeout(ask, pause);
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : void ask()));
  void ask();
  return () => void ask();
}

async function fetchAnswer<Data>(url: string): Promise<Answer<Data>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
    if (response.status === 401) return { kind: 'closed' };
    return response.ok ? { kind: 'data', data: (await response.json()) as Data } : { kind: 'away' };
  } catch {
    return { kind: 'away' }; // refused, timed out or cut off: all the same to who looks
  }
}
