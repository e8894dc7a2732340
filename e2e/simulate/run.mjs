// npm run simulate: runs the tracker's core under a seeded clock, store, network and crashes.
//   npm run simulate -- --seeds 100000          runs 100,000 seeds (default 2,000)
//   npm run simulate -- --from 5000 --seeds 10  runs seeds 5,000 to 5,009
//   npm run simulate -- --seed 7 --trace        runs one seed and prints all that happens
//   npm run simulate -- --seed 7 --shrink       finds and prints the smallest plan that still fails
//   npm run simulate -- --plan plan.json        replays a plan: the JSON that --shrink prints first
//   npm run simulate -- --core ../other/src/index.ts   runs another core
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { install } from '../../scripts/install.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string' },
    plan: { type: 'string' },
    trace: { type: 'boolean', default: false },
    core: { type: 'string', default: 'src/index.ts' },
    shrink: { type: 'boolean', default: false },
  },
});

install();
const { bundleCore } = await import('./core-text.mjs');
const { openPool } = await import('./pool.mjs');
const pool = await openPool(await bundleCore(values.core));
const print = ({ kind, text }) => console.log(`  ${kind}: ${text}`);

/** Prints the verdict on one run and its violations. */
function printResult(name, { violations }) {
  console.log(`${name}: ${violations.length ? 'failed' : 'passed'}`);
  violations.forEach(print);
  process.exitCode = violations.length ? 1 : 0;
}

async function replayPlan(file) {
  const result = await pool.replay(JSON.parse(readFileSync(file, 'utf8')));
  console.log(result.lines.join('\n'));
  printResult(file, result);
}

async function runSeed(seed) {
  const { plan, result } = values.shrink ? await pool.shrink(seed) : { result: await pool.trace(seed) };
  if (plan) console.log(JSON.stringify(plan, null, 1));
  if (values.trace || plan) console.log(result.lines.join('\n'));
  printResult(`seed ${seed}`, result);
}

async function runSeeds() {
  const started = Date.now();
  const total = await pool.run({ from: Number(values.from), count: Number(values.seeds) });
  const kinds = new Map();
  for (const failure of total.failures) kinds.set(failure.kind, [...(kinds.get(failure.kind) ?? []), failure]);
  for (const [kind, failures] of kinds) {
    console.log(`${kind}: ${failures.length} seeds, the first: ${failures.slice(0, 8).map(({ seed }) => seed)}`);
    print(failures[0]);
    console.log(`  replay: npm run simulate -- --core ${values.core} --seed ${failures[0].seed} --trace (or --shrink)`);
  }
  const counts = Object.entries(total.counts).sort(([a], [b]) => (a < b ? -1 : 1));
  console.log(`exercised: ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}`);
  console.log(
    `${total.seeds} seeds, ${total.events} events, ${total.requests} requests, ${total.steps} steps: ` +
      `${total.failures.length} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
  process.exitCode = total.failures.length ? 1 : 0;
}

if (values.plan !== undefined) await replayPlan(values.plan);
else if (values.seed !== undefined) await runSeed(Number(values.seed));
else await runSeeds();
await pool.close();
