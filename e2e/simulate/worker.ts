import { parentPort, workerData } from 'node:worker_threads';
import { createPlan, type Plan } from './plan.ts';
import { run } from './run.ts';
import { shrink } from './shrink.ts';
import { loadCore } from './world.ts';

/** A job for a worker: run seeds, trace or shrink one, or replay a plan. */
export type Job =
  | { from: number; count: number; stop: boolean }
  | { trace: number }
  | { shrink: number }
  | { replay: Plan };

const core = loadCore(workerData.core);

parentPort!.on('message', async (job: Job) => {
  if ('trace' in job) return parentPort!.postMessage(await run(createPlan(job.trace), core, true));
  if ('replay' in job) return parentPort!.postMessage(await run(job.replay, core, true));
  if ('shrink' in job) {
    const plan = await shrink(createPlan(job.shrink), core);
    return parentPort!.postMessage({ plan, result: await run(plan, core, true) });
  }
  const total = {
    seeds: 0,
    steps: 0,
    events: 0,
    requests: 0,
    counts: {} as Record<string, number>,
    failures: [] as object[],
  };
  for (let seed = job.from; seed < job.from + job.count; seed++) {
    const { violations, counts, steps, events, requests } = await run(createPlan(seed), core);
    total.seeds++;
    total.steps += steps;
    total.events += events;
    total.requests += requests;
    for (const [name, count] of Object.entries(counts)) total.counts[name] = (total.counts[name] ?? 0) + count;
    if (violations[0]) {
      total.failures.push({ seed, ...violations[0] });
      if (job.stop) break;
    }
  }
  parentPort!.postMessage(total);
});
