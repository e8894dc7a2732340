// npm run load: measures the built collector under load, which another process makes over HTTP.
//   npm run load                          single events, bulks of 100, a file of 500,000 events, queries (a minute)
//   npm run load -- --events 10000000     a file of ten million events (about 15 minutes)
//   npm run load -- --kill 20             kills the collector 20 times under load, and looks for every event
//   npm run load -- --hostile             sends attacks beside honest load (3 minutes; --only PART picks some by name)
//   npm run load -- --cluster             the same on a cluster, beside DuckDB (three minutes); writes e2e/CLUSTER.md
//   npm run load -- --cluster --events 10000000   with queries over two and ten million events (half an hour)
//   npm run load -- --cluster --kill 30   kills each part of a cluster, and all of a kind at once, and counts every event
//   npm run load -- --cluster --kill 30 --rate 500   at fewer events a second than 2,000, on a busy machine
//   npm run load -- --connections 50 --seconds 20   sets the connections, and the seconds of each measurement
//   npm run load -- --folder /mnt/disk    sets the folder of the database
import { buildProject, runBundled } from '../runner/commands.mjs';

buildProject('--collector');
await runBundled('e2e/load/load.ts');
