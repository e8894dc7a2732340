import { arch, cpus, loadavg, platform, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../fixtures/paths.ts';
import { killCluster, measureCluster } from './cluster/measure.ts';
import { startCollector } from './collector.ts';
import { measureGrowth } from './growth.ts';
import { measureHostile } from './hostile/hostile.ts';
import { killRounds } from './kill.ts';
import { measureQueries } from './queries.ts';
import { measureRequests } from './requests.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '500000' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '20' },
    kill: { type: 'string' },
    hostile: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    rate: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    folder: { type: 'string' },
  },
});
/** Load average of other programs above which the figures mean little. */
const BUSY_LOAD = 0.75;

const integer = (text: string, name: string): number => {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be an integer; it is "${text}"`);
  return Number(text);
};
const temporary = values.folder === undefined ? temporaryFolder() : undefined;
const folder = values.folder ?? temporary!.path;
const began = performance.now();
// By default a signal ends the process without an `exit` event, which ends the collector.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));
process.on('exit', () => temporary?.remove());

const [{ model = 'unknown processor' } = {}] = cpus();
const load = loadavg()[0]!;
console.log(
  `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${arch()}, Node ${process.versions.node}; shared by collector and load generator`,
);
if (load > BUSY_LOAD) console.log(`The machine is busy (load ${load.toFixed(1)}): the figures mean little.`);

if (values.cluster) await cluster();
else if (values.kill !== undefined) await kill(integer(values.kill, 'kill'));
else if (values.hostile) await hostile(integer(values.seconds ?? '5', 'seconds'), values.only);
else
  await measure(
    integer(values.events, 'events'),
    integer(values.seconds ?? '8', 'seconds'),
    integer(values.connections, 'connections'),
  );
console.log(`\n${Math.round((performance.now() - began) / 1000)} s`);

async function kill(rounds: number): Promise<void> {
  const total = await killRounds({ folder, rounds, checkpoints: true, print: console.log });
  console.log(
    `\n${rounds} kills, ${total.checkpoints} of them during a checkpoint: ${total.acknowledged.toLocaleString('en')} acknowledged events, ` +
      `each stored once; ${total.unanswered.toLocaleString('en')} unanswered ones, sent again, each stored once`,
  );
}

async function cluster(): Promise<void> {
  if (values.kill === undefined)
    return measureCluster({
      folder,
      events: integer(values.events, 'events'),
      seconds: integer(values.seconds ?? '8', 'seconds'),
      connections: integer(values.connections, 'connections'),
    });
  const failures = await killCluster(folder, integer(values.kill, 'kill'), integer(values.rate, 'rate'));
  if (!failures.length) return console.log('\nNo acknowledged event is lost, and none is counted twice.');
  process.exitCode = 1;
  console.log(`\nThis does not hold:\n${failures.join('\n')}`);
}

async function hostile(seconds: number, only: string): Promise<void> {
  const failures = await measureHostile({ folder, seconds, only });
  if (!failures.length) return console.log('\nHonest recording, /health and every event held beside each attack.');
  process.exitCode = 1;
  console.log(`\n${failures.length} figures do not hold:\n${failures.join('\n')}`);
}

async function measure(events: number, seconds: number, connections: number): Promise<void> {
  await measureRequests(folder, { seconds, connections });
  await measureGrowth(folder, { events, connections });
  const collector = await startCollector(folder);
  console.log(
    `\nStarts with ${events.toLocaleString('en')} events in ${Math.round(collector.startupMs)} ms; ${Math.round(collector.memory() / 1e6)} MB`,
  );
  await measureQueries(collector);
  await collector.end('SIGTERM');
}
