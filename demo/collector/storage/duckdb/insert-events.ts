import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';

/** Takes columns, not rows. A line break separates values: neither collection names nor `JSON.stringify` have one. */
const INSERT = `
  INSERT INTO events
  SELECT collection, id, token, make_timestamp_ms(timestamp), make_timestamp_ms(created_at), event FROM (SELECT
    unnest(string_split($1, chr(10))) AS collection,
    unnest(string_split($2, chr(10))) AS id,
    unnest($3) AS token,
    unnest(string_split($4, chr(10))::BIGINT[]) AS timestamp,
    unnest(string_split($5, chr(10))::BIGINT[]) AS created_at,
    unnest(string_split($6, chr(10))) AS event
  )`;

/** Characters of JSON after which a statement takes no further event. Other requests get their turn between two. */
const MAX_PART_CHARS = 2_000_000;

/**
 * Prepares the statement that stores events within the caller's transaction. Each column is one long text, which DuckDB
 * splits in a thread of its own. Its appender takes ten times as long and blocks Node's only thread: it takes each
 * value separately.
 */
export async function prepareInsertEvents(
  connection: DuckDBConnection,
): Promise<(events: NewEvent[]) => Promise<void>> {
  const insert = await connection.prepare(INSERT);
  return async (events) => {
    for (const part of parts(events)) await insertPart(part);
  };

  async function insertPart(events: NewEvent[]): Promise<void> {
    const bindColumn = (index: number, read: (event: NewEvent) => string | number) =>
      insert.bindVarchar(index, events.map(read).join('\n'));
    bindColumn(1, ({ collection }) => collection);
    bindColumn(2, ({ id }) => id);
    insert.bindList(3, listValue(events.map(({ token }) => token ?? null)), LIST(VARCHAR));
    bindColumn(4, ({ timestamp }) => timestamp);
    bindColumn(5, ({ createdAt }) => createdAt);
    bindColumn(6, ({ json }) => json);
    await insert.run();
  }
}

/** Splits events into parts whose texts are joined and copied within a few milliseconds. */
function* parts(events: NewEvent[]): Generator<NewEvent[]> {
  let start = 0;
  let chars = 0;
  for (let index = 0; index < events.length; index++) {
    chars += events[index]!.json.length;
    if (chars < MAX_PART_CHARS && index < events.length - 1) continue;
    yield events.slice(start, index + 1);
    start = index + 1;
    chars = 0;
  }
}
