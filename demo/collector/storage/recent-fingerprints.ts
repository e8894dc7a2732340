import { fingerprints, type Fingerprints } from './fingerprints.ts';
import { DAY } from './time.ts';

/** Milliseconds whose fingerprints are forgotten together. Shorter ones would keep fewer that are too old, but each is one more to look into. */
export const SPAN = 8 * DAY;

/** Fingerprints and, to within a span, when they were made: those of a whole span can be forgotten at once. */
export function recentFingerprints() {
  const spans = new Map<number, Fingerprints>();

  return {
    /** @param at milliseconds since 1970 */
    add(fingerprint: number, at: number): void {
      const index = Math.floor(at / SPAN);
      const span = spans.get(index) ?? fingerprints();
      spans.set(index, span);
      span.add(fingerprint);
    },
    has(fingerprint: number): boolean {
      for (const span of spans.values()) if (span.has(fingerprint)) return true;
      return false;
    },
    /** Forgets the spans that ended before then. */
    forget(before: number): void {
      for (const index of spans.keys()) if ((index + 1) * SPAN <= before) spans.delete(index);
    },
  };
}
