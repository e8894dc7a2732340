import { startCollector } from './collector.ts';
import { checkAllTaken, drive } from './drive.ts';
import { eventSource } from './events.ts';
import { watchMemory } from './memory.ts';
import { megabytes, table } from './table.ts';

const PER_REQUEST = 100;
const STEPS = 10;
/** How many of the last events are sent again, as a tracker does if an answer is lost. */
const REPEATS = 20_000;

/** Fills one database with events in bulks, and prints figures after each tenth. */
export async function measureGrowth(
  folder: string,
  { events, connections }: { events: number; connections: number },
): Promise<void> {
  const collector = await startCollector(folder);
  const target = { api: collector.api, writeKey: collector.keys.write, collection: 'views' };
  const source = eventSource({ collection: 'views', total: events });
  console.log(
    `\nOne growing file, in bulks of ${PER_REQUEST}, ${connections} connections, events of ${Math.round(source.bytes)} bytes`,
  );
  const row = table(['events', 'events/s', 'p50 ms', 'p99 ms', 'max ms', 'memory MB', 'bytes on disk/event'], [12]);
  const requests = Math.ceil(events / STEPS / PER_REQUEST);
  const send = (count: number) =>
    drive(target, {
      source,
      perRequest: PER_REQUEST,
      connections: Math.min(connections, count),
      until: { requests: count },
    }).done;
  const highest: number[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const memory = watchMemory(collector);
    const result = await send(requests);
    checkAllTaken(result);
    const made = source.made();
    const { data, log } = collector.files();
    highest.push(memory.end().highest);
    row(
      made,
      result.events / result.seconds,
      result.p50,
      result.p99,
      result.max,
      megabytes(highest.at(-1)!),
      (data + log) / made,
    );
  }
  printGrowth(highest, events);
  await checkCount(collector.query, source.made());

  const repeats = Math.min(REPEATS, requests * PER_REQUEST);
  source.rewind(repeats);
  const repeated = await send(repeats / PER_REQUEST);
  console.log(
    `The last ${repeats.toLocaleString('en')} events sent again: ${Math.round(repeated.events / repeated.seconds).toLocaleString('en')} events/s`,
  );
  await checkCount(collector.query, source.made());
  await collector.end('SIGTERM');
}

/** Prints the growth of the memory. Compilers and caches warm up in the first tenth, so it counts from the second. */
function printGrowth(highest: number[], events: number): void {
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
  if (count !== expected) throw new Error(`${expected} events were acknowledged, and ${String(count)} are stored`);
}
