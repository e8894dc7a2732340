import { until } from '../fixtures/until.ts';
import { type LoadedCollector, startAndKill, startCollector } from './collector.ts';
import { compare, sendAgain } from './compare.ts';
import { drive } from './drive.ts';
import { type EventSource, eventSource } from './events.ts';

/** Bytes of a log that was about to be moved. */
const FULL_LOG = 60_000_000;
/** More than any round sends, so that each event has a time of its own. */
const MOST = 20_000_000;

export interface KillRounds {
  folder: string;
  rounds: number;
  /** Every fourth round waits for the moment in which the database moves its log into its file, which takes a hundred thousand events. */
  checkpoints: boolean;
  say?(line: string): void;
}

export interface Killed {
  acknowledged: number;
  /** Sent, and the collector was gone before it could answer. */
  unanswered: number;
  /** Of the unanswered: those that were stored all the same. */
  stored: number;
  /** Kills that met a checkpoint. */
  checkpoints: number;
}

/**
 * SIGKILL under load, again and again on one database. After each, the file opens; every acknowledged event is there once, and
 * none twice; and what was not answered is sent again, as the tracker does, and then is there once too.
 * @throws Error that names the first of these that does not hold
 */
export async function killRounds({ folder, rounds, checkpoints, say = () => undefined }: KillRounds): Promise<Killed> {
  const total: Killed = { acknowledged: 0, unanswered: 0, stored: 0, checkpoints: 0 };
  const expected = new Map<string, number>();
  for (let round = 1; round <= rounds; round++) {
    const collection = `round ${round}`;
    const per = [1, 100, 10][round % 3]!;
    const source = eventSource({ collection, total: MOST, seed: collection });
    const { acknowledged, met } = await killOne(folder, source, collection, per, checkpoints && round % 4 === 0);
    // Whoever starts it again may be impatient.
    if (round % 2) await startAndKill(folder, 100 + Math.random() * 400);

    const collector = await startCollector(folder);
    const stored = await compare(collector, { collection, source, per, acknowledged });
    await sendAgain(collector, { collection, source, per, acknowledged });
    const made = source.made();
    expected.set(collection, made);
    await checkCounts(collector, expected);

    total.acknowledged += acknowledged.size * per;
    total.unanswered += made - acknowledged.size * per;
    total.stored += stored;
    total.checkpoints += Number(met);
    say(
      `${collection}: ${acknowledged.size * per} events acknowledged (${per} a request), each there once; ` +
        `${made - acknowledged.size * per} unanswered, ${stored} of them stored${met ? '; killed during a checkpoint' : ''}; open after ${Math.round(collector.startedIn)} ms`,
    );
    await collector.end('SIGKILL');
  }
  return total;
}

/** Kills it at any moment of a second or so, or when it is in a checkpoint. The first events of the acknowledged requests. */
async function killOne(folder: string, source: EventSource, collection: string, per: number, inCheckpoint: boolean) {
  const collector = await startCollector(folder);
  const acknowledged = new Set<number>();
  let first!: () => void;
  const begun = new Promise<void>((resolve) => (first = resolve));
  const { done, stop } = drive(
    { api: collector.api, writeKey: collector.keys.write, collection },
    {
      source,
      per,
      connections: 16,
      until: { seconds: 600 },
      acknowledged: (event) => {
        acknowledged.add(event);
        first();
      },
    },
  );
  await begun;
  const { data } = collector.files();
  const end = performance.now() + 100 + Math.random() * 1_000;
  // Between checkpoints the file itself is not touched.
  await until(
    'the moment to kill it',
    () => (inCheckpoint ? collector.files().data > data : performance.now() > end),
    300_000,
  );
  if (inCheckpoint) await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
  const gone = collector.end('SIGKILL');
  stop();
  await gone;
  await done;
  // A checkpoint that is done has removed the log.
  const met = inCheckpoint && collector.files().log > FULL_LOG;
  return { acknowledged, met };
}

async function checkCounts({ query }: LoadedCollector, expected: Map<string, number>): Promise<void> {
  for (const [collection, made] of expected) {
    const count = await query('count', { event_collection: collection });
    if (count !== made) throw new Error(`${collection}: ${String(count)} events, not ${made}`);
  }
}
