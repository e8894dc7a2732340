import { createRandom, type Random } from '../../scripts/testing/random.ts';
import { type Collector, createCollector } from './collector.ts';
import { createDisk, type Disk } from './disk.ts';
import { createEvictions, type Evictions } from './evictions.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLocks, type Locks } from './locks.ts';
import { createNetwork, type Network, type NetworkFault } from './network.ts';
import { createPage, GLOBAL_NAMES, type Page, type PageOptions } from './page.ts';
import { createRules, type Rules } from './rules.ts';
import { createScheduler, type Scheduler, type Task } from './scheduler.ts';
import { watchDisk } from './watch-disk.ts';

/** The settings of a whole run: the tracker's options, the page's clock, the network's faults. */
export interface Settings {
  flushInterval: number;
  maxBatch: number;
  maxQueue: number;
  maxAge: number;
  /** The browser has no Web Locks, as on plain http. */
  noLocks: boolean;
  /** Resolution of `performance.now()`, in milliseconds. */
  resolution: number;
  /** Probability that a page's thread is preempted when it reads a clock, and that a timer is late. */
  load: number;
  /** Weight of a request without a fault, beside the faults' weights in `network`. */
  calm: number;
  network: Partial<Record<NetworkFault, number>>;
}

/** The wall clock at the start of each run, in milliseconds since 1970. */
export const EPOCH = 1_700_000_000_000;

/** A broken rule: `kind` names the rule, `text` the case. */
export interface Violation {
  kind: string;
  text: string;
}

/** The bundled core as a function: its parameters are a page's globals. */
export type Core = (...globals: unknown[]) => { createTracker(options: object): any };

/** Evaluates a bundle of the core once; each page then calls the function. */
export function loadCore(text: string): Core {
  return new Function(...GLOBAL_NAMES, `${text}; return core;`) as Core;
}

/** The simulated world of one run, which all of its parts share. */
export interface World {
  seed: number;
  settings: Settings;
  random: Random;
  now(): number;
  /** The wall clock, now or `at` another time; people can set it. */
  wall(at?: number): number;
  wallOffset: number;
  /** Runs something in `ms` milliseconds. */
  after(ms: number, run: () => void): Task;
  /** Time passes while a page's script runs. */
  pass(ms: number): void;
  /** Adds a line to the trace, if this run has one. */
  trace(page: Page | undefined, text: string): void;
  lines: string[] | undefined;
  /** Counts that a step or a fault has happened. */
  count(what: string): void;
  counts: Record<string, number>;
  violation(kind: string, text: string): void;
  violations: Violation[];
  scheduler: Scheduler;
  ledger: Ledger;
  rules: Rules;
  evictions: Evictions;
  network: Network;
  locks: Locks;
  disk: Disk;
  collector: Collector;
  /** Every request fails. */
  offline: boolean;
  /** The collector answers every request with an error. */
  down: boolean;
  /** Requests have faults. */
  faulty: boolean;
  /** The page whose task runs. */
  acting: Page | undefined;
  pages: Page[];
  /** Each runs once, when the microtasks of this step are over. */
  afterStep: (() => void)[];
  /** How many events that the collector has not counted each page has given up on disk. */
  trimmed: Map<Page, number>;
  open(options: PageOptions): Page;
  /** The page is gone, with all that it had in memory. */
  leave(page: Page, why: string, browserCrashed?: boolean): void;
}

export function createWorld(seed: number, settings: Settings, trace: boolean): World {
  const scheduler = createScheduler();
  const random = createRandom(seed, 'world');

  const world = {
    seed,
    settings,
    random,
    scheduler,
    now: scheduler.now,
    wall: (at = scheduler.now()) => Math.floor(EPOCH + at + world.wallOffset),
    wallOffset: 0,
    after: scheduler.after,
    pass: scheduler.pass,
    lines: trace ? [] : undefined,
    trace: (page, text) =>
      world.lines?.push(`${scheduler.now().toFixed(2).padStart(12)}  ${page ? `page ${page.id}` : '      '}  ${text}`),
    counts: {},
    count: (what) => (world.counts[what] = (world.counts[what] ?? 0) + 1),
    violations: [],
    violation(kind, text) {
      world.violations.push({ kind, text });
      world.trace(undefined, `VIOLATION ${kind}: ${text}`);
    },
    offline: false,
    down: false,
    faulty: true,
    acting: undefined,
    pages: [],
    afterStep: [],
    trimmed: new Map(),

    open(options) {
      const page = createPage(world, world.pages.length, options);
      world.pages.push(page);
      world.trace(page, `opens in slot ${options.slot}${options.prerendering ? ', prerendering' : ''}`);
      return page;
    },

    leave(page, why, browserCrashed = false) {
      if (!page.alive) return;
      page.alive = false;
      page.goneAt = world.now();
      world.trace(page, `is gone: ${why}`);
      if (!browserCrashed) {
        world.disk.leave(page);
        world.locks.leave(page);
      }
      world.ledger.pageGone(page, browserCrashed);
    },
  } as Partial<World> as World;

  world.ledger = createLedger(world);
  world.rules = createRules(world);
  world.evictions = createEvictions(world);
  world.locks = createLocks(world);
  world.collector = createCollector(world);
  world.network = createNetwork(world);
  world.disk = createDisk(scheduler, createRandom(seed, 'disk'), watchDisk(world));
  return world;
}
