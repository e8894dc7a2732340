import type { Timeframe } from '../model/timeframe.ts';

/**
 * Time in slots of equal width, no wider than a slice, so that at most one slice begins within a slot. With it an engine
 * finds an event's slice by arithmetic; a join would have to sort all events.
 */
export interface TimeSlots {
  /** For each slot, the index of the slice at its start. */
  current: number[];
  /** For each slot, the start of the next slice, in milliseconds since 1970. */
  next: number[];
  /** Milliseconds. */
  width: number;
}

/** @param slices parts of a timeframe, in order, without gaps */
export function timeSlots(slices: Timeframe[]): TimeSlots {
  const [first, last] = [slices[0], slices.at(-1)];
  if (!first || !last) return { current: [0], next: [0], width: 1 }; // an empty timeframe has no slices
  // The first and the last slice can be shorter, but no slice begins before the first or after the last.
  const inner = slices.slice(1, -1).map(({ start, end }) => end - start);
  const width = Math.min(last.end - first.start, ...inner);
  const current: number[] = [];
  const next: number[] = [];
  for (let start = first.start, slice = 0; start < last.end; start += width) {
    while (slices[slice]!.end <= start) slice++;
    current.push(slice);
    next.push(slices[slice]!.end);
  }
  return { current, next, width };
}
