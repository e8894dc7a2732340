import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startCollector } from './collector.ts';
import { checkAllTaken, drive } from './drive.ts';
import { eventSource } from './events.ts';
import { watchMemory } from './memory.ts';
import { megabytes, table } from './table.ts';

/** More events than can be sent, so that all times are in the past. */
const MAX_EVENTS = 100_000_000;

/** Measures each kind of request for a time, each on its own collector and database. */
export async function measureRequests(
  folder: string,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<void> {
  console.log('\nAcknowledged events, committed to disk');
  const row = table(['', 'connections', 'events/s', 'p50 ms', 'p99 ms', 'max ms', 'memory MB, by quarter'], [26]);
  const kinds = [
    { name: '1 event per request, alone', perRequest: 1, parallel: 1 },
    { name: '1 event per request', perRequest: 1, parallel: 5 * connections },
    { name: '100 per request', perRequest: 100, parallel: connections },
  ];
  for (const { name, perRequest, parallel } of kinds) {
    const own = mkdtempSync(join(folder, 'requests-'));
    const collector = await startCollector(own);
    const target = { api: collector.api, writeKey: collector.keys.write, collection: 'views' };
    const source = eventSource({ collection: 'views', total: MAX_EVENTS });
    // One second to warm up compilers and caches.
    await drive(target, { source, perRequest, connections: parallel, until: { seconds: 1 } }).done;
    const memory = watchMemory(collector);
    const result = await drive(target, { source, perRequest, connections: parallel, until: { seconds } }).done;
    row(
      name,
      parallel,
      result.events / result.seconds,
      result.p50,
      result.p99,
      result.max,
      memory.end().quarters.map(megabytes).join(' '),
    );
    checkAllTaken(result);
    await collector.end('SIGTERM');
    rmSync(own, { recursive: true });
  }
}
