import { DuckDBTimestampValue } from '@duckdb/node-api';

/** The database counts microseconds. */
export const toDatabase = (milliseconds: number) => new DuckDBTimestampValue(BigInt(milliseconds) * 1000n);

export const fromDatabase = (value: unknown): number => Number((value as DuckDBTimestampValue).micros / 1000n);

/** Milliseconds. */
export const DAY = 86_400_000;
