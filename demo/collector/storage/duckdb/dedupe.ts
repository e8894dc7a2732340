import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import type { NewEvent } from '../storage.ts';
import { DAY, toDatabase } from './time.ts';
import { tokenMemory } from './token-filter.ts';

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
 * Knows which tokens were stored in the last 31 days. Memory tells new ones, which nearly all are, without a query; only an event whose
 * token it may have seen is looked up exactly.
 */
export async function seenTokens(connection: DuckDBConnection, now: () => number): Promise<SeenTokens> {
  const memory = tokenMemory();

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
    memory.forget(now() - REMEMBERED);
    const marks = events.map(memory.mark);
    const taken = await stored(events.filter((_, index) => marks[index] && memory.mayHave(marks[index])));
    const repeats = events.map(({ collection, token }) => {
      if (token === undefined) return false;
      const key = `${collection}\0${token}`;
      if (taken.has(key)) return true;
      taken.add(key); // the next one with it, in this very group, is a repeat too
      return false;
    });
    const remember = () =>
      events.forEach(({ createdAt }, index) => {
        if (marks[index] && !repeats[index]) memory.add(marks[index], createdAt);
      });
    return { repeats, remember };
  }

  await memory.load(connection, now() - REMEMBERED);
  return { look };
}
