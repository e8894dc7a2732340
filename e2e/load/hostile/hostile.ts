import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from '../../fixtures/paths.ts';
import { type LoadedCollector, startCollector } from '../collector.ts';
import { compare } from '../compare.ts';
import { checkAllTaken, drive } from '../drive.ts';
import { eventSource } from '../events.ts';
import { table } from '../table.ts';
import { ATTACKS } from './attacks.ts';
import { type HonestResult, honestLoad } from './honest.ts';
import type { Attack, World } from './world.ts';

/** The figures that must hold beside each attack. */
export interface Figures {
  /** Honest events/s, as a share of the undisturbed ones. */
  share: number;
  /** 99th percentile of the time until an honest event is acknowledged. */
  recordingP99Ms: number;
  /** The longest time until `/health` answers. */
  healthMs: number;
}

const FIGURES: Figures = { share: 0.5, recordingP99Ms: 1_000, healthMs: 250 };
const VIEWS = 'views';
const STORED_EVENTS = 40_000;
const PER_REQUEST = 100;
/** Events after which a new collection must be in the schema. */
const USED_EVENTS = 100;

export interface HostileOptions {
  folder: string;
  /** Seconds of each attack. */
  seconds: number;
  /** Only attacks whose name contains this. */
  only: string;
  /** Tests on a busy machine need others. */
  figures?: Figures;
}

/** What one attack has done to honest requests. */
interface Outcome {
  honest: HonestResult;
  /** Milliseconds of the longest stretch for which the collector's JavaScript thread was held. */
  heldMs: number;
  /** Answers that the hostile clients got: status → count. */
  answers: Map<string, number>;
}

/**
 * Sends each attack beside honest load, and prints what the honest requests had to wait for.
 * @returns the attacks beside which a figure does not hold, with the figure
 * @throws Error if no attack has this name
 */
export async function measureHostile({ folder, seconds, only, figures = FIGURES }: HostileOptions): Promise<string[]> {
  const attacks = ATTACKS.filter(({ name }) => name.includes(only));
  if (!attacks.length) throw new Error(`no attack has "${only}" in its name`);
  const script = await bundleAttacker(folder);
  const collector = await startCollector(mkdtempSync(join(folder, 'hostile-')), {
    preload: pathToFileURL(join(root, 'e2e/load/hostile/probe.mjs')).href,
    // Hostile and honest clients have addresses of their own, as behind a proxy.
    env: { BEHIND_PROXY: 'loopback' },
  });
  await fill(collector);
  const world = await createWorld(collector);

  await honestLoad(collector, { name: 'warm up', views: VIEWS, seconds: 2 });
  await collector.ask('held');
  const undisturbed = await honestLoad(collector, { name: 'alone', views: VIEWS, seconds });
  const row = printTable();
  const alone: Outcome = { honest: undisturbed, heldMs: await held(collector), answers: new Map() };
  row('alone', alone, undisturbed);
  // Then the machine is too busy, or too slow, to say anything about attacks.
  const failures = brokenFigures(alone, undisturbed, figures).map((figure) => `without any attack: ${figure}`);
  for (const [index, attack] of attacks.entries()) {
    const outcome = await attackWith(attack, { script, world, collector, seconds, name: `attack ${index}` });
    const broken = [
      ...brokenFigures(outcome, undisturbed, figures),
      ...(await lost(collector, outcome.honest)),
      ...unmet(attack, outcome),
    ];
    row(attack.name, outcome, undisturbed);
    for (const figure of broken) console.log(`    ✖ ${figure}`);
    failures.push(...broken.map((figure) => `${attack.name}: ${figure}`));
  }
  failures.push(...(await checkEffects(collector)).map((effect) => `afterwards: ${effect}`));
  await collector.end('SIGTERM');
  return failures;
}

const held = async (collector: LoadedCollector) => ((await collector.ask('held')) as { held: number }).held;

/** The events that honest queries read. */
async function fill({ api, keys }: LoadedCollector): Promise<void> {
  const source = eventSource({ collection: VIEWS, total: STORED_EVENTS });
  const target = { api, writeKey: keys.write, collection: VIEWS };
  const requests = STORED_EVENTS / PER_REQUEST;
  checkAllTaken(await drive(target, { source, perRequest: PER_REQUEST, connections: 4, until: { requests } }).done);
}

