import { hash } from './hash.ts';
import { hasPage, type Target } from './target.ts';

export interface UniqueOptions {
  /** Milliseconds in which the same event counts once. @default 86400000 (a day) */
  period?: number;
}

const KEY = 'mailslot:unique';
/** Events that are remembered; the oldest make room. */
const MOST = 500;

/**
 * A tracker that takes the same event once in each period, in all tabs: `unique(tracker).track('signups', { plan: 'pro' })`.
 * It remembers a hash of each event in localStorage, once the event was stored, so never before consent.
 */
export function unique(tracker: Target, { period = 86_400_000 }: UniqueOptions = {}): Pick<Target, 'track'> {
  const memory: Record<string, number> = {};
  const read = (): Record<string, number> => {
    try {
      return { ...JSON.parse(localStorage.getItem(KEY) ?? '{}'), ...memory };
    } catch {
      // Storage can be forbidden, and another script can have written anything.
      return memory;
    }
  };
  return {
    async track(collection: string, event: object) {
      const key = hash(collection + JSON.stringify(event));
      const now = Date.now();
      if (!hasPage || now - (read()[key] ?? -Infinity) < period) return 'dropped';
      memory[key] = now;
      const outcome = await tracker.track(collection, event);
      if (outcome === 'stored') {
        const fresh = Object.entries(read()).filter(([, time]) => now - time < period);
        try {
          localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(fresh.slice(-MOST))));
        } catch {
          // Without storage an event is unique on its page.
        }
      } else if (outcome === 'dropped') delete memory[key];
      return outcome;
    },
  };
}
