import { startCollector } from './collector.ts';
import { drive } from './drive.ts';
import { eventSource } from './events.ts';
import { watchMemory } from './memory.ts';
import { megabytes, table } from './table.ts';

const PER = 100;
const STEPS = 10;
/** Of the last events, so many are sent a second time: repeats, which a tracker makes when an answer is lost. */
const REPEATS = 20_000;

/** Fills one database with so many events, in bulks, and says how it does at each tenth of the way. */
export async function measureGrowth(
  folder: string,
  { events, connections }: { events: number; connections: number },
): Promise<void> {
  const collector = await startCollector(folder);
  const target = { api: collector.api, writeKey: collector.keys.write, collection: 'views' };
  const source = eventSource({ collection: 'views', total: events });
  console.log(
    `\nOne file growing, in bulks of ${PER}, ${connections} connections, events of ${Math.round(source.bytes)} bytes`,
  );
  const row = table(
    ['events in it', 'events/s', 'p50 ms', 'p99 ms', 'max ms', 'memory MB', 'bytes on disk/event'],
    [12],
  );
  const requests = Math.ceil(events / STEPS / PER);
  const send = (count: number) =>
    drive(target, { source, per: PER, connections: Math.min(connections, count), until: { requests: count } }).done;
  const highest: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const memory = watchMemory(collector);
    const driven = await send(requests);
    if (driven.refused.size) throw new Error(`not all were taken: ${[...driven.refused].join('; ')}`);
    const made = source.made();
    const { data, log } = collector.files();
    highest.push(memory.end().highest);
    row(
      made,
      driven.events / driven.seconds,
      driven.p50,
      driven.p99,
      driven.max,
      megabytes(highest.at(-1)!),
      (data + log) / made,
    );
  }
  sayGrowth(highest, events);
  await checkCount(collector.query, source.made());

  const repeats = Math.min(REPEATS, requests * PER);
  source.rewind(repeats);
  const repeated = await send(repeats / PER);
  console.log(
    `The last ${repeats.toLocaleString('en')} again, all of them repeats: ${Math.round(repeated.events / repeated.seconds).toLocaleString('en')} events/s`,
  );
  await checkCount(collector.query, source.made());
  await collector.end('SIGTERM');
}

/** In the first tenth compilers and caches warm up, so what grew since the second is told too. */
function sayGrowth(highest: number[], events: number): void {
  const [first, second, last] = [highest[0]!, highest[1]!, highest.at(-1)!];
  const perEvent = ((last - second) / (events * (1 - 2 / STEPS))).toFixed(1);
  console.log(
    `Memory: ${megabytes(first)} MB in the first tenth, ${megabytes(second)} in the second, ${megabytes(last)} in the last; ` +
      `from the second to the last ${perEvent} bytes for each event`,
  );
}

async function checkCount(
  query: (type: string, parameters: object) => Promise<unknown>,
  expected: number,
): Promise<void> {
  const count = await query('count', { event_collection: 'views' });
  if (count !== expected) throw new Error(`${expected} events were acknowledged, and ${String(count)} are there`);
}
