import { SettingsError } from '../../model/settings-error.ts';
import { statement } from './binding.ts';
import { type Access, DATABASE, openClient } from './client.ts';

/**
 * How long a token is kept after its insertion, in days. A stored token makes a later event a repeat for 31 days of the
 * events' times of arrival, and the loader can be behind.
 */
const TOKEN_DAYS = 62;
const PAGE_DAYS = 62;
const REFUSAL_DAYS = 90;

/** All writes are on disk before the offset that vouches for them. */
const DURABLE = 'fsync_after_insert = 1, fsync_part_directory = 1';

/**
 * The tables of one server. Each row has a key that a repeated write has too, so that repeated rows collapse: at a
 * merge for good, and in a query by FINAL.
 *
 * `position` orders the records of a partition: see `positionOf`.
 */
const TABLES: Record<string, string> = {
  // A removal writes the event again, with its position as the version: without the property, or as `removed`. A loader
  // that comes late with version 0 changes nothing then.
  events: `(
    collection LowCardinality(String),
    timestamp Int64 CODEC(DoubleDelta, ZSTD(1)),
    id String CODEC(ZSTD(1)),
    created_at Int64 CODEC(DoubleDelta, ZSTD(1)),
    part UInt16,
    position UInt64 CODEC(Delta, ZSTD(1)),
    event String CODEC(ZSTD(1)),
    version UInt64 DEFAULT 0,
    removed UInt8 DEFAULT 0,
    INDEX arrived created_at TYPE minmax
  ) ENGINE = ReplacingMergeTree(version, removed)
  PARTITION BY toYYYYMM(fromUnixTimestamp64Milli(created_at, 'UTC'))
  ORDER BY (collection, timestamp, id)
  SETTINGS ${DURABLE}`,
  tokens: `(
    part UInt16,
    hash UInt128,
    position UInt64,
    created_at Int64,
    kept_until Date DEFAULT today() + ${TOKEN_DAYS}
  ) ENGINE = ReplacingMergeTree
  PARTITION BY toMonday(kept_until)
  ORDER BY (part, hash, position)
  TTL kept_until
  SETTINGS index_granularity = 512, ttl_only_drop_parts = 1, ${DURABLE}`,
  repeats: `(
    collection String,
    part UInt16,
    position UInt64,
    dropped UInt32
  ) ENGINE = ReplacingMergeTree
  ORDER BY (collection, part, position)
  SETTINGS ${DURABLE}`,
  // Sets, and not counts, so that a repeated write changes nothing.
  pages: `(
    page UInt64,
    numbers AggregateFunction(groupBitmap, UInt32),
    repeats AggregateFunction(uniqExact, UInt64),
    highest SimpleAggregateFunction(max, UInt32),
    day SimpleAggregateFunction(min, Date),
    kept_until SimpleAggregateFunction(max, Date)
  ) ENGINE = AggregatingMergeTree
  ORDER BY page
  TTL kept_until
  SETTINGS ${DURABLE}`,
  page_events: `(
    page UInt64,
    number UInt32,
    repeat String,
    day Date
  ) ENGINE = Null`,
  // A sender names a property only if it does not know it. First is a time, and latest a position.
  properties: `(
    collection String,
    path String,
    type String,
    part UInt16,
    first SimpleAggregateFunction(min, Int64),
    latest SimpleAggregateFunction(max, UInt64)
  ) ENGINE = AggregatingMergeTree
  ORDER BY (collection, path, type, part)
  SETTINGS ${DURABLE}`,
  // Of a property, or of events with an empty path.
  removals: `(
    collection String,
    path String,
    part UInt16,
    position SimpleAggregateFunction(max, UInt64)
  ) ENGINE = AggregatingMergeTree
  ORDER BY (collection, path, part)
  SETTINGS ${DURABLE}`,
  refusals: `(
    part UInt16,
    position UInt64,
    number UInt32,
    at Int64,
    method String,
    route String,
    status UInt16,
    key String,
    key_id String,
    origin String,
    reason String,
    times UInt64,
    kept_until Date DEFAULT today() + ${REFUSAL_DAYS}
  ) ENGINE = ReplacingMergeTree
  ORDER BY (part, position, number)
  TTL kept_until
  SETTINGS ${DURABLE}`,
  offsets: `(
    part UInt16,
    born Int64,
    seq UInt64
  ) ENGINE = ReplacingMergeTree(seq)
  ORDER BY (part, born)
  SETTINGS ${DURABLE}`,
};

const pageView = (database: string) => `
  SELECT page,
    groupBitmapStateIf(number, repeat = '') AS numbers,
    uniqExactStateIf(sipHash64(repeat), repeat <> '') AS repeats,
    max(number) AS highest,
    min(page_events.day) AS day,
    today() + ${PAGE_DAYS} AS kept_until
  FROM ${database}.page_events GROUP BY page`;

/** Tables that queries read over all shards, as `all_events` and so on. */
const DISTRIBUTED = ['events', 'repeats', 'pages', 'properties', 'removals', 'refusals', 'offsets'];

/**
 * Makes the missing tables of one server.
 * @param cluster in the server's configuration
 */
export async function createTables({ urls: [url], ...access }: Access, cluster: string): Promise<void> {
  const { database = DATABASE } = access;
  for (const word of [database, cluster])
    if (!/^\w+$/.test(word))
      throw new SettingsError('A database or cluster of ClickHouse may have only letters, digits and _ in its name.');
  // Connected to a database that is always there.
  const client = await openClient({ ...access, urls: [url!], database: 'default' });
  const run = (sql: string) => client.run(statement(() => sql));
  try {
    await run(`CREATE DATABASE IF NOT EXISTS ${database}`);
    for (const [table, definition] of Object.entries(TABLES))
      await run(`CREATE TABLE IF NOT EXISTS ${database}.${table} ${definition}`);
    await run(
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${database}.page_view TO ${database}.pages AS ${pageView(database)}`,
    );
    for (const table of DISTRIBUTED)
      await run(`CREATE TABLE IF NOT EXISTS ${database}.${allOf(table)} AS ${database}.${table}
        ENGINE = Distributed('${cluster}', '${database}', '${table}')`);
  } finally {
    await client.close();
  }
}

/** A table over all shards. */
export const allOf = (table: string) => `all_${table}`;

/** Finds the tables over all shards in SQL. */
export const ALL_OF = new RegExp(`\\ball_(${DISTRIBUTED.join('|')})\\b`, 'g');
