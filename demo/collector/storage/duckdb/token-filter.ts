import type { DuckDBConnection } from '@duckdb/node-api';
import { readPageToken, THREE_DIGITS, UP_TO_THREE_DIGITS } from '../../model/page-token.ts';
import type { NewEvent } from '../storage.ts';
import { fingerprintIn, fingerprintOf, fingerprints, highest } from './fingerprints.ts';
import { pageId } from './page-counts.ts';
import { toDatabase } from './time.ts';
import { spans } from './time-buckets.ts';

/** What memory keeps of a token: the fingerprint of its page and its number there or, with the number 0, that of the token itself. */
export interface Mark {
  fingerprint: number;
  number: number;
}

/**
 * Which tokens may have been stored: where it says no, that is so. A page of mailslot's numbers its events, so how far it has come
 * tells of all of them, in memory that is its own and not theirs; an event that was overtaken by a later one is a "maybe". Other tokens,
 * and numbers of more than three digits, are kept one by one.
 */
export function tokenMemory() {
  const pages = spans(highest);
  const tokens = spans(fingerprints);

  return {
    mark({ collection, token }: NewEvent): Mark | undefined {
      if (token === undefined) return undefined;
      const read = readPageToken(token);
      return read && read.number <= THREE_DIGITS
        ? { fingerprint: fingerprintOf(String(pageId(read.page))), number: read.number }
        : { fingerprint: fingerprintOf(`${collection}\0${token}`), number: 0 };
    },

    mayHave({ fingerprint, number }: Mark): boolean {
      return number
        ? pages.all().some((span) => span.of(fingerprint) >= number)
        : tokens.all().some((span) => span.has(fingerprint));
    },

    add({ fingerprint, number }: Mark, at: number): void {
      if (number) pages.at(at).raise(fingerprint, number);
      else tokens.at(at).add(fingerprint);
    },

    forget(before: number): void {
      pages.forget(before);
      tokens.forget(before);
    },

    /** Takes in what was stored since then. */
    async load(connection: DuckDBConnection, since: number): Promise<void> {
      // All that the notes of a page count goes by its last day; one that is removed since is a "maybe" too many.
      const ofPages = await connection.stream(
        `SELECT ${fingerprintIn('page::VARCHAR')}, least(max(highest), ${THREE_DIGITS})::DOUBLE, epoch_ms(max(last_day)::TIMESTAMP)::DOUBLE
         FROM page_counts GROUP BY page`,
      );
      for await (const chunk of ofPages) {
        const [prints, numbers, times] = chunk.getColumns() as [number[], number[], number[]];
        prints.forEach((print, index) => pages.at(times[index]!).raise(print, numbers[index]!));
      }
      const ofTokens = await connection.stream(
        `SELECT ${fingerprintIn('collection || chr(0) || token')}, epoch_ms(created_at)::DOUBLE FROM events
         WHERE token IS NOT NULL AND created_at > $1 AND NOT regexp_full_match(token, $2)`,
        [toDatabase(since), UP_TO_THREE_DIGITS],
      );
      for await (const chunk of ofTokens) {
        const [prints, times] = chunk.getColumns() as [number[], number[]];
        prints.forEach((print, index) => tokens.at(times[index]!).add(print));
      }
    },

    /** Bytes. */
    bytes: (): number => [...pages.all(), ...tokens.all()].reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
