import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, memoryOf, processorTimeOf, startCluster } from '../../../scripts/cluster/cluster.mjs';
import { startCollector } from '../collector.ts';
import { drive, type LoadResult } from '../drive.ts';
import { type EventSource, eventSource } from '../events.ts';
import { table } from '../table.ts';
import { apisOf, insist, KEYS, LOAD_ENV, query } from './api.ts';
import { KILLS, type KillResult, killUnderLoad } from './chaos.ts';
import { describeMachine, type Row, writeSection } from './report.ts';

/** More events than can be sent, so that all times are in the past. */
const MAX_EVENTS = 100_000_000;
const KINDS = [
  { name: '1 event a request', perRequest: 1, share: 5 },
  { name: '100 events a request', perRequest: 100, share: 1 },
];
/** Events that are sent before the store has to have them. */
const MAX_FILL = 500_000;
/** Queries over more events are measured over these as well. */
const FIRST_EVENTS = 2_000_000;
/** The first row of the table of queries. */
const EVENTS = 'events';
const QUERIES: [name: string, type: string, parameters: object][] = [
  ['count', 'count', {}],
  [
    'count with a filter',
    'count',
    { filters: [{ property_name: 'user.plan', operator: 'eq', property_value: 'team' }] },
  ],
  ['sum by group', 'sum', { target_property: 'price', group_by: 'item' }],
  ['count by day', 'count', { timeframe: 'previous_28_days', interval: 'daily' }],
  ['percentile 95', 'percentile', { target_property: 'price', percentile: 95 }],
  ['unique users', 'count_unique', { target_property: 'user.id' }],
];

export interface MeasureOptions {
  folder: string;
  /** Events over which queries are measured. */
  events: number;
  /** Of each measurement of recording. */
  seconds: number;
  connections: number;
}

/** ClickHouse and the loaders are on the same machine as what acknowledges, and their work can wait. */
const STORE_NICENESS = 19;
/** One of each shard: with more, the same events make more and smaller records, and each costs three syncs. */
const PARTITIONS = 2;

/** An engine under load: one collector on DuckDB, or the collectors of a cluster. */
interface Engine {
  name: string;
  apis: string[];
  processes: { kind: string; pid: number }[];
}

const keysOf = { writeKey: KEYS.write, collection: 'views' };

/** Sends to all collectors of an engine at once. */
async function driveAll(
  { apis }: Engine,
  sources: EventSource[],
  perRequest: number,
  connections: number,
  until: { seconds: number } | { requests: number },
): Promise<LoadResult> {
  const each = Math.ceil(connections / apis.length);
  const results = await Promise.all(
    apis.map(
      (api, index) => drive({ api, ...keysOf }, { source: sources[index]!, perRequest, connections: each, until }).done,
    ),
  );
  // A cluster on a machine that is too busy can answer 503. Only what was acknowledged counts.
  for (const [answer, times] of results.flatMap(({ refused }) => [...refused])) console.log(`  ${times} × ${answer}`);
  const worst = (read: (result: LoadResult) => number) => Math.max(...results.map(read));
  return {
    ...results[0]!,
    events: results.reduce((sum, { events }) => sum + events, 0),
    seconds: worst(({ seconds }) => seconds),
    p50: worst(({ p50 }) => p50),
    p99: worst(({ p99 }) => p99),
  };
}

