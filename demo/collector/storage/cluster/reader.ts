import type { ClickHouseSettings } from '@clickhouse/client';
import { type DomainError, queryTimeout, unavailable } from '../../model/errors.ts';
import type { Query } from '../../model/query.ts';
import type { Storage } from '../storage.ts';
import { type Statement, statement } from './binding.ts';
import { type Access, openClient } from './client.ts';
import { explain, type QueryLimits } from './errors.ts';
import { createOverview } from './overview.ts';
import type { Place } from './position.ts';
import { queryRows } from './query-rows.ts';
import { createRefusalReport } from './refusals.ts';
import { readSchema } from './schema.ts';
import type { StoreReader } from './store.ts';
import { ALL_OF, allOf } from './tables.ts';

/** A server stops a query in time by itself, and says so. Only one that no longer answers is given up. */
const GRACE_MS = 2_000;

/** Opens the store for queries. @param access all servers, or a balancer in front of them */
export async function openStoreReader({
  access,
  limits,
  source = allOf,
}: {
  access: Access;
  limits: QueryLimits;
  /** SQL for a table over all shards; the tables of the cluster in the server's configuration by default. */
  source?: ((table: string) => string) | undefined;
}): Promise<StoreReader> {
  const client = await openClient(access);
  const settings = settingsOf(limits);
  const stop = new AbortController();
  /** Values are bound, so the names of tables stand nowhere else in the SQL. */
  const resolve = ({ sql, values }: Statement): Statement => ({
    sql: sql.replace(ALL_OF, (_, table: string) => source(table)),
    values,
  });

  async function* query(asked: Query, signal?: AbortSignal): AsyncGenerator<unknown> {
    // By hand, because what `AbortSignal.any` makes stays as long as the longest of its signals.
    const ended = new AbortController();
    const end = (reason: DomainError) => () => ended.abort(reason);
    const left = end(unavailable('Nobody waits for the answer any more.'));
    const stopped = end(unavailable('The collector is stopping.'));
    const timer = setTimeout(end(queryTimeout(limits.seconds)), limits.seconds * 1_000 + GRACE_MS);
    signal?.addEventListener('abort', left);
    stop.signal.addEventListener('abort', stopped);
    if (signal?.aborted) left();
    if (stop.signal.aborted) stopped();
    const read = (one: Statement) => client.read(resolve(one), { signal: ended.signal, settings });
    try {
      yield* queryRows(asked, allOf('events'), read);
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : explain(error, limits);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', left);
      stop.signal.removeEventListener('abort', stopped);
    }
  }

  const readAll = async (one: Statement) => {
    try {
      return await client.readAll(resolve(one), { signal: stop.signal, settings });
    } catch (error) {
      throw explain(error, limits);
    }
  };

  return {
    query: query as Storage['query'],
    overview: createOverview(readAll),
    refusals: { report: createRefusalReport(readAll) },
    properties: () => readSchema(readAll),
    async offsets() {
      const rows = await readAll(
        statement(() => `SELECT part, max(born), argMax(seq, (born, seq)) FROM ${allOf('offsets')} GROUP BY part`),
      );
      return rows.map(([partition, born, seq]) => ({ partition, born, seq }) as Place);
    },
    async close() {
      stop.abort();
      await client.close();
    },
  };
}

const settingsOf = ({ seconds, megabytes }: QueryLimits): ClickHouseSettings => ({
  // Rows that a loader has written twice count once.
  final: 1,
  do_not_merge_across_partitions_select_final: 1,
  // A query whose client has gone away ends.
  readonly: '2',
  cancel_http_readonly_queries_on_client_close: 1,
  // A shard that cannot be reached is an error, and never a smaller number.
  skip_unavailable_shards: 0,
  max_execution_time: seconds,
  timeout_before_checking_execution_speed: 0,
  max_memory_usage: String(megabytes * 1_000_000),
  max_query_size: '10000000',
  // Text of JSON: a slash stays as it is.
  output_format_json_escape_forward_slashes: 0,
});
