import { DAY } from './time.ts';

/** Milliseconds that are forgotten together. Shorter ones would keep fewer that are too old, but each is one more to look into. */
export const SPAN = 8 * DAY;

/** A set or map for each span of time, so that what is too old goes as a whole, to within a span. */
export function spans<T>(make: () => T) {
  const made = new Map<number, T>();

  return {
    /** The one for that time, in milliseconds since 1970. */
    at(time: number): T {
      const index = Math.floor(time / SPAN);
      const span = made.get(index) ?? make();
      made.set(index, span);
      return span;
    },
    all: (): T[] => [...made.values()],
    /** Forgets those that ended before then. */
    forget(before: number): void {
      for (const index of made.keys()) if ((index + 1) * SPAN <= before) made.delete(index);
    },
  };
}
