import { listValue, LIST, VARCHAR, type DuckDBConnection } from '@duckdb/node-api';
import { fingerprintOf, fingerprints } from './fingerprints.ts';
import { catalogue, type Catalogue } from './catalogue.ts';
import type { NewEvent } from './storage.ts';
import { toDatabase } from './time.ts';
import { inTransaction } from './transaction.ts';

/** How long a token is remembered: Keen's 31 days. */
const REMEMBERED = 31 * 86_400_000;

export interface Writer {
  /** Stores all of these events in one transaction, or none. `false` marks a repeat. */
  write(events: NewEvent[]): Promise<boolean[]>;
  schema: Catalogue['schema'];
}

/**
 * Writes events and knows which tokens it has. Memory holds a fingerprint of every token of the last 31 days, so a new
 * event, which nearly every one is, costs no query; only an event whose fingerprint is known is looked up exactly.
 */
export async function openWriter(connection: DuckDBConnection, now: () => number): Promise<Writer> {
  const properties = await catalogue(connection);
  let seen = await loadFingerprints();
  let loadedAt = now();

  async function loadFingerprints() {
    const set = fingerprints();
    const rows = await connection.stream(
      `SELECT md5_number_lower(collection || chr(0) || token) FROM events WHERE token IS NOT NULL AND created_at > $1`,
      [toDatabase(now() - REMEMBERED)],
    );
    for await (const chunk of rows.yieldRows()) for (const [fingerprint] of chunk) set.add(fingerprint as bigint);
    return set;
  }

  /** Those of the events whose token is in the database, as `collection NUL token`. */
  async function known(events: NewEvent[]): Promise<Set<string>> {
    const suspects = events.filter(({ collection, token }) => token !== undefined && seen.has(fingerprintOf(collection, token)));
    if (!suspects.length) return new Set();
    const rows = await connection.runAndReadAll(
      `SELECT DISTINCT collection || chr(0) || token FROM events
       WHERE token IN (SELECT unnest($1)) AND created_at > $2`,
      [listValue(suspects.map(({ token }) => token!)), toDatabase(now() - REMEMBERED)],
      [LIST(VARCHAR)],
    );
    return new Set(rows.getRows().map(([key]) => key as string));
  }

  async function write(events: NewEvent[]): Promise<boolean[]> {
    // Old fingerprints only cost memory; a reload now and then drops those that are past their 31 days.
    if (now() - loadedAt > 86_400_000) {
      seen = await loadFingerprints();
      loadedAt = now();
    }
    const taken = await known(events);
    const kept = events.map((event) => {
      if (event.token === undefined) return true;
      const key = `${event.collection}\0${event.token}`;
      if (taken.has(key)) return false;
      taken.add(key); // the next one with it, in this very group, is a repeat too
      return true;
    });
    const fresh = events.filter((_, index) => kept[index]);
    const learned = properties.unknown(fresh);

    await inTransaction(connection, async () => {
      await appendEvents(connection, fresh);
      await countRepeats(connection, events.filter((_, index) => !kept[index]));
      await properties.store(connection, learned);
    });
    // Only now: what a failed transaction knew must not make its repetition a repeat.
    for (const { collection, token } of fresh) if (token !== undefined) seen.add(fingerprintOf(collection, token));
    properties.learn(learned);
    return kept;
  }

  return { write, schema: properties.schema };
}

async function appendEvents(connection: DuckDBConnection, events: NewEvent[]): Promise<void> {
  if (!events.length) return;
  const appender = await connection.createAppender('events');
  try {
    for (const event of events) {
      appender.appendVarchar(event.collection);
      appender.appendVarchar(event.id);
      if (event.token === undefined) appender.appendNull();
      else appender.appendVarchar(event.token);
      appender.appendTimestamp(toDatabase(event.timestamp));
      appender.appendTimestamp(toDatabase(event.createdAt));
      appender.appendVarchar(event.json);
      appender.endRow();
    }
  } finally {
    appender.closeSync(); // flushes into the transaction
  }
}

async function countRepeats(connection: DuckDBConnection, repeats: NewEvent[]): Promise<void> {
  const counts = new Map<string, number>();
  for (const { collection } of repeats) counts.set(collection, (counts.get(collection) ?? 0) + 1);
  for (const [collection, count] of counts) {
    await connection.run(
      `INSERT INTO repeats VALUES ($1::TIMESTAMP::DATE, $2, $3)
       ON CONFLICT DO UPDATE SET dropped = dropped + excluded.dropped`,
      [toDatabase(repeats[0]!.createdAt), collection, count],
    );
  }
}
