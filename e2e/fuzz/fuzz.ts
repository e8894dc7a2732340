import fc from 'fast-check';
import { routeName } from '../../demo/collector/testing/routes.ts';
import { startFuzzed } from './collector.ts';
import { type Problem, problemOf } from './problems.ts';
import { type FuzzRequest, nonsense, requestTo } from './requests.ts';

/** Requests between two batteries of queries. */
const BATCH = 200;
/** Batches on one collector. The next one has a new file, so a failure depends on no more than these. */
const BATCHES_PER_COLLECTOR = 10;
/** Only the first failures are reduced to fewer requests, because each attempt takes a new collector. */
const MAX_REDUCED = 3;

export interface FuzzOptions {
  seed: number;
  /** Requests to send, about. */
  runs: number;
  /** Ends earlier after so many milliseconds. */
  maxMs?: number;
  print?(line: string): void;
}

export interface FuzzResult {
  /** Requests that were sent. */
  runs: number;
  /** Answers by status. */
  statuses: Record<string, number>;
  /** Routes without any answer below 400. */
  unanswered: string[];
  /** Broken promises, one of each kind. */
  failures: Failure[];
}

export interface Failure extends Problem {
  /** Requests that break it on an empty collector; all of the batch if that takes earlier ones too. */
  requests: FuzzRequest[];
  times: number;
}

/** Sends random requests to every route, and checks the collector's promises after each one and after each batch. */
export async function fuzz({
  seed,
  runs,
  maxMs = Infinity,
  print = () => undefined,
}: FuzzOptions): Promise<FuzzResult> {
  const began = performance.now();
  const statuses: Record<string, number> = {};
  const answered = new Set<string>();
  const failures = new Map<string, Failure>();
  let [sent, batches] = [0, 0];
  let collector = await startFuzzed(0);
  const names = [...new Set(collector.routes.map(routeName))];
  const request = fc.oneof(
    { weight: 1, arbitrary: nonsense },
    ...names.map((name) => ({ weight: weightOf(name), arbitrary: requestTo(name) })),
  );
  const count = (one: FuzzRequest, status: number) => {
    sent++;
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status < 400) answered.add(one.route);
  };
  const restart = async () => {
    await collector.stop();
    collector = await startFuzzed(Math.floor(batches / BATCHES_PER_COLLECTOR));
  };

  async function fail(problem: Problem, requests: FuzzRequest[]): Promise<void> {
    const known = failures.get(problem.kind);
    if (known) known.times++;
    else {
      print(`${problem.kind}: ${problem.text}`);
      const reduced =
        failures.size < MAX_REDUCED ? await reduce(requests, problem.kind, batches, collector.variant) : requests;
      failures.set(problem.kind, { ...problem, requests: reduced, times: 1 });
    }
    // What is stored may break each of the next batches too.
    await restart();
  }

  try {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: BATCH, maxLength: BATCH }), async (requests) => {
        if (performance.now() - began > maxMs) return;
        if (batches && batches % BATCHES_PER_COLLECTOR === 0) await restart();
        if (++batches % 10 === 0) print(`${sent} requests, ${Math.round((performance.now() - began) / 1_000)} s`);
        const problem = await problemOf(collector, requests, batches, count);
        if (problem) await fail(problem, requests);
      }),
      { seed, numRuns: Math.ceil(runs / BATCH) },
    );
  } finally {
    await collector.stop();
  }
  const unanswered = names.filter((name) => !answered.has(name));
  return { runs: sent, statuses, unanswered, failures: [...failures.values()] };
}

/** Leaves out each request that the failure does not need. */
async function reduce(requests: FuzzRequest[], kind: string, number: number, variant: number): Promise<FuzzRequest[]> {
  const fails = async (some: FuzzRequest[]): Promise<boolean> => {
    const collector = await startFuzzed(variant);
    try {
      return (await problemOf(collector, some, number))?.kind === kind;
    } finally {
      await collector.stop();
    }
  };
  if (!(await fails(requests))) return requests;
  let left = requests;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < left.length; ) {
      const fewer = [...left.slice(0, start), ...left.slice(start + size)];
      if (fewer.length && (await fails(fewer))) left = fewer;
      else start += size;
    }
  }
  return left;
}

/** Recording and queries have the most that can go wrong; discovery and pages have the least. */
function weightOf(route: string): number {
  if (/^POST .*\/events/.test(route)) return 24;
  if (/carriesEvent|^DELETE/.test(route)) return 4;
  if (/^HEAD|^OPTIONS|dashboard/.test(route)) return 1;
  return 2;
}
