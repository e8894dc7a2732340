import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { type ClickHouseServer, startClickHouse } from '../../../scripts/cluster/clickhouse.mjs';
import { UnavailableError } from '../../../scripts/cluster/packages.mjs';
import { openDuckDB } from '../storage/duckdb/duckdb.ts';
import type { Storage } from '../storage/storage.ts';
import { newDatabase, openClickHouse } from './clickhouse.ts';
import { temporaryFolder } from './folder.ts';

/** An engine behind the storage port. */
export interface Engine {
  name: string;
  /** Why its tests cannot run here. */
  skip: string | false;
  /** Opens an empty database, or one that was open before. The caller closes it. */
  open(now: () => number, place: string): Promise<Storage>;
  /** A place for a new database: of DuckDB a file, of ClickHouse a name. */
  newPlace(t: TestContext): string;
}

export const duckdb: Engine = {
  name: 'DuckDB',
  skip: false,
  open: (now, place) => openDuckDB(place, now),
  newPlace: (t) => join(temporaryFolder(t), 'deep/er/events.duckdb'),
};

/**
 * Both engines for the tests of a file. ClickHouse is downloaded if it is not there, and runs until the tests have ended;
 * where it cannot be had, that is said once, and its tests count as skipped.
 */
export async function openEngines(): Promise<Engine[]> {
  const server = await startServer();
  const clickhouse: Engine = {
    name: 'ClickHouse',
    skip: server instanceof UnavailableError && server.message,
    open: (now, database) => openClickHouse(server as ClickHouseServer, now, { database }),
    newPlace: newDatabase,
  };
  return [duckdb, clickhouse];
}

async function startServer(): Promise<ClickHouseServer | UnavailableError> {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const server = await startClickHouse({ folder });
    after(async () => {
      await server.kill();
      remove();
    });
    return server;
  } catch (error) {
    remove();
    if (!(error instanceof UnavailableError)) throw error;
    console.error(`mailslot: THE TESTS ON CLICKHOUSE ARE SKIPPED: ${error.message}`);
    return error;
  }
}
