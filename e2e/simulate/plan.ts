import { createRandom, type Random } from '../../scripts/testing/random.ts';
import { NETWORK_FAULTS, type NetworkFault } from './network.ts';
import type { Settings } from './world.ts';

/** One action of a visitor, a site, the browser or the world. */
export interface Step {
  /** Milliseconds since the step before. */
  gap: number;
  /** Its name in steps.ts. */
  does: string;
  /** The tab that it happens in. */
  slot: number;
  /** A number from which the step makes its other choices. */
  n: number;
}

/** A whole run. It can be printed, replayed and shrunk. */
export interface Plan {
  seed: number;
  settings: Settings;
  features: string[];
  steps: Step[];
}

/** Groups of steps with their weights. Each run has some of the groups, so that every group also runs alone. */
const FEATURES: Record<string, Record<string, number>> = {
  tabs: { open: 3 },
  crash: { 'crash tab': 3 },
  'browser crash': { 'crash browser': 1.5 },
  navigation: { navigate: 3, 'close tab': 1 },
  visibility: { hide: 3, show: 3, flush: 1 },
  cache: { 'to cache': 2, back: 3 },
  freeze: { freeze: 2, resume: 3 },
  prerender: { prerender: 1.5, activate: 2 },
  consent: { deny: 1, pend: 2, grant: 4 },
  keys: { 'revoke key': 1, 'new key': 2 },
  clock: { 'clock back': 1, 'clock forward': 1, 'clock wrong': 2, 'clock right': 2 },
  offline: { offline: 1.5, online: 2.5 },
  quota: { 'quota exceeded': 2, 'quota free': 3 },
  abort: { 'aborts begin': 2, 'aborts end': 3 },
  silence: { 'store silent': 1.5, 'store answers': 2, 'store reopens': 2 },
  loss: { 'connection lost': 2, 'connection closed': 2 },
  refusal: { 'store refuses': 1.5, 'store allows': 2 },
  clear: { 'data cleared': 1, 'stores lost': 1 },
  tamper: { tamper: 2 },
  poison: { 'track poison': 3 },
  big: { 'track big': 3 },
  close: { close: 1 },
  sleep: { 'sleep long': 0.7 },
  outage: { 'outage begins': 0.7 },
  calls: { flush: 2, pending: 2, 'flush often': 0.7 },
};

const ALWAYS = { track: 8, open: 0.5 };

/** The names of all steps. */
export const STEP_NAMES = [...new Set([ALWAYS, ...Object.values(FEATURES)].flatMap((weights) => Object.keys(weights)))];

/** Milliseconds between two steps. Most are short, because most races need steps that are close together. */
function gap(random: Random): number {
  const kind = random.next();
  if (kind < 0.3) return 0;
  if (kind < 0.55) return random.between(0, 3);
  if (kind < 0.75) return random.between(3, 150);
  if (kind < 0.93) return random.between(150, 4_000);
  return random.between(4_000, 120_000);
}

export function createPlan(seed: number): Plan {
  const random = createRandom(seed, 'plan');
  const clock = createRandom(seed, 'clock');
  const features = Object.keys(FEATURES).filter(() => random.chance(0.27));
  const network: Partial<Record<NetworkFault, number>> = {};
  if (random.chance(0.85))
    for (const fault of NETWORK_FAULTS) if (random.chance(0.35)) network[fault] = random.pick([1, 1, 3]);
  const evicts = random.chance(0.1);
  const expires = random.chance(0.08);
  const settings: Settings = {
    flushInterval: random.pick([0, 20, 1000]),
    maxBatch: random.pick([1, 2, 3, 5, 500]),
    maxQueue: evicts ? random.pick([1, 2, 3, 8]) : 10_000,
    maxAge: expires ? random.pick([5_000, 3_600_000]) : 2_592_000_000,
    noLocks: random.chance(0.08),
    // Of Chromium, and of Firefox and WebKit, in milliseconds.
    resolution: clock.pick([0.1, 1]),
    load: clock.pick([0, 0.02, 0.3]),
    calm: random.pick([1, 4, 12]),
    network,
  };
  if (evicts) features.push('eviction');
  if (expires) features.push('expiry');

  const weights: Record<string, number> = { ...ALWAYS };
  for (const feature of features) {
    for (const [does, weight] of Object.entries(FEATURES[feature] ?? {})) weights[does] = (weights[does] ?? 0) + weight;
  }
  const slots = features.includes('tabs') ? 2 + random.int(2) : 1;
  const steps: Step[] = [{ gap: 0, does: 'open', slot: 0, n: 0 }];
  const length = random.pick([6, 12, 24, 40]);
  while (steps.length < length)
    steps.push({ gap: gap(random), does: random.weighted(weights), slot: random.int(slots), n: random.int(1_000) });
  return { seed, settings, features, steps };
}
