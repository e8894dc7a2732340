import { listValue } from '@duckdb/node-api';
import type { Timeframe } from '../../queries/timeframe.ts';
import type { Bind } from './binding.ts';

/**
 * The index of the slice in which an event's `timestamp` lies, as SQL, and the table that it needs. A join would have to sort
 * every event; here each finds its slice by arithmetic. Time is cut into slots no wider than a slice, so that at most one
 * slice begins inside of a slot: a slot's own number says which slice it begins in and when the next one begins.
 */
export function sliceOf(slices: Timeframe[], bind: Bind): { sql: string; table: string } {
  const origin = slices[0]?.start ?? 0;
  const { current, next, width } = slots(slices);
  const slot = `((epoch_ms(timestamp) - ${bind(BigInt(origin))}::BIGINT) // ${bind(BigInt(width))}::BIGINT + 1)`;
  return {
    sql: `current[${slot}] + (epoch_ms(timestamp) >= next[${slot}])::BIGINT`,
    table: `(SELECT ${bind(listValue(current.map(BigInt)))}::BIGINT[] AS current, ${bind(listValue(next.map(BigInt)))}::BIGINT[] AS next)`,
  };
}

function slots(slices: Timeframe[]): { current: number[]; next: number[]; width: number } {
  const [first, last] = [slices[0], slices.at(-1)];
  if (!first || !last) return { current: [0], next: [0], width: 1 }; // of a timeframe in which nothing is
  // The first and the last may be cut short; no slice begins before the one or after the other.
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
