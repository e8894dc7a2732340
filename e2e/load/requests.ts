import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startCollector } from './collector.ts';
import { drive } from './drive.ts';
import { eventSource } from './events.ts';
import { watchMemory } from './memory.ts';
import { megabytes, table } from './table.ts';

/** More than can be sent, so that all have times in the past. */
const MOST = 100_000_000;

/** Each kind of request for so many seconds, each on a collector and a database of its own. */
export async function measureRequests(
  folder: string,
  { seconds, connections }: { seconds: number; connections: number },
): Promise<void> {
  console.log('\nEvents that were acknowledged, which is to say committed to disk');
  const row = table(['', 'connections', 'events/s', 'p50 ms', 'p99 ms', 'max ms', 'memory MB, each quarter'], [22]);
  const kinds = [
    ['one a request, alone', 1, 1],
    ['one a request', 1, 5 * connections],
    ['100 a request', 100, connections],
  ] as const;
  for (const [name, per, at] of kinds) {
    const own = mkdtempSync(join(folder, 'requests-'));
    const collector = await startCollector(own);
    const target = { api: collector.api, writeKey: collector.keys.write, collection: 'views' };
    const source = eventSource({ collection: 'views', total: MOST });
    // Compilers and caches get a second.
    await drive(target, { source, per, connections: at, until: { seconds: 1 } }).done;
    const memory = watchMemory(collector);
    const driven = await drive(target, { source, per, connections: at, until: { seconds } }).done;
    row(
      name,
      at,
      driven.events / driven.seconds,
      driven.p50,
      driven.p99,
      driven.max,
      memory.end().quarters.map(megabytes).join(' '),
    );
    if (driven.refused.size) throw new Error(`not all were taken: ${[...driven.refused].join('; ')}`);
    await collector.end('SIGTERM');
    rmSync(own, { recursive: true });
  }
}