async function createWorld({ api, keys }: LoadedCollector): Promise<World> {
  const response = await fetch(`${api}/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys.master}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'a customer',
      is_active: true,
      permitted: ['writes'],
      options: { writes: { autofill: { tenant: 'c1' } } },
    }),
  });
  const { key } = (await response.json()) as { key: string };
  const { origin, pathname } = new URL(api);
  return { origin, path: pathname, keys, accessKey: key, views: VIEWS };
}

/** The hostile clients in one file, which a process of their own can run. */
async function bundleAttacker(folder: string): Promise<string> {
  const outfile = join(folder, 'attacker.mjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['e2e/load/hostile/attacker.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return outfile;
}

interface Running {
  script: string;
  world: World;
  collector: LoadedCollector;
  seconds: number;
  name: string;
}

async function attackWith(
  { name: attack }: Attack,
  { script, world, collector, seconds, name }: Running,
): Promise<Outcome> {
  const child = fork(script);
  const kill = () => void child.kill('SIGKILL');
  process.prependListener('exit', kill);
  // On this machine the hostile clients must not take the processor from the collector by their own work.
  setPriority(child.pid!, constants.priority.PRIORITY_LOW);
  await answerTo(child, { name: attack, world });
  await collector.ask('held');
  child.send('start');
  const honest = await honestLoad(collector, { name, views: VIEWS, seconds });
  const heldMs = await held(collector);
  const { answers } = (await answerTo(child, 'stop')) as { answers: [string, number][] };
  process.off('exit', kill);
  return { honest, heldMs, answers: new Map(answers) };
}

async function answerTo(child: ChildProcess, message: object | string): Promise<unknown> {
  const answered = once(child, 'message') as Promise<[unknown]>;
  const gone = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the hostile clients ended with ${code}`)),
  );
  gone.catch(() => undefined);
  child.send(message);
  return (await Promise.race([answered, gone]))[0];
}

function brokenFigures({ honest }: Outcome, undisturbed: HonestResult, figures: Figures): string[] {
  const share = honest.eventsPerSecond / undisturbed.eventsPerSecond;
  return [
    share < figures.share && `honest recording fell to ${Math.round(share * 100)} % of its events/s`,
    honest.recording.p99 > figures.recordingP99Ms &&
      `honest recording had a p99 of ${Math.round(honest.recording.p99)} ms`,
    honest.health.max > figures.healthMs && `/health took ${Math.round(honest.health.max)} ms`,
    ...failedQueries(honest),
  ].filter((figure) => figure !== false);
}

/** Honest queries that were answered with an error, other than those of an overload. */
const failedQueries = ({ refused }: HonestResult): string[] =>
  [...refused.keys()].filter((what) => /^query (?!503|504)\d/.test(what)).map((what) => `an honest ${what}`);

/** Every acknowledged event must be stored once, every other at most once. */
async function lost(collector: LoadedCollector, { sent }: HonestResult): Promise<string[]> {
  const problems: string[] = [];
  for (const one of sent) await compare(collector, one).catch((error: Error) => problems.push(error.message));
  return problems;
}

/** An attack must have been made, and must not have broken anything that the collector says about itself. */
function unmet({ answers: allowed }: Attack, { answers }: Outcome): string[] {
  const wrong = [...answers.keys()].filter((answer) =>
    allowed
      ? /^\d+$/.test(answer) && !allowed.includes(Number(answer))
      : /^5/.test(answer) && !['503', '504'].includes(answer),
  );
  return [
    ...(answers.size ? [] : ['no hostile request was answered']),
    ...wrong.map((answer) => `a hostile request was answered with ${answer}`),
  ];
}

/** What no attack can have changed for good. */
async function checkEffects({ api, keys, query }: LoadedCollector): Promise<string[]> {
  const problems: string[] = [];
  const ask = async (path: string, key: string, body?: object) =>
    fetch(`${api}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  const forged = await query('count', {
    event_collection: 'tenants',
    filters: [{ property_name: 'tenant', operator: 'ne', property_value: 'c1' }],
  });
  if (forged !== 0) problems.push(`${String(forged)} events pass for those of another customer`);
  // A flood of names has few events for each; a collection that is used soon has more.
  for (let event = 0; event < USED_EVENTS; event++) await ask('/events/honest%20news', keys.write, { a: event });
  if (!(await ask('/events/honest%20news', keys.master)).ok) problems.push('a new collection is not in the schema');
  return problems;
}

/** Prints the head of the table; the returned function prints a row. */
function printTable() {
  const row = table(
    ['ms: p50 / p99 / max', 'events/s', '%', 'recording', 'queries', '/health', 'thread held', 'answers'],
    [52, 8, 4, 18, 20, 16, 11, 30],
  );
  return (name: string, { honest, heldMs, answers }: Outcome, undisturbed: HonestResult) => {
    const times = ({ p50, p99, max }: HonestResult['health']) => [p50, p99, max].map(Math.round).join(' / ');
    const counts = (map: Map<string, number>) => [...map].map(([what, count]) => `${what} ×${count}`).join(', ');
    row(
      name,
      Math.round(honest.eventsPerSecond),
      Math.round((honest.eventsPerSecond / undisturbed.eventsPerSecond) * 100),
      times(honest.recording),
      times(honest.query),
      times(honest.health),
      Math.round(heldMs),
      counts(answers),
    );
    if (honest.refused.size) console.log(`    honest requests refused: ${counts(honest.refused)}`);
  };
}
