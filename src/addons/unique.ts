import { hash } from './hash.ts';
import type { Target } from './target.ts';

export interface UniqueOptions {
  /** Milliseconds in which the same event counts once. @default 86400000 (a day) */
  period?: number;
}

const KEY = 'mailslot:unique';

/**
 * A tracker that takes the same event once in each period, in all tabs: `unique(tracker).track('signups', { plan: 'pro' })`.
 * It remembers a hash of each event in localStorage, once the event was stored, so never before consent.
 */
export function unique(tracker: Target, { period = 86_400_000 }: UniqueOptions = {}): Pick<Target, 'track'> {
  /** When each event was taken. */
  const times: Record<string, number> = {};
  return {
    async track(collection: string, event: object) {
      const key = hash(collection + JSON.stringify(event));
      const now = Date.now();
      try {
        Object.assign(times, JSON.parse(localStorage[KEY]));
      } catch {
        // Storage can be empty or forbidden. Then an event is unique on its page.
      }
      if (now - times[key]! < period) return 'dropped';
      times[key] = now;
      const outcome = await tracker.track(collection, event);
      if (outcome === 'dropped') delete times[key];
      if (outcome === 'stored') {
        try {
          localStorage[KEY] = JSON.stringify(times, (_, time) =>
            now - time < period || !(time > 0) ? time : undefined,
          );
        } catch {
          // As above.
        }
      }
      return outcome;
    },
  };
}
