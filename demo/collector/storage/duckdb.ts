import { DuckDBInstance } from '@duckdb/node-api';
import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { unavailable } from '../http/errors.ts';
import type { Count, Extraction, Query, Rows } from '../queries/query.ts';
import { checkFile } from './check-file.ts';
import { checkpoints, LAST_RESORT } from './checkpoints.ts';
import { groupCommit } from './group-commit.ts';
import { readKeys, writeKeys } from './keys.ts';
import { limit } from './limit.ts';
import { migrate } from './migrate.ts';
import { openRefusals, readRefusals } from './refusals.ts';
import type { NewEvent, Storage } from './storage.ts';
import { readArrivals, readCollections, readLatestEvents } from './summaries.ts';
import { TABLES } from './tables.ts';
import { inTransaction } from './transaction.ts';
import { where } from './where.ts';
import { openWriter } from './writer.ts';

/** Events that one transaction takes, so that the first request of a long queue need not wait for all of it. */
const MAX_GROUP = 20_000;
/** Events that may wait in memory for the disk; over it, senders are asked to come again. */
const MAX_WAITING = 200_000;
/** Extractions that run at once. Each may hold one of Node's four worker threads; recording and the other queries need one each. */
const MAX_EXTRACTIONS = 2;

/**
 * Opens the database file, or makes it. One process at a time: DuckDB locks the file.
 * @throws if the file cannot be opened, is locked, or is not a database
 */
export async function openDuckDB(file: string, now: () => number = Date.now): Promise<Storage> {
  // As a path from the root: DuckDB has special meanings for names such as `:memory:`.
  const path = resolve(file);
  mkdirSync(dirname(path), { recursive: true });
  checkFile(path);
  const database = await DuckDBInstance.create(path, {
    // Nothing that a query says may reach beyond this file or the network.
    enable_external_access: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    checkpoint_threshold: LAST_RESORT,
  });
  const writing = await database.connect();
  const reading = await database.connect();
  const checkpointing = await database.connect();
  await writing.run(TABLES);
  await migrate(writing, now());

  const writer = await openWriter(writing, now);
  const pen = limit(1); // who may use the writing connection
  const events = groupCommit((group: NewEvent[]) => pen.run(() => writer.write(group)), MAX_GROUP);
  const refusals = openRefusals(writing, pen.run);
  const queries = limit(1); // a connection runs one at a time, and a second would hold a thread only to wait
  const extractions = limit(MAX_EXTRACTIONS);

  let healthy = true;
  let fail!: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  function report(what: string, error: Error): void {
    console.error(JSON.stringify({ error: `${what}: ${error.message}` }));
    if (isFatal(error)) fail(error);
  }
  const log = checkpoints(checkpointing, path, (error) => report('no checkpoint', error));

  async function append(batch: NewEvent[]): Promise<boolean[]> {
    if (events.waiting() > MAX_WAITING) throw unavailable('The collector has more events waiting than it can write; send these again.');
    try {
      const kept = await events.add(batch);
      healthy = true;
      log.consider();
      return kept;
    } catch (error) {
      healthy = false;
      report('events not written', error as Error);
      throw unavailable('The events could not be written to disk; send them again.');
    }
  }

  async function* count(query: Count): AsyncGenerator<number[]> {
    const { sql, values } = where(query);
    const rows = await queries.run(() => reading.runAndReadAll(`SELECT count(*) FROM events WHERE ${sql}`, values));
    yield [Number(rows.getRows()[0]![0])];
  }

  async function* extract(query: Extraction): AsyncGenerator<string[]> {
    const { sql, values } = where(query);
    const order = query.latest ? `ORDER BY timestamp DESC, rowid DESC LIMIT ${query.latest}` : '';
    const leave = await extractions.enter();
    // A connection has one open result at a time, so each extraction has its own.
    const connection = await database.connect();
    try {
      const rows = await connection.stream(`SELECT event FROM events WHERE ${sql} ${order}`, values);
      for await (const chunk of rows.yieldRows()) yield chunk.map(([event]) => event as string);
    } finally {
      connection.closeSync();
      leave();
    }
  }

  const answer = (query: Query): AsyncIterable<Rows[keyof Rows][]> => (query.type === 'count' ? count(query) : extract(query));

  return {
    append,
    query: answer as Storage['query'],
    schema: writer.schema,
    keys: {
      read: () => queries.run(() => readKeys(reading)),
      write: (change) => pen.run(() => inTransaction(writing, () => writeKeys(writing, change))),
    },
    refusals: {
      add: refusals.add,
      newest: async (most) => {
        await refusals.flush();
        return queries.run(() => readRefusals(reading, most));
      },
    },
    overview: {
      collections: () => queries.run(() => readCollections(reading)),
      arrivals: (since, width) => queries.run(() => readArrivals(reading, since, width)),
      latestEvents: (most) => queries.run(() => readLatestEvents(reading, most)),
    },
    healthy: () => healthy,
    failed,
    async close() {
      await events.idle();
      await refusals.flush();
      await log.finish();
      checkpointing.closeSync();
      reading.closeSync();
      writing.closeSync();
      database.closeSync();
    },
  };
}

/** After such an error the database does nothing any more until it is opened again. */
const isFatal = (error: Error) => /^FATAL Error/.test(error.message);
