import { LIST, listValue, VARCHAR, type DuckDBConnection } from '@duckdb/node-api';
import { FINGERPRINT, fingerprintOf } from './fingerprints.ts';
import { recentFingerprints } from './recent-fingerprints.ts';
import type { NewEvent } from './storage.ts';
import { DAY, toDatabase } from './time.ts';

/** How long a token is remembered: Keen's 31 days. */
const REMEMBERED = 31 * DAY;

export interface SeenTokens {
  look(events: NewEvent[]): Promise<Seen>;
}

/** What is known of a group of events. */
export interface Seen {
  /** Which of them are repeats, of stored events or of one before them in the group. */
  repeats: boolean[];
  /** Takes the others' tokens into memory, once they are stored. */
  remember(): void;
}

/**
 * Knows which tokens were stored in the last 31 days. Memory holds a fingerprint of each, so a new event, which nearly every
 * one is, costs no query; only an event whose fingerprint is known is looked up exactly.
 */
export async function seenTokens(connection: DuckDBConnection, now: () => number): Promise<SeenTokens> {
  const recent = recentFingerprints();

  /** Those of the events whose token is in the database, as `collection NUL token`. */
  async function stored(events: NewEvent[]): Promise<Set<string>> {
    if (!events.length) return new Set();
    const rows = await connection.runAndReadAll(
      `SELECT DISTINCT collection || chr(0) || token FROM events
       WHERE token IN (SELECT unnest($1)) AND created_at > $2`,
      [listValue(events.map(({ token }) => token!)), toDatabase(now() - REMEMBERED)],
      [LIST(VARCHAR)],
    );
    return new Set(rows.getRows().map(([key]) => key as string));
  }

  async function look(events: NewEvent[]): Promise<Seen> {
    recent.forget(now() - REMEMBERED);
    const prints = events.map(({ collection, token }) => (token === undefined ? undefined : fingerprintOf(collection, token)));
    const taken = await stored(events.filter((_, index) => prints[index] !== undefined && recent.has(prints[index]!)));
    const repeats = events.map(({ collection, token }) => {
      if (token === undefined) return false;
      const key = `${collection}\0${token}`;
      if (taken.has(key)) return true;
      taken.add(key); // the next one with it, in this very group, is a repeat too
      return false;
    });
    const remember = () =>
      events.forEach(({ createdAt }, index) => {
        if (prints[index] !== undefined && !repeats[index]) recent.add(prints[index]!, createdAt);
      });
    return { repeats, remember };
  }

  const stream = await connection.stream(
    `SELECT ${FINGERPRINT}, epoch_ms(created_at)::DOUBLE FROM events WHERE token IS NOT NULL AND created_at > $1`,
    [toDatabase(now() - REMEMBERED)],
  );
  for await (const chunk of stream) {
    const [prints, times] = chunk.getColumns() as [number[], number[]];
    prints.forEach((print, index) => recent.add(print, times[index]!));
  }
  return { look };
}
