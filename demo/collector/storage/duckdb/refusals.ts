import { BIGINT, type DuckDBConnection, LIST, listValue } from '@duckdb/node-api';
import type { NotedRefusal, Refusal, RefusalFilter, RefusalReport } from '../../model/refusal.ts';
import { createRefusalTally } from '../refusal-tally.ts';
import { appendRows } from './append-rows.ts';
import type { Commit } from './commit-memory.ts';
import { rebuildTable } from './rebuild-table.ts';
import { fromTimestamp, toTimestamp } from './time.ts';
import { inTransaction } from './transaction.ts';

/** Rows that stay in the table. It is trimmed once `MAX_EXCESS_ROWS` more have gathered. */
const MAX_ROWS = 10_000;
const MAX_EXCESS_ROWS = 1_000;
/** Rows of one hour, class of key, status and code that stay when the table is trimmed. The others become one. */
const ROWS_BY_HOUR = 100;
/** The same for hours that are older than a day. */
const ROWS_BY_OLD_HOUR = 10;
const FLUSH_DELAY_MS = 1_000;

export interface RefusalWriter {
  add(refusal: Refusal): void;
  /** Writes the refusals that wait in memory. Does not throw: after a failure, it is tried again later. */
  flush(): Promise<void>;
  /** Replaces a segment of all routes, such as the name of a removed collection. Call it with the write lock. */
  erase(segment: string): Promise<void>;
  /** Flushes for the last time. */
  end(): Promise<void>;
}

/**
 * Writes refusals in the background, so that no request waits for them. A flood of refusals costs one small transaction
 * a second.
 *
 * @param withWriteLock runs a task while no other task uses the connection
 * @param onError gets the error of a failed flush; its refusals are written with the next ones
 */
export async function openRefusalWriter(
  connection: DuckDBConnection,
  withWriteLock: (task: () => Promise<void>) => Promise<void>,
  onError: (error: Error) => void,
  commit?: Commit,
): Promise<RefusalWriter> {
  const [[maxId, count]] = (
    await connection.runAndReadAll('SELECT coalesce(max(id), 0), count(*) FROM refused')
  ).getRows() as [[bigint, bigint]];
  const tally = createRefusalTally(Number(maxId) + 1);
  let newestId = Number(maxId);
  let rows = Number(count);
  let timer: NodeJS.Timeout | undefined;
  let ending = false;

  async function write(): Promise<void> {
    const batch = tally.take();
    if (!batch.length) return;
    const excess = rows + batch.filter(({ id }) => id > newestId).length - MAX_ROWS;
    try {
      await inTransaction(
        connection,
        async () => {
          await replaceRows(connection, batch);
          if (excess > MAX_EXCESS_ROWS) await trim(connection, tally.firstOpenId());
        },
        commit,
      );
    } catch (error) {
      tally.putBack(batch);
      throw error;
    }
    rows = excess > MAX_EXCESS_ROWS ? await countRows(connection) : excess + MAX_ROWS;
    newestId = Math.max(newestId, ...batch.map(({ id }) => id));
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    try {
      await withWriteLock(write);
    } catch (error) {
      onError(error as Error);
      scheduleFlush();
    }
  }

  function scheduleFlush(): void {
    if (!ending) timer ??= setTimeout(() => void flush(), FLUSH_DELAY_MS);
  }

  return {
    add(refusal) {
      tally.add(refusal);
      scheduleFlush();
    },
    flush,
    async erase(segment) {
      tally.erase(segment);
      await rebuildTable(
        connection,
        'refused',
        `SELECT id, refused_at, method,
           array_to_string(list_transform(string_split(route, '/'), lambda s: CASE WHEN s = $1 OR url_decode(s) = $1 THEN '…' ELSE s END), '/') AS route,
           status, key, key_id, origin, reason, times
         FROM refused ORDER BY rowid`,
        [segment],
        commit,
      );
    },
    end() {
      ending = true;
      return flush();
    },
  };
}

/**
 * Without an index: the table is small, and DuckDB's index rejects a row that one transaction both removes and adds.
 */
