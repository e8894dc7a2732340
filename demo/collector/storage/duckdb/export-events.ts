import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { NewEvent } from '../../model/event.ts';
import type { KeyEntry } from '../../model/key-entry.ts';
import { SettingsError } from '../../model/settings-error.ts';
import { readSecret } from './erased-tokens.ts';
import { readKeys } from './keys.ts';
import { openFile } from './open-file.ts';

/** Events of one chunk. */
const CHUNK_ROWS = 5_000;

/** The content of a stopped collector's file. */
export interface Export {
  /** The same for the life of the database, and different for each. */
  id: string;
  identity: { projectId?: string; keys: KeyEntry[] };
  /** Events by collection, and the arrival of the newest one in milliseconds since 1970. */
  counts(): Promise<{ collections: Map<string, number>; until: number }>;
  /**
   * Yields the events in order of their recording.
   * @param after the `last` of the chunk to go on from; 0 for all
   */
  events(after: number): AsyncGenerator<{ events: NewEvent[]; last: number }>;
  close(): void;
}

/** @throws SettingsError if a collector has the file open */
export async function openExport(file: string): Promise<Export> {
  const database = await openFile(file, Date.now()).catch((error: Error): DuckDBInstance => {
    if (/Could not set lock/i.test(error.message))
      throw new SettingsError(`A collector has ${file} open. Stop it first, or import a backup of it.`);
    throw error;
  });
  const connection = await database.connect();
  return {
    id: await readSecret(connection),
    identity: await readKeys(connection),
    counts: () => countEvents(connection),
    events: (after) => readEvents(connection, after),
    close() {
      connection.closeSync();
      database.closeSync();
    },
  };
}

async function countEvents(connection: DuckDBConnection) {
  const rows = await connection.runAndReadAll(
    `SELECT collection, count(*), epoch_ms(max(created_at))::DOUBLE FROM events WHERE collection <> '' GROUP BY 1 ORDER BY 1`,
  );
  const counted = rows.getRows() as [string, bigint, number][];
  return {
    collections: new Map(counted.map(([collection, events]) => [collection, Number(events)])),
    until: Math.max(0, ...counted.map(([, , latest]) => latest)),
  };
}

async function* readEvents(connection: DuckDBConnection, after: number) {
  for (let last = after; ; ) {
    const rows = await connection.runAndReadAll(
      `SELECT rowid, collection, id, token, epoch_ms(timestamp)::DOUBLE, epoch_ms(created_at)::DOUBLE, event::VARCHAR
       FROM events WHERE rowid >= $1 AND collection <> '' ORDER BY rowid LIMIT ${CHUNK_ROWS}`,
      [BigInt(last)],
    );
    const events = (rows.getRows() as [bigint, string, string, string | null, number, number, string][]).map(
      ([, collection, id, token, timestamp, createdAt, json]): NewEvent => ({
        collection,
        id,
        token: token ?? undefined,
        timestamp,
        createdAt,
        json,
        properties: JSON.parse(json) as object,
      }),
    );
    if (!events.length) return;
    last = Number((rows.getRows().at(-1) as [bigint])[0]) + 1;
    yield { events, last };
  }
}
