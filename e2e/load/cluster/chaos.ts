import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Kind, Part } from '../../../scripts/cluster/cluster.mjs';
import { apisOf, insist, KEYS, query } from './api.ts';
import { type Sender, startSender } from './sender.ts';

const COLLECTION = 'views';
/** A kill comes after so much quiet load. */
const LOAD_MS = 1_500;
/** A process is down for this long, as if a supervisor had started it again. */
const MAX_DOWN_MS = 2_000;
const RECOVERY_TIMEOUT_MS = 300_000;
const PROBE_INTERVAL_MS = 100;

/** Which processes are killed together. */
export interface Kill {
  name: string;
  choose(parts: Part[]): Part[];
}

const all = (kind: Kind) => (parts: Part[]) => parts.filter((part) => part.kind === kind);
const one = (kind: Kind) => (parts: Part[]) => {
  const some = all(kind)(parts);
  return [some[Math.floor(Math.random() * some.length)]!];
};

/** Each kind of process, then whole kinds at once. */
export const KILLS: Kill[] = [
  { name: 'a collector', choose: one('collector') },
  { name: 'a node of NATS', choose: one('nats') },
  { name: 'a loader', choose: one('loader') },
  { name: 'a replica of ClickHouse', choose: one('clickhouse') },
  { name: 'all collectors', choose: all('collector') },
  { name: 'all nodes of NATS', choose: all('nats') },
  { name: 'all loaders', choose: all('loader') },
  { name: 'all of ClickHouse', choose: all('clickhouse') },
  { name: 'a shard with its loaders', choose: (parts) => parts.filter(({ shard }) => shard === 0) },
  { name: 'everything', choose: (parts) => [...parts] },
];

export interface KillResult {
  kill: string;
  acknowledged: number;
  /** Seconds from the kill until each bulk that was on its way has been acknowledged, and one that began after the kill. */
  recording: number;
  /** Seconds from the kill until the answer to a query that was asked after it, with everything acknowledged before. */
  queries: number;
  lost: number;
  twice: number;
  /** Answers during the kill that had fewer events than were acknowledged before they were asked for. */
  tooSmall: number;
}

export interface ChaosOptions {
  cluster: Cluster;
  kills: Kill[];
  /** Events a second. */
  rate: number;
  /** Events of a request; 100 by default. */
  perRequest?: number;
  print(result: KillResult): void;
}

/**
 * Kills processes under load, one kill after the other, and counts all events after each: with as many different tokens as
 * events, and as many as were acknowledged.
 */
export async function killUnderLoad({
  cluster,
  kills,
  rate,
  perRequest = 100,
  print,
}: ChaosOptions): Promise<KillResult[]> {
  const apis = apisOf(cluster);
  const sender = startSender({
    apis,
    writeKey: KEYS.write,
    collection: COLLECTION,
    perRequest,
    connections: 16,
    rate,
  });
  const results: KillResult[] = [];
  try {
    for (const kill of kills) {
      const result = await killOnce(cluster, kill, sender, apis);
      results.push(result);
      print(result);
    }
  } finally {
    await sender.stop();
  }
  const end = await count(apis, sender.source.made());
  const last = results.at(-1)!;
  results.splice(-1, 1, { ...last, lost: last.lost + end.lost, twice: last.twice + end.twice });
  return results;
}

async function killOnce({ parts }: Cluster, kill: Kill, sender: Sender, apis: string[]): Promise<KillResult> {
  await sleep(LOAD_MS);
  const before = sender.acknowledged();
  const killed = kill.choose(parts);
  const probe = startProbe(apis, sender);
  const killedAt = performance.now();
  await Promise.all(killed.map((part) => part.end('SIGKILL')));
  const recording = sender.settled().then(() => (performance.now() - killedAt) / 1000);
  await sleep(Math.random() * MAX_DOWN_MS);
  // ClickHouse and NATS first: a collector and a loader do not start without them.
  for (const kinds of [
    ['nats', 'clickhouse'],
    ['loader', 'collector'],
  ])
    await Promise.all(killed.filter(({ kind }) => kinds.includes(kind)).map((part) => part.start()));
  const back = await recording;
  const queries = (await probe.firstAfter(killedAt)) / 1000;
  const tooSmall = await probe.stop();
  const { lost, twice } = await count(apis, sender.acknowledged(), sender);
  return {
    kill: kill.name,
    acknowledged: sender.acknowledged() - before,
    recording: back,
    queries,
    lost,
    twice,
    tooSmall,
  };
}

/** Asks for the count again and again. An answer must have everything acknowledged before the question. */
function startProbe(apis: string[], sender: Sender) {
  let stopped = false;
  let tooSmall = 0;
  const answers: { askedAt: number; at: number }[] = [];
  const running = (async () => {
    for (let turn = 0; !stopped; turn++) {
      const known = sender.acknowledged();
      const askedAt = performance.now();
      try {
        const found = (await query(
          apis[turn % apis.length]!,
          'count',
          { event_collection: COLLECTION },
          10_000,
        )) as number;
        if (found < known) tooSmall++;
        else answers.push({ askedAt, at: performance.now() });
      } catch {
        // Refused, or nobody listens: that is what is measured.
      }
      await sleep(PROBE_INTERVAL_MS);
    }
  })();
  return {
    /** Milliseconds from then until the answer to a query that was asked later. */
    async firstAfter(then: number): Promise<number> {
      for (const deadline = then + RECOVERY_TIMEOUT_MS; ; await sleep(PROBE_INTERVAL_MS)) {
        const first = answers.find(({ askedAt }) => askedAt > then);
        if (first) return first.at - then;
        if (performance.now() > deadline) throw new Error('no query was answered in five minutes after the kill');
      }
    },
    async stop() {
      stopped = true;
      await running;
      return tooSmall;
    },
  };
}

/** @param atLeast events that must be there @param sender if it still sends, there can be more */
async function count(apis: string[], atLeast: number, sender?: Sender): Promise<{ lost: number; twice: number }> {
  const measures = {
    total: { analysis_type: 'count' },
    tokens: { analysis_type: 'count_unique', target_property: 'keen.uniqueness_token' },
  };
  const asked = { event_collection: COLLECTION, analyses: measures };
  const found = (await insist(apis, 'multi_analysis', asked)) as { total: number; tokens: number };
  if (sender && found.tokens > sender.source.made()) throw new Error('the cluster has events that nobody has made');
  return { lost: Math.max(0, atLeast - found.tokens), twice: found.total - found.tokens };
}
