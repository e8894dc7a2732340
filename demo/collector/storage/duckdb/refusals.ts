import { BIGINT, type DuckDBConnection, LIST, listValue } from '@duckdb/node-api';
import type { NotedRefusal, Refusal, RefusalFilter, RefusalReport } from '../storage.ts';
import { refusalTally } from './refusal-tally.ts';
import { fromDatabase, toDatabase } from './time.ts';
import { inTransaction } from './transaction.ts';

/** Rows that are kept; older ones go, some at a time. */
const KEPT = 10_000;
const SPARE = 1_000;
/** Milliseconds between two transactions. */
const DELAY = 1_000;

export interface OpenRefusals {
  add(refusal: Refusal): void;
  /** Writes what waits, if the database lets it. */
  flush(): Promise<void>;
  /** The same for the last time. */
  end(): Promise<void>;
}

/**
 * Notes refused requests from the side: nobody waits for them, and a flood of them costs one small transaction a second.
 *
 * @param exclusively runs a task while no other one uses the connection
 * @param failed is told why they could not be written; they are tried again with the next ones
 */
export async function openRefusals(
  connection: DuckDBConnection,
  exclusively: (task: () => Promise<void>) => Promise<void>,
  failed: (error: Error) => void,
): Promise<OpenRefusals> {
  const [[last, count]] = (
    await connection.runAndReadAll('SELECT coalesce(max(id), 0), count(*) FROM refused')
  ).getRows() as [[bigint, bigint]];
  const tally = refusalTally(Number(last) + 1);
  let newest = Number(last);
  let rows = Number(count);
  let timer: NodeJS.Timeout | undefined;
  let ending = false;

  async function write(): Promise<void> {
    const batch = tally.take();
    if (!batch.length) return;
    const excess = rows + batch.filter(({ id }) => id > newest).length - KEPT;
    try {
      await inTransaction(connection, async () => {
        await replaceRows(connection, batch);
        if (excess > SPARE)
          await connection.run(
            `DELETE FROM refused WHERE id NOT IN (SELECT id FROM refused ORDER BY id DESC LIMIT ${KEPT})`,
          );
      });
    } catch (error) {
      tally.putBack(batch);
      throw error;
    }
    rows = excess > SPARE ? KEPT : excess + KEPT;
    newest = Math.max(newest, ...batch.map(({ id }) => id));
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    try {
      await exclusively(write);
    } catch (error) {
      failed(error as Error);
      flushLater();
    }
  }

  function flushLater(): void {
    if (!ending) timer ??= setTimeout(() => void flush(), DELAY);
  }

  return {
    add(refusal) {
      tally.add(refusal);
      flushLater();
    },
    flush,
    end() {
      ending = true;
      return flush();
    },
  };
}

/** No index to keep: there are few rows, and one that is both removed and added in a transaction would break it. */
async function replaceRows(connection: DuckDBConnection, rows: NotedRefusal[]): Promise<void> {
  await connection.run(
    'DELETE FROM refused WHERE id IN (SELECT unnest($1))',
    [listValue(rows.map(({ id }) => BigInt(id)))],
    [LIST(BIGINT)],
  );
  const appender = await connection.createAppender('refused');
  try {
    for (const { id, at, method, route, status, key, keyId, origin, reason, times } of rows) {
      appender.appendBigInt(BigInt(id));
      appender.appendTimestamp(toDatabase(at));
      appender.appendVarchar(method);
      appender.appendVarchar(route);
      appender.appendUSmallInt(status);
      for (const text of [key, keyId, origin, reason]) appender.appendVarchar(text);
      appender.appendBigInt(BigInt(times));
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
}

/** What a reason is called in counts: the name that it begins with. */
const CODE = String.raw`regexp_extract(reason, '^\w*')`;

/** The newest refusals that fit the filter, newest first, and how many there are of each class and kind, whatever the filter. */
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
          at: fromDatabase(at),
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
