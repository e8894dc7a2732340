// npm run simulate: the tracker's core under a seeded clock, store, network and crash.
//   npm run simulate -- --seeds 100000          that many seeds
//   npm run simulate -- --from 5000 --seeds 10  from that one on
//   npm run simulate -- --seed 7                one; --trace prints all that happened, --shrink the least that still fails
//   npm run simulate -- --plan least.json       the JSON that --shrink prints first
//   npm run simulate -- --core ../other/src/index.ts   another core than this project's
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
const tell = ({ kind, text }) => console.log(`  ${kind}: ${text}`);

if (values.plan !== undefined) {
  const result = await pool.replay(JSON.parse(readFileSync(values.plan, 'utf8')));
  console.log(result.lines.join('\n'));
  console.log(`${values.plan}: ${result.violations.length ? 'failed' : 'passed'}`);
  result.violations.forEach(tell);
  process.exitCode = result.violations.length ? 1 : 0;
} else if (values.seed !== undefined) {
  const seed = Number(values.seed);
  const { plan, result } = values.shrink
    ? await pool.shrink(seed)
    : { plan: undefined, result: await pool.trace(seed) };
  if (plan) console.log(JSON.stringify(plan, null, 1));
  if (values.trace || plan) console.log(result.lines.join('\n'));
  console.log(`seed ${seed}: ${result.violations.length ? 'failed' : 'passed'}`);
  result.violations.forEach(tell);
  process.exitCode = result.violations.length ? 1 : 0;
} else {
  const started = Date.now();
  const total = await pool.run({ from: Number(values.from), count: Number(values.seeds) });
  const kinds = Map.groupBy?.(total.failures, ({ kind }) => kind) ?? new Map();
  for (const failure of total.failures) {
    const list = kinds.get(failure.kind) ?? [];
    if (!list.includes(failure)) kinds.set(failure.kind, [...list, failure]);
  }
  for (const [kind, failures] of kinds) {
    console.log(`${kind}: ${failures.length} seeds, the first: ${failures.slice(0, 8).map(({ seed }) => seed)}`);
    tell(failures[0]);
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
await pool.close();
