import { BIGINT, type DuckDBConnection, LIST, listValue, TIMESTAMP, VARCHAR } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import { openCatalogue, type StoredCatalogue } from './catalogue.ts';
import type { CollectionTotals } from './collection-totals.ts';
import type { Commit } from './commit-memory.ts';
import { openDedupe } from './dedupe.ts';
import type { ErasedTokens } from './erased-tokens.ts';
import { prepareInsertEvents } from './insert-events.ts';
import { insertPageCounts } from './page-counts.ts';
import { toTimestamp } from './time.ts';
import { inTransaction } from './transaction.ts';

export interface Writer {
  /** Stores all of these events in one transaction, or none. */
  write(events: NewEvent[]): Promise<void>;
  schema: StoredCatalogue['schema'];
  /** Drops a collection, or one of its properties, from the schema. */
  dropFromSchema(collection: string, path?: string): Promise<void>;
}

/** Writes events. Drops and counts those whose token their collection has already stored. */
export async function openWriter(
  connection: DuckDBConnection,
  erasedTokens: ErasedTokens,
  totals: CollectionTotals,
  now: () => number,
  commit?: Commit,
): Promise<Writer> {
  const catalogue = await openCatalogue(connection, now, commit);
  const dedupe = await openDedupe(connection, erasedTokens, now);
  const insertEvents = await prepareInsertEvents(connection);

  async function write(events: NewEvent[]): Promise<void> {
    const { checked, schemaChange } = await inTransaction(
      connection,
      async () => {
        const checked = await dedupe.check(events);
        const newEvents = events.filter((_, index) => !checked.repeats[index]);
        const schemaChange = await catalogue.findNew(newEvents);
        await insertEvents(newEvents);
        await countRepeats(
          connection,
          events.filter((_, index) => checked.repeats[index]),
        );
        await insertPageCounts(connection, events, checked.repeats, now());
        await catalogue.insert(connection, schemaChange);
        return { checked, schemaChange };
      },
      commit,
    );
    // Only after the commit: the retry of a failed transaction must not count as a repeat.
    checked.remember();
    catalogue.add(schemaChange);
    totals.add(events, checked.repeats);
  }

  return {
    write,
    schema: catalogue.schema,
    dropFromSchema: (collection, path) => catalogue.drop(connection, collection, path),
  };
}

/** One statement, however many collections there are: anyone can invent a thousand for one batch. */
async function countRepeats(connection: DuckDBConnection, repeats: NewEvent[]): Promise<void> {
  if (!repeats.length) return;
  const counts = new Map<string, number>();
  for (const { collection } of repeats) counts.set(collection, (counts.get(collection) ?? 0) + 1);
  await connection.run(
    `INSERT INTO repeats SELECT $1::TIMESTAMP::DATE, unnest($2), unnest($3)
     ON CONFLICT DO UPDATE SET dropped = dropped + excluded.dropped`,
    [
      toTimestamp(repeats[0]!.createdAt),
      listValue([...counts.keys()]),
      listValue([...counts.values()].map((count) => BigInt(count))),
    ],
    [TIMESTAMP, LIST(VARCHAR), LIST(BIGINT)],
  );
}
