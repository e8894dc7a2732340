import { DuckDBTimestampValue } from '@duckdb/node-api';

// Times are milliseconds since 1970 in the collector and microseconds in the database.

export const toTimestamp = (milliseconds: number) => new DuckDBTimestampValue(BigInt(milliseconds) * 1000n);

export const fromTimestamp = (value: unknown): number => Number((value as DuckDBTimestampValue).micros / 1000n);