async function replaceRows(connection: DuckDBConnection, rows: NotedRefusal[]): Promise<void> {
  await connection.run(
    'DELETE FROM refused WHERE id IN (SELECT unnest($1))',
    [listValue(rows.map(({ id }) => BigInt(id)))],
    [LIST(BIGINT)],
  );
  await appendRows(connection, 'refused', rows, (appender, row) => {
    const { id, at, method, route, status, key, keyId, origin, reason, times } = row;
    appender.appendBigInt(BigInt(id));
    appender.appendTimestamp(toTimestamp(at));
    appender.appendVarchar(method);
    appender.appendVarchar(route);
    appender.appendUSmallInt(status);
    for (const text of [key, keyId, origin, reason]) appender.appendVarchar(text);
    appender.appendBigInt(BigInt(times));
  });
}

/**
 * Sums up the hours with the most rows, so that a flood does not displace what happened before it. Deletes the oldest
 * rows only if there are still too many.
 * @param firstOpenId rows from this id on can still be replaced
 */
async function trim(connection: DuckDBConnection, firstOpenId: number): Promise<void> {
  await connection.run(
    `CREATE TEMP TABLE summed AS SELECT id, group_id FROM (
       SELECT id, max(id) OVER same AS group_id, row_number() OVER (same ORDER BY id DESC) AS n,
         refused_at < max(refused_at) OVER () - INTERVAL 1 DAY AS old
       FROM refused WHERE id < $1 WINDOW same AS (PARTITION BY date_trunc('hour', refused_at), key, status, ${CODE})
     ) WHERE n > CASE WHEN old THEN ${ROWS_BY_OLD_HOUR} ELSE ${ROWS_BY_HOUR} END`,
    [BigInt(firstOpenId)],
  );
  await connection.run(
    `CREATE TEMP TABLE sums AS
     SELECT max(id) AS id, max(refused_at) AS refused_at, '…' AS method, '…' AS route, any_value(status) AS status,
       any_value(key) AS key, '' AS key_id, '' AS origin,
       any_value(${CODE}) || ': many different ones in one hour' AS reason, sum(times)::BIGINT AS times
     FROM refused JOIN summed USING (id) GROUP BY group_id`,
  );
  await connection.run('DELETE FROM refused WHERE id IN (SELECT id FROM summed)');
  await connection.run('INSERT INTO refused SELECT * FROM sums');
  await connection.run('DROP TABLE summed');
  await connection.run('DROP TABLE sums');
  await connection.run(
    `DELETE FROM refused WHERE id NOT IN (SELECT id FROM refused ORDER BY id DESC LIMIT ${MAX_ROWS})`,
  );
}

async function countRows(connection: DuckDBConnection): Promise<number> {
  const [[count]] = (await connection.runAndReadAll('SELECT count(*) FROM refused')).getRows() as [[bigint]];
  return Number(count);
}

/** SQL for the error code at the start of a reason. */
const CODE = String.raw`regexp_extract(reason, '^\w*')`;

export async function readRefusals(
  connection: DuckDBConnection,
  limit: number,
  { key, code }: RefusalFilter,
): Promise<RefusalReport> {
  const counts = await connection.runAndReadAll(
    `SELECT key, ${CODE}, sum(times) FROM refused GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2`,
  );
  const rows = await connection.runAndReadAll(
    `SELECT id, refused_at, method, route, status, key, key_id, origin, reason, times FROM refused
     WHERE ($2 IS NULL OR key = $2) AND ($3 IS NULL OR ${CODE} = $3)
     ORDER BY refused_at DESC, id DESC LIMIT $1`,
    [limit, key ?? null, code ?? null],
  );
  return {
    counts: counts
      .getRows()
      .map(([key, code, times]) => ({ key: key as Refusal['key'], code: code as string, times: Number(times) })),
    newest: rows.getRows().map(
      ([id, at, method, route, status, key, keyId, origin, reason, times]) =>
        ({
          id: Number(id),
          at: fromTimestamp(at),
          method,
          route,
          status,
          key,
          keyId,
          origin,
          reason,
          times: Number(times),
        }) as NotedRefusal,
    ),
  };
}
