import { listValue } from '@duckdb/node-api';
import type { Timeframe } from '../../model/timeframe.ts';
import { timeSlots } from '../time-slots.ts';
import type { Bind } from './binding.ts';

export interface SliceIndex {
  /** The expression of the index. */
  sql: string;
  /** The table that the expression reads, for the FROM clause. */
  table: string;
}

/** SQL that computes the index of the slice that holds an event's `timestamp`. */
export function sliceIndex(slices: Timeframe[], bind: Bind): SliceIndex {
  const origin = slices[0]?.start ?? 0;
  const { current, next, width } = timeSlots(slices);
  const slot = `((epoch_ms(timestamp) - ${bind(BigInt(origin))}::BIGINT) // ${bind(BigInt(width))}::BIGINT + 1)`;
  return {
    sql: `current[${slot}] + (epoch_ms(timestamp) >= next[${slot}])::BIGINT`,
    table: `(SELECT ${bind(listValue(current.map(BigInt)))}::BIGINT[] AS current, ${bind(listValue(next.map(BigInt)))}::BIGINT[] AS next)`,
  };
}
