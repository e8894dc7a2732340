import { DuckDBInstance } from '@duckdb/node-api';
import { closeSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { unavailable } from '../errors.ts';
import { KEY_CLASSES, type KeyClass } from '../keys.ts';
import { SettingsError } from '../settings.ts';
import type { CountQuery, ExtractionQuery } from '../query.ts';
import { groupCommit } from './group-commit.ts';
import { limit } from './limit.ts';
import { openRefusals, readRefusals } from './refusals.ts';
import type { Bucket, CollectionSummary, Identity, NewEvent, Storage } from './storage.ts';
import { TABLES } from './tables.ts';
import { fromDatabase, toDatabase } from './time.ts';
import { where } from './where.ts';
import { openWriter } from './writer.ts';

/** Events that one transaction takes, so that the first request of a long queue need not wait for all of it. */
const MAX_GROUP = 20_000;
/** Events that may wait in memory for the disk; over it, senders are asked to come again. */
const MAX_WAITING = 200_000;
/** Queries that run at once. Each holds one of Node's four worker threads, and recording needs one. */
const MAX_QUERIES = 2;

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
  });
  const writing = await database.connect();
  const reading = await database.connect();
  await writing.run(TABLES);

  const writer = await openWriter(writing, now);
  const pen = limit(1); // who may use the writing connection
  const events = groupCommit((group: NewEvent[]) => pen.run(() => writer.write(group)), MAX_GROUP);
  const refusals = openRefusals(writing, pen.run);
  const queries = limit(MAX_QUERIES);

  let healthy = true;

  async function append(batch: NewEvent[]): Promise<boolean[]> {
    if (events.waiting() > MAX_WAITING) throw unavailable('The collector has more events waiting than it can write; send these again.');
    try {
      const kept = await events.add(batch);
      healthy = true;
      return kept;
    } catch (error) {
      healthy = false;
      console.error(JSON.stringify({ error: `events not written: ${(error as Error).message}` }));
      throw unavailable('The events could not be written to disk; send them again.');
    }
  }

  async function read(sql: string, values: Parameters<typeof reading.runAndReadAll>[1] = []) {
    const rows = await queries.run(() => reading.runAndReadAll(sql, values));
    return rows.getRows();
  }

  async function count(query: CountQuery): Promise<number> {
    const { sql, values } = where(query);
    return Number((await read(`SELECT count(*) FROM events WHERE ${sql}`, values))[0]![0]);
  }

  async function* extract(query: ExtractionQuery): AsyncGenerator<string[]> {
    const { sql, values } = where(query);
    const order = query.latest ? `ORDER BY timestamp DESC, rowid DESC LIMIT ${query.latest}` : '';
    const leave = await queries.enter();
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

  async function identity(): Promise<Identity> {
    const [project] = await read('SELECT project_id FROM identity');
    const hashes: Identity['hashes'] = {};
    for (const [of, blob] of await read('SELECT class, sha256 FROM keys')) {
      if (KEY_CLASSES.includes(of as KeyClass)) hashes[of as KeyClass] = Buffer.from((blob as { bytes: Uint8Array }).bytes);
    }
    return { ...(project && { projectId: project[0] as string }), hashes };
  }

  async function setIdentity({ projectId, hashes }: Required<Identity>): Promise<void> {
    await pen.run(async () => {
      await writing.run('BEGIN TRANSACTION');
      await writing.run('DELETE FROM identity');
      await writing.run('INSERT INTO identity VALUES ($1)', [projectId]);
      for (const of of KEY_CLASSES) {
        if (hashes[of]) await writing.run('INSERT OR REPLACE INTO keys VALUES ($1, unhex($2))', [of, hashes[of].toString('hex')]);
      }
      await writing.run('COMMIT');
    });
  }

  async function collections(): Promise<CollectionSummary[]> {
    const rows = await read(`
      SELECT coalesce(e.collection, r.collection) AS name, coalesce(e.events, 0), coalesce(r.dropped, 0), e.latest
      FROM (SELECT collection, count(*) AS events, max(created_at) AS latest FROM events GROUP BY collection) e
      FULL JOIN (SELECT collection, sum(dropped) AS dropped FROM repeats GROUP BY collection) r ON e.collection = r.collection
      ORDER BY 2 DESC, name`);
    return rows.map(([name, total, dropped, latest]) => ({
      name: name as string,
      events: Number(total),
      repeats: Number(dropped),
      latest: latest === null ? 0 : fromDatabase(latest),
    }));
  }

  async function arrivals(since: number, width: number): Promise<Bucket[]> {
    const rows = await read(
      `SELECT epoch_ms(created_at) // $2 * $2, collection, count(*)
       FROM events WHERE created_at >= $1 GROUP BY 1, 2 ORDER BY 1, 2`,
      [toDatabase(since), BigInt(width)],
    );
    return rows.map(([at, collection, total]) => ({ at: Number(at), collection: collection as string, events: Number(total) }));
  }

  return {
    append,
    healthy: () => healthy,
    count,
    extract,
    schema: writer.schema,
    identity,
    setIdentity,
    refuse: refusals.add,
    collections,
    arrivals,
    latestEvents: async (most) =>
      (await read('SELECT collection, event FROM events ORDER BY created_at DESC, rowid DESC LIMIT $1', [most]))
        .map(([collection, event]) => ({ collection: collection as string, event: event as string })),
    refusals: async (most) => {
      await refusals.flush();
      return queries.run(() => readRefusals(reading, most));
    },
    async close() {
      await events.idle();
      await refusals.flush();
      await writing.run('CHECKPOINT');
      reading.closeSync();
      writing.closeSync();
      database.closeSync();
    },
  };
}

/**
 * Throws where the file is something else. DuckDB by itself would read a JSON or CSV file as a database that lives in memory, and
 * everything recorded would be gone at the end.
 */
function checkFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const start = Buffer.alloc(12);
    const length = readSync(file, start);
    if (length && start.toString('latin1', 8) !== 'DUCK') throw new SettingsError(`${path} is not a DuckDB database.`);
  } finally {
    closeSync(file);
  }
}
