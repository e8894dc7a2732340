// One shard of the cluster with one replica of everything, under load. `npm run load -- --cluster --kill` has more of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cluster, startCluster } from '../../../scripts/cluster/cluster.mjs';
import { UnavailableError } from '../../../scripts/cluster/packages.mjs';
import { temporaryFolder } from '../../fixtures/paths.ts';
import { LOAD_ENV } from './api.ts';
import { KILLS, killUnderLoad } from './chaos.ts';

const TESTED = ['a collector', 'all nodes of NATS', 'all of ClickHouse'];

async function start(folder: string): Promise<Cluster | UnavailableError> {
  try {
    return await startCluster({ folder, nodes: 1, shards: 1, replicas: 1, collectors: 1, env: LOAD_ENV });
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    console.error(`mailslot: THE TEST OF THE CLUSTER IS SKIPPED: ${error.message}`);
    return error;
  }
}

test('three kills under load lose no acknowledged event and count none twice', async (t) => {
  const folder = temporaryFolder();
  let stop: (() => Promise<void>) | undefined;
  t.after(async () => {
    await stop?.();
    folder.remove();
  });
  const cluster = await start(folder.path);
  if (cluster instanceof UnavailableError) return t.skip(cluster.message);
  stop = cluster.stop;
  const kills = TESTED.map((name) => KILLS.find((kill) => kill.name === name)!);
  const results = await killUnderLoad({
    cluster,
    kills,
    // A busy machine must keep up with it: a query waits for what was acknowledged before.
    rate: 200,
    perRequest: 20,
    print: (result) => t.diagnostic(JSON.stringify(result)),
  });
  assert.deepEqual(
    results.map(({ kill, lost, twice, tooSmall }) => ({ kill, lost, twice, tooSmall })),
    TESTED.map((kill) => ({ kill, lost: 0, twice: 0, tooSmall: 0 })),
  );
  for (const { kill, acknowledged } of results) assert.ok(acknowledged > 0, `${kill}: nothing was acknowledged`);
});
