import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { DAY_MS } from '../../model/durations.ts';
import type { NewEvent } from '../../model/event.ts';
import { mapInTurns } from '../../model/turns.ts';
import type { ErasedTokens } from './erased-tokens.ts';
import { toTimestamp } from './time.ts';
import { createTokenFilter } from './token-filter.ts';

/** How long a stored token makes a later event a repeat: Keen's 31 days. */
const TOKEN_RETENTION_MS = 31 * DAY_MS;

/** Finds events whose token their collection has stored in the last 31 days, also if the stored event was removed. */
export interface Dedupe {
  check(events: NewEvent[]): Promise<DedupeResult>;
}

export interface DedupeResult {
  /** For each event, whether it repeats a stored event or an earlier one of the group. */
  repeats: boolean[];
  /** Records the tokens of the other events. Call it once these are committed. */
  remember(): void;
}

/** A filter in memory recognises most new tokens; only a token that it can have is looked up in the database. */
export async function openDedupe(
  connection: DuckDBConnection,
  erasedTokens: ErasedTokens,
  now: () => number,
): Promise<Dedupe> {
  const filter = createTokenFilter();

  /** The tokens of these events that the database has, as `collection NUL token`. */
  async function storedTokens(events: NewEvent[]): Promise<Set<string>> {
    if (!events.length) return new Set();
    const rows = await connection.runAndReadAll(
      `SELECT DISTINCT collection || chr(0) || token FROM events
       WHERE token IN (SELECT unnest($1)) AND created_at > $2`,
      [listValue(events.map(({ token }) => token!)), toTimestamp(now() - TOKEN_RETENTION_MS)],
      [LIST(VARCHAR)],
    );
    return new Set(rows.getRows().map(([token]) => token as string));
  }

  /** For each event, whether one with its token was removed. In the caller's transaction, as the lookup of the others. */
  async function findErased(events: NewEvent[]): Promise<boolean[]> {
    if (erasedTokens.isEmpty()) return [];
    const hashes = events.map(({ collection, token }) =>
      token === undefined ? undefined : erasedTokens.hashOf(collection, token),
    );
    const found = await erasedTokens.find(
      connection,
      hashes.filter((hash) => hash !== undefined),
    );
    return hashes.map((hash) => hash !== undefined && found.has(hash));
  }

  async function check(events: NewEvent[]): Promise<DedupeResult> {
    filter.dropBefore(now() - TOKEN_RETENTION_MS);
    const keys = await mapInTurns(events, filter.keyOf);
    const known = await storedTokens(events.filter((_, index) => keys[index] && filter.mayHave(keys[index])));
    const erased = await findErased(events);
    const repeats = events.map(({ collection, token }, index) => {
      if (token === undefined) return false;
      if (erased[index]) return true;
      const key = `${collection}\0${token}`;
      if (known.has(key)) return true;
      known.add(key); // so that a later event of the group with the same token is a repeat
      return false;
    });
    const remember = () =>
      events.forEach(({ createdAt }, index) => {
        if (keys[index] && !repeats[index]) filter.add(keys[index], createdAt);
      });
    return { repeats, remember };
  }

  await filter.load(connection, now() - TOKEN_RETENTION_MS);
  return { check };
}