/** Measures a cluster and DuckDB, one after the other, and writes e2e/CLUSTER.md. */
export async function measureCluster(options: MeasureOptions): Promise<void> {
  const machine = describeMachine();
  const recording: Row[] = [['', 'events/s', 'p50 ms', 'p99 ms', 'until all are in the store, s']];
  const work: Row[] = [['', 'process', 'while recording', 'until all are in the store']];
  const times = new Map<string, Row>([EVENTS, ...QUERIES.map(([name]) => name)].map((name) => [name, [name]]));

  const own = mkdtempSync(join(options.folder, 'duckdb-'));
  const collector = await startCollector(own, { env: { RATE_BY_KEY: '0', BYTE_RATE_BY_KEY: '0' } });
  const duckdb = { name: 'DuckDB', apis: [collector.api], processes: [{ kind: 'collector', pid: collector.pid }] };
  await measureEngine(duckdb, options, { recording, work, times });
  const memory: Row[] = [
    ['process', 'MB'],
    ['collector on DuckDB', collector.memory() / 1e6],
  ];
  await collector.end('SIGTERM');

  const cluster = await startCluster({
    folder: join(options.folder, 'cluster'),
    env: LOAD_ENV,
    storeNiceness: STORE_NICENESS,
    partitions: PARTITIONS,
  });
  try {
    const processes = cluster.parts.map(({ kind, pid }) => ({ kind, pid: pid! }));
    await measureEngine({ name: 'cluster', apis: apisOf(cluster), processes }, options, { recording, work, times });
    for (const { name, pid } of cluster.parts) memory.push([name, memoryOf(pid!)]);
  } finally {
    await cluster.stop();
  }
  const engines = ['DuckDB ms', 'cluster ms'].flatMap((engine) => sizesOf(options).map(() => engine));
  writeSection('Recording', [machine, '', RECORDING_TEXT], recording);
  writeSection('Processor time', [WORK_TEXT], work);
  writeSection('Memory', ['Resident memory at the end of the same run.'], memory);
  writeSection('Queries', ['Median of three.'], [['', ...engines], ...times.values()]);
}

const RECORDING_TEXT =
  'Three nodes of NATS with three replicas of each record, each synced to disk; two partitions; two shards of two replicas of ClickHouse, each ' +
  'with a loader; two collectors; and the process that makes the load. DuckDB is one collector in the same run. ClickHouse and ' +
  `the loaders have a niceness of ${STORE_NICENESS}: the log acknowledges first, and the last column says how long the store takes to catch up.`;

const WORK_TEXT =
  'Microseconds of processor time for an event, of all processes of a kind together. A machine with two cores has 50 for each of 40,000 events/s.';

/** The tables that grow with each measurement. */
interface Tables {
  recording: Row[];
  work: Row[];
  times: Map<string, Row>;
}

/** Milliseconds of processor time so far, by kind of process. */
function workOf({ processes }: Engine): Map<string, number> {
  const work = new Map([['load', process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000]]);
  for (const { kind, pid } of processes) work.set(kind, (work.get(kind) ?? 0) + processorTimeOf(pid));
  return work;
}

async function measureEngine(
  engine: Engine,
  { events, seconds, connections }: MeasureOptions,
  { recording, work, times }: Tables,
): Promise<void> {
  console.log(`\n${engine.name}`);
  const row = table(['', 'events/s', 'p50 ms', 'p99 ms', 'lag s'], [26]);
  const sources = engine.apis.map((_, index) =>
    eventSource({ collection: 'views', total: MAX_EVENTS, seed: `${index}` }),
  );
  for (const { name, perRequest, share } of KINDS) {
    await driveAll(engine, sources, perRequest, share * connections, { seconds: 1 });
    await untilStored(engine);
    const before = workOf(engine);
    const result = await driveAll(engine, sources, perRequest, share * connections, { seconds });
    const recorded = workOf(engine);
    const lag = await untilStored(engine);
    const cells: Row = [`${engine.name}, ${name}`, result.events / result.seconds, result.p50, result.p99, lag];
    row(...cells);
    recording.push(cells);
    const each = (kind: string, until: Map<string, number>) =>
      ((until.get(kind)! - before.get(kind)!) * 1_000) / result.events;
    const stored = workOf(engine);
    for (const kind of before.keys()) work.push([cells[0]!, kind, each(kind, recorded), each(kind, stored)]);
  }
  for (const size of sizesOf({ events })) {
    await fill(engine, sources, size, connections);
    times.get(EVENTS)!.push(await countOf(engine));
    for (const [name, type, parameters] of QUERIES) times.get(name)!.push(await medianOf(engine, type, parameters));
  }
}

/** Numbers of events over which queries are measured. */
const sizesOf = ({ events }: Pick<MeasureOptions, 'events'>) =>
  events > FIRST_EVENTS ? [FIRST_EVENTS, events] : [events];

