import { listValue } from '@duckdb/node-api';
import type { Timeframe } from '../../model/timeframe.ts';
import type { Bind } from './binding.ts';

export interface SliceIndex {
  /** The expression of the index. */
  sql: string;
  /** The table that the expression reads, for the FROM clause. */
  table: string;
}

interface Slots {
  /** For each slot, the index of the slice at its start. */
  current: number[];
  /** For each slot, the start of the next slice, in milliseconds since 1970. */
  next: number[];
  /** Milliseconds. */
  width: number;
}

/**
 * SQL that computes the index of the slice that holds an event's `timestamp`, by arithmetic; a join would have to sort
 * all events. It divides time into slots of equal width, no wider than a slice, so that at most one slice begins within
 * a slot. For each slot the table lists the slice at its start and the time at which the next slice begins.
 */
export function sliceIndex(slices: Timeframe[], bind: Bind): SliceIndex {
  const origin = slices[0]?.start ?? 0;
  const { current, next, width } = slotsOf(slices);
  const slot = `((epoch_ms(timestamp) - ${bind(BigInt(origin))}::BIGINT) // ${bind(BigInt(width))}::BIGINT + 1)`;
  return {
    sql: `current[${slot}] + (epoch_ms(timestamp) >= next[${slot}])::BIGINT`,
    table: `(SELECT ${bind(listValue(current.map(BigInt)))}::BIGINT[] AS current, ${bind(listValue(next.map(BigInt)))}::BIGINT[] AS next)`,
  };
}

function slotsOf(slices: Timeframe[]): Slots {
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
