import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';

/** Takes columns, not rows; neither a collection's name nor JSON text from `JSON.stringify` has a line break in it. */
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

/**
 * Prepares to store events within a transaction. One long text for each column, which the database takes apart in a thread of its
 * own: its appender takes each value by itself and then makes Node's only thread wait until all rows are in place, ten times as long.
 */
export async function eventInserter(connection: DuckDBConnection): Promise<(events: NewEvent[]) => Promise<void>> {
  const insert = await connection.prepare(INSERT);
  return async (events) => {
    if (!events.length) return;
    const column = (of: (event: NewEvent) => string | number) => events.map(of).join('\n');
    insert.bindVarchar(
      1,
      column(({ collection }) => collection),
    );
    insert.bindVarchar(
      2,
      column(({ id }) => id),
    );
    insert.bindList(3, listValue(events.map(({ token }) => token ?? null)), LIST(VARCHAR));
    insert.bindVarchar(
      4,
      column(({ timestamp }) => timestamp),
    );
    insert.bindVarchar(
      5,
      column(({ createdAt }) => createdAt),
    );
    insert.bindVarchar(
      6,
      column(({ json }) => json),
    );
    await insert.run();
  };
}
