import type { DuckDBConnection } from '@duckdb/node-api';
import type { NewEvent } from '../storage.ts';
import { type Catalogue, catalogue } from './catalogue.ts';
import { seenTokens } from './dedupe.ts';
import { eventInserter } from './insert-events.ts';
import { storePages } from './page-counts.ts';
import { toDatabase } from './time.ts';
import { inTransaction } from './transaction.ts';

export interface Writer {
  /** Stores all of these events in one transaction, or none. `false` marks a repeat. */
  write(events: NewEvent[]): Promise<boolean[]>;
  schema: Catalogue['schema'];
  /** Drops a collection, or a property of it, from the schema. */
  forget(collection: string, path?: string): Promise<void>;
}

/** Writes events; drops those whose token their collection has seen, and counts these. */
export async function openWriter(connection: DuckDBConnection, now: () => number): Promise<Writer> {
  const properties = await catalogue(connection);
  const tokens = await seenTokens(connection, now);
  const insertEvents = await eventInserter(connection);

  async function write(events: NewEvent[]): Promise<boolean[]> {
    const { seen, learned } = await inTransaction(connection, async () => {
      const seen = await tokens.look(events);
      const fresh = events.filter((_, index) => !seen.repeats[index]);
      const learned = properties.unknown(fresh);
      await insertEvents(fresh);
      await countRepeats(
        connection,
        events.filter((_, index) => seen.repeats[index]),
      );
      await storePages(connection, events, seen.repeats, now());
      await properties.store(connection, learned);
      return { seen, learned };
    });
    // Only now: what a failed transaction knew must not make its repetition a repeat.
    seen.remember();
    properties.learn(learned);
    return seen.repeats.map((repeat) => !repeat);
  }

  return {
    write,
    schema: properties.schema,
    forget: (collection, path) => properties.forget(connection, collection, path),
  };
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
