// Workers that run seeds. Each evaluates the same bundle.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { root } from '../../scripts/install.mjs';

/** Seeds that a worker runs before it answers. */
const CHUNK = 25;

async function bundleWorker() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, 'e2e/simulate/worker.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/** Starts workers that run this core, given as the text of a script. */
export async function openPool(core, size = Math.min(2, availableParallelism())) {
  const text = await bundleWorker();
  const workers = Array.from({ length: size }, () => new Worker(text, { eval: true, workerData: { core } }));
  const ask = (worker, job) =>
    new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (answer) => {
        worker.off('error', reject);
        resolve(answer);
      });
      worker.postMessage(job);
    });

  return {
    trace: (seed) => ask(workers[0], { trace: seed }),
    shrink: (seed) => ask(workers[0], { shrink: seed }),
    replay: (plan) => ask(workers[0], { replay: plan }),

    /** Runs seeds. Resolves with sums and the first violation of each failed seed; `stop` ends at the first failure. */
    async run({ from = 0, count, stop = false, progress = () => {} }) {
      const total = { seeds: 0, steps: 0, events: 0, requests: 0, counts: {}, failures: [] };
      let next = from;
      await Promise.all(
        workers.map(async (worker) => {
          while (next < from + count && !(stop && total.failures.length)) {
            const start = next;
            next = Math.min(start + CHUNK, from + count);
            const part = await ask(worker, { from: start, count: next - start, stop });
            for (const name of ['seeds', 'steps', 'events', 'requests']) total[name] += part[name];
            for (const [name, times] of Object.entries(part.counts))
              total.counts[name] = (total.counts[name] ?? 0) + times;
            total.failures.push(...part.failures);
            progress(total);
          }
        }),
      );
      total.failures.sort((a, b) => a.seed - b.seed);
      return total;
    },

    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}
