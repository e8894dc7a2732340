import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../fixtures/paths.ts';
import { startCollector } from './collector.ts';
import { measureGrowth } from './growth.ts';
import { killRounds } from './kill.ts';
import { measureQueries } from './queries.ts';
import { measureRequests } from './requests.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '500000' },
    seconds: { type: 'string', default: '8' },
    connections: { type: 'string', default: '20' },
    kill: { type: 'string' },
    folder: { type: 'string' },
  },
});
/** Load of the machine by others above which figures are no good. */
const BUSY = 0.75;

const number = (text: string, name: string): number => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number; it is "${text}"`);
  return Number(text);
};
const temporary = values.folder === undefined ? temporaryFolder() : undefined;
const folder = values.folder ?? temporary!.path;
const began = performance.now();
// By default a signal ends a process without its `exit` event, which takes the collector along.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));
process.on('exit', () => temporary?.remove());

const [{ model = 'unknown processor' } = {}] = cpus();
const load = loadavg()[0]!;
console.log(
  `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${arch()}, Node ${process.versions.node}; collector and load generator share it`,
);
if (load > BUSY) console.log(`The machine is busy (load ${load.toFixed(1)}): what follows says little.`);

if (values.kill !== undefined) await kill(number(values.kill, 'kill'));
else
  await measure(
    number(values.events, 'events'),
    number(values.seconds, 'seconds'),
    number(values.connections, 'connections'),
  );
console.log(`\n${Math.round((performance.now() - began) / 1000)} s`);

async function kill(rounds: number): Promise<void> {
  const total = await killRounds({ folder, rounds, checkpoints: true, say: console.log });
  console.log(
    `\n${rounds} kills, ${total.checkpoints} of them during a checkpoint: ${total.acknowledged.toLocaleString('en')} acknowledged events, ` +
      `each there once; ${total.unanswered.toLocaleString('en')} unanswered ones, sent again, each there once`,
  );
}

async function measure(events: number, seconds: number, connections: number): Promise<void> {
  await measureRequests(folder, { seconds, connections });
  await measureGrowth(folder, { events, connections });
  const collector = await startCollector(folder);
  console.log(
    `\nStarts with ${events.toLocaleString('en')} events in ${Math.round(collector.startedIn)} ms; ${Math.round(collector.memory() / 1e6)} MB`,
  );
  await measureQueries(collector);
  await collector.end('SIGTERM');
}
