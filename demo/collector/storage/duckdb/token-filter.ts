import type { DuckDBConnection } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import { MAX_THREE_DIGIT_NUMBER, readPageToken, THREE_DIGIT_TOKEN_PATTERN } from '../../model/page-token.ts';
import { pageId } from '../page-id.ts';
import { createFingerprintSet, createHighestNumbers, fingerprintOf, fingerprintSql } from './fingerprints.ts';
import { toTimestamp } from './time.ts';
import { createTimeBuckets } from './time-buckets.ts';

/**
 * The entry of a token: the fingerprint of its page and its number there; or the token's own fingerprint and the number
 * 0.
 */
export interface TokenKey {
  fingerprint: number;
  number: number;
}

/** An in-memory filter of stored tokens, without false negatives. */
export interface TokenFilter {
  /** `undefined` for an event without a token. */
  keyOf(event: NewEvent): TokenKey | undefined;
  /** `false` if the token is certainly new; `true` if it can have been stored. */
  mayHave(key: TokenKey): boolean;
  /** @param at time of arrival, in milliseconds since 1970 */
  add(key: TokenKey, at: number): void;
  /** Drops tokens that were stored before this time, in milliseconds since 1970. Some of them can stay. */
  dropBefore(time: number): void;
  /** Adds the tokens that the database stored since this time, in milliseconds since 1970. */
  load(connection: DuckDBConnection, since: number): Promise<void>;
  /** Bytes of memory. */
  bytes(): number;
}

/**
 * mailslot numbers the events of a page, so the highest number of each page covers all its events: memory grows with
 * pages and not with events. An event that arrives after a later one of its page can be new, so the database has to
 * decide. Tokens of other clients, and numbers above three digits in base 36, have an entry each.
 */
export function createTokenFilter(): TokenFilter {
  const pages = createTimeBuckets(createHighestNumbers);
  const tokens = createTimeBuckets(createFingerprintSet);

  async function loadPages(connection: DuckDBConnection): Promise<void> {
    // All counts of a page go by its last day. A removed event stays covered, which only costs a lookup.
    const stream = await connection.stream(
      `SELECT ${fingerprintSql('page::VARCHAR')}, least(max(highest), ${MAX_THREE_DIGIT_NUMBER})::DOUBLE, epoch_ms(max(last_day)::TIMESTAMP)::DOUBLE
       FROM page_counts GROUP BY page`,
    );
    for await (const chunk of stream) {
      const [fingerprints, numbers, times] = chunk.getColumns() as [number[], number[], number[]];
      fingerprints.forEach((fingerprint, index) => pages.at(times[index]!).raise(fingerprint, numbers[index]!));
    }
  }

  async function loadTokens(connection: DuckDBConnection, since: number): Promise<void> {
    const stream = await connection.stream(
      `SELECT ${fingerprintSql('collection || chr(0) || token')}, epoch_ms(created_at)::DOUBLE FROM events
       WHERE token IS NOT NULL AND created_at > $1 AND NOT regexp_full_match(token, $2)`,
      [toTimestamp(since), THREE_DIGIT_TOKEN_PATTERN],
    );
    for await (const chunk of stream) {
      const [fingerprints, times] = chunk.getColumns() as [number[], number[]];
      fingerprints.forEach((fingerprint, index) => tokens.at(times[index]!).add(fingerprint));
    }
  }

  return {
    keyOf({ collection, token }) {
      if (token === undefined) return undefined;
      const pageToken = readPageToken(token);
      return pageToken && pageToken.number <= MAX_THREE_DIGIT_NUMBER
        ? { fingerprint: fingerprintOf(String(pageId(pageToken.page))), number: pageToken.number }
        : { fingerprint: fingerprintOf(`${collection}\0${token}`), number: 0 };
    },
    mayHave: ({ fingerprint, number }) =>
      number
        ? pages.all().some((bucket) => bucket.get(fingerprint) >= number)
        : tokens.all().some((bucket) => bucket.has(fingerprint)),
    add({ fingerprint, number }, at) {
      if (number) pages.at(at).raise(fingerprint, number);
      else tokens.at(at).add(fingerprint);
    },
    dropBefore(time) {
      pages.dropBefore(time);
      tokens.dropBefore(time);
    },
    async load(connection, since) {
      await loadPages(connection);
      await loadTokens(connection, since);
    },
    bytes: () => [...pages.all(), ...tokens.all()].reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
