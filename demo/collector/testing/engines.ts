import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { type ClickHouseServer, startClickHouse } from '../../../scripts/cluster/clickhouse.mjs';
import { UnavailableError } from '../../../scripts/cluster/packages.mjs';
import { freePorts } from '../../../scripts/cluster/ports.mjs';
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
 * Both engines for the tests of a file. ClickHouse has two shards. It is downloaded if it is not there, and runs until the
 * tests have ended; where it cannot be had, that is said once, and its tests count as skipped.
 */
export async function openEngines(): Promise<Engine[]> {
  const shards = await startShards(2);
  const clickhouse: Engine = {
    name: 'ClickHouse',
    skip: shards instanceof UnavailableError && shards.message,
    // Times of arrival come with the events.
    open: (_now, database) => openClickHouse(shards as ClickHouseServer[], { database }),
    newPlace: newDatabase,
  };
  return [duckdb, clickhouse];
}

/** Starts a cluster of shards of one replica each, until the tests of the file have ended. */
export async function startShards(count: number): Promise<ClickHouseServer[] | UnavailableError> {
  const folder = mkdtempSync(join(tmpdir(), 'mailslot-'));
  const running: ClickHouseServer[] = [];
  const end = async () => {
    await Promise.all(running.map((server) => server?.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const tcpPorts = await freePorts(count);
    const httpPorts = await freePorts(count);
    const shards = tcpPorts.map((port) => [{ port }]);
    await Promise.all(
      shards.map(async (_, shard) => {
        const ports = { httpPort: httpPorts[shard]!, tcpPort: tcpPorts[shard]! };
        running[shard] = await startClickHouse({ folder: join(folder, `${shard}`), shards, ...ports });
      }),
    );
    after(end);
    return running;
  } catch (error) {
    await end();
    if (!(error instanceof UnavailableError)) throw error;
    console.error(`mailslot: THE TESTS ON CLICKHOUSE ARE SKIPPED: ${error.message}`);
    return error;
  }
}
