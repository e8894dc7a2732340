import { until } from '../../scripts/testing/until.ts';
import { type LoadedCollector, startAndKill, startCollector } from './collector.ts';
import { compare, sendAgain } from './compare.ts';
import { drive } from './drive.ts';
import { type EventSource, eventSource } from './events.ts';

/** Size of a log at the start of a checkpoint. */
const FULL_LOG_BYTES = 60_000_000;
/** More events than any round sends, so that each event has a different time. */
const MAX_EVENTS = 20_000_000;
const CONNECTIONS = 16;
/** A round without an end of its own, in seconds. */
const ROUND_SECONDS = 600;
const KILL_TIMEOUT_MS = 300_000;

export interface KillRounds {
  folder: string;
  rounds: number;
  /**
   * Every fourth round waits for a checkpoint, in which the database moves its log into its file. That takes 100,000
   * events.
   */
  checkpoints: boolean;
  print?(line: string): void;
}

export interface KillCounts {
  acknowledged: number;
  /** Sent, but the collector was killed before it could answer. */
  unanswered: number;
  /** Unanswered, but stored. */
  stored: number;
  /** Kills during a checkpoint. */
  checkpoints: number;
}

/**
 * Kills the collector under load, again and again on one database. After each kill the file must open, every
 * acknowledged event must be stored once, and no event twice. The unanswered events are sent again, as the tracker
 * does, and must then be stored once.
 * @throws Error that names the first violation
 */
export async function killRounds({
  folder,
  rounds,
  checkpoints,
  print = () => undefined,
}: KillRounds): Promise<KillCounts> {
  const total: KillCounts = { acknowledged: 0, unanswered: 0, stored: 0, checkpoints: 0 };
  const expected = new Map<string, number>();
  for (let round = 1; round <= rounds; round++) {
    const collection = `round ${round}`;
    const perRequest = [1, 100, 10][round % 3]!;
    const source = eventSource({ collection, total: MAX_EVENTS, seed: collection });
    const { acknowledged, inCheckpoint } = await killOne({
      folder,
      source,
      collection,
      perRequest,
      awaitCheckpoint: checkpoints && round % 4 === 0,
    });
    // The start can be interrupted too.
    if (round % 2) await startAndKill(folder, 100 + Math.random() * 400);

    const collector = await startCollector(folder);
    const sent = { collection, source, perRequest, acknowledged };
    const stored = await compare(collector, sent);
    await sendAgain(collector, sent);
    const made = source.made();
    expected.set(collection, made);
    await checkCounts(collector, expected);

    const answered = acknowledged.size * perRequest;
    total.acknowledged += answered;
    total.unanswered += made - answered;
    total.stored += stored;
    total.checkpoints += Number(inCheckpoint);
    print(
      `${collection}: ${answered} events acknowledged (${perRequest} per request), each stored once; ` +
        `${made - answered} unanswered, ${stored} of them stored${inCheckpoint ? '; killed during a checkpoint' : ''}; ` +
        `open after ${Math.round(collector.startupMs)} ms`,
    );
    await collector.end('SIGKILL');
  }
  return total;
}

interface KillOptions {
  folder: string;
  source: EventSource;
  collection: string;
  perRequest: number;
  /** Waits for a checkpoint, otherwise for a random moment of about a second. */
  awaitCheckpoint: boolean;
}

interface Killed {
  /** The first event of each acknowledged request. */
  acknowledged: Set<number>;
  /** The kill interrupted a checkpoint. */
  inCheckpoint: boolean;
}

/** Starts the collector, sends events, and kills it. */
async function killOne({ folder, source, collection, perRequest, awaitCheckpoint }: KillOptions): Promise<Killed> {
  const collector = await startCollector(folder);
  const acknowledged = new Set<number>();
  let first!: () => void;
  const begun = new Promise<void>((resolve) => (first = resolve));
  const { done, stop } = drive(
    { api: collector.api, writeKey: collector.keys.write, collection },
    {
      source,
      perRequest,
      connections: CONNECTIONS,
      until: { seconds: ROUND_SECONDS },
      acknowledged: (event) => {
        acknowledged.add(event);
        first();
      },
    },
  );
  await begun;
  const { data } = collector.files();
  const end = performance.now() + 100 + Math.random() * 1_000;
  // The file changes only in a checkpoint.
  await until(
    'the moment to kill it',
    () => (awaitCheckpoint ? collector.files().data > data : performance.now() > end),
    KILL_TIMEOUT_MS,
  );
  if (awaitCheckpoint) await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
  const gone = collector.end('SIGKILL');
  stop();
  await gone;
  await done;
  // The end of a checkpoint removes the log.
  return { acknowledged, inCheckpoint: awaitCheckpoint && collector.files().log > FULL_LOG_BYTES };
}

async function checkCounts({ query }: LoadedCollector, expected: Map<string, number>): Promise<void> {
  for (const [collection, made] of expected) {
    const count = await query('count', { event_collection: collection });
    if (count !== made) throw new Error(`${collection}: ${String(count)} events, not ${made}`);
  }
}