/** Sends until there are so many events. The store catches up in between, so that no wait for it is too long. */
async function fill(engine: Engine, sources: EventSource[], events: number, connections: number): Promise<void> {
  for (let stored = await countOf(engine); stored < events; ) {
    const missing = Math.min(events - stored, MAX_FILL);
    await driveAll(engine, sources, 100, connections, { requests: Math.ceil(missing / 100 / engine.apis.length) });
    const [before, began] = [stored, performance.now()];
    stored = await countOf(engine);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`  ${stored.toLocaleString('en')} events, in the store after ${seconds} s`);
    if (stored === before) throw new Error(`${engine.name} takes no events any more`);
  }
}

/** The number of events, as soon as the store has everything acknowledged before. */
const countOf = async ({ apis }: Engine) => (await insist(apis, 'count', { event_collection: 'views' })) as number;

/** Seconds until a query has been answered, which needs everything acknowledged before it. */
async function untilStored(engine: Engine): Promise<number> {
  const began = performance.now();
  await countOf(engine);
  return (performance.now() - began) / 1000;
}

async function medianOf({ apis }: Engine, type: string, parameters: object): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    await query(apis[round % apis.length]!, type, { event_collection: 'views', ...parameters });
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[1]!;
}

const killsText = (rate: number) =>
  `SIGKILL under ${rate.toLocaleString('en')} events/s, then the same processes again after up to two seconds. *Recording*: until each bulk that was on ` +
  'its way was acknowledged. *Queries*: until a query was answered with everything acknowledged before it. After each kill all ' +
  'events are counted, and all different tokens.';

/** Kills parts of a cluster in turn, and writes the table of e2e/CLUSTER.md. @returns what does not hold */
export async function killCluster(folder: string, rounds: number, rate: number): Promise<string[]> {
  const machine = describeMachine();
  const cluster: Cluster = await startCluster({ folder: join(folder, 'cluster'), env: LOAD_ENV });
  const row = table(['killed', 'acknowledged', 'recording s', 'queries s', 'lost', 'twice', 'too small'], [26]);
  const print = (one: KillResult) => row(...cellsOf(one));
  try {
    const kills = Array.from({ length: rounds }, (_, index) => KILLS[index % KILLS.length]!);
    const results = await killUnderLoad({ cluster, kills, rate, print });
    const head = [
      'killed',
      'kills',
      'acknowledged',
      'recording back, s',
      'queries back, s',
      'lost',
      'twice',
      'answers too small',
    ];
    writeSection('Kills', [machine, '', killsText(rate)], [head, ...summarize(results)]);
    return results
      .filter(({ lost, twice, tooSmall }) => lost || twice || tooSmall)
      .map((one) => `${one.kill}: ${one.lost} lost, ${one.twice} twice, ${one.tooSmall} answers too small`);
  } finally {
    await cluster.stop();
  }
}

const cellsOf = ({ kill, acknowledged, recording, queries, lost, twice, tooSmall }: KillResult): Row => [
  kill,
  acknowledged,
  recording,
  queries,
  lost,
  twice,
  tooSmall,
];

/** One row for each kind of kill, with the longest times, and one for all. */
function summarize(results: KillResult[]): Row[] {
  const rowOf = (name: string, some: KillResult[]): Row => {
    const sum = (read: (one: KillResult) => number) => some.reduce((total, one) => total + read(one), 0);
    const most = (read: (one: KillResult) => number) => Math.max(...some.map(read));
    return [
      name,
      some.length,
      sum(({ acknowledged }) => acknowledged),
      most(({ recording }) => recording),
      most(({ queries }) => queries),
      sum(({ lost }) => lost),
      sum(({ twice }) => twice),
      sum(({ tooSmall }) => tooSmall),
    ];
  };
  const names = [...new Set(results.map(({ kill }) => kill))];
  return [
    ...names.map((name) =>
      rowOf(
        name,
        results.filter(({ kill }) => kill === name),
      ),
    ),
    rowOf('**all**', results),
  ];
}
