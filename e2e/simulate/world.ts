import { createCollector, marksIn } from './collector.ts';
import { createDisk } from './disk.ts';
import { createEvictions, type Evictions } from './evictions.ts';
import type { KeyRange } from './key-range.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLocks } from './locks.ts';
import { createNetwork, type NetworkFault } from './network.ts';
import { createPage, GLOBAL_NAMES, type Page, type PageOptions } from './page.ts';
import { createRandom, type Random } from './random.ts';
import { createRules } from './rules.ts';
import { createScheduler, type Task } from './scheduler.ts';

/** What holds for a whole run. */
export interface Settings {
  flushInterval: number;
  maxBatch: number;
  maxQueue: number;
  maxAge: number;
  /** No Web Locks, as on plain http. */
  noLocks: boolean;
  /** Milliseconds that `performance.now()` is a multiple of. */
  resolution: number;
  /** How likely a page's thread stands still for a while at any look at a clock, and each of its timers is late. */
  load: number;
  /** How often a request goes well, beside the weights of the faults. */
  calm: number;
  network: Partial<Record<NetworkFault, number>>;
}

export interface Violation {
  kind: string;
  text: string;
}

/** A page's script, with its world as parameters. */
export type Core = (...globals: unknown[]) => { createTracker(options: object): any };

/** Evaluates a bundle of the core, ready to be run once a page. */
export function loadCore(text: string): Core {
  return new Function(...GLOBAL_NAMES, `${text}; return core;`) as Core;
}

/** Only a trim deletes from the very first key on. */
const isTrim = (range: KeyRange) => range.lower === undefined;

export interface World {
  seed: number;
  settings: Settings;
  random: Random;
  now(): number;
  /** The clock that people set, then or now. */
  wall(at?: number): number;
  wallOffset: number;
  after(ms: number, run: () => void): Task;
  /** Time passes while a page's script runs. */
  pass(ms: number): void;
  trace(page: Page | undefined, text: string): void;
  lines: string[] | undefined;
  count(what: string): void;
  counts: Record<string, number>;
  violation(kind: string, text: string): void;
  violations: Violation[];
  scheduler: ReturnType<typeof createScheduler>;
  ledger: Ledger;
  rules: ReturnType<typeof createRules>;
  evictions: Evictions;
  network: ReturnType<typeof createNetwork>;
  locks: ReturnType<typeof createLocks>;
  disk: ReturnType<typeof createDisk>;
  collector: ReturnType<typeof createCollector>;
  /** No request gets anywhere. */
  offline: boolean;
  /** The collector answers each with an error. */
  down: boolean;
  /** Requests meet faults. */
  faulty: boolean;
  acting: Page | undefined;
  pages: Page[];
  /** Runs once when the microtasks of this step are over. */
  afterStep: (() => void)[];
  /** Uncounted events that a page's trim took from the disk. */
  trimmed: Map<Page, number>;
  open(options: PageOptions): Page;
  leave(page: Page, why: string, browserCrashed?: boolean): void;
}

export function createWorld(seed: number, settings: Settings, trace: boolean): World {
  const scheduler = createScheduler();
  const random = createRandom(seed, 'world');
  const epoch = 1_700_000_000_000;

  const world = {
    seed,
    settings,
    random,
    scheduler,
    now: scheduler.now,
    wall: (at = scheduler.now()) => Math.floor(epoch + at + world.wallOffset),
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

  const entriesIn = (value: unknown) =>
    marksIn(JSON.stringify(value) ?? '').flatMap((mark) => world.ledger.entry(mark) ?? []);

  world.disk = createDisk(scheduler, createRandom(seed, 'disk'), {
    fault: (name) => world.count(`store: ${name}`),

    put(client, value) {
      const page = client as Page;
      const rules = world.rules.of(page);
      for (const entry of entriesIn(value)) {
        if (rules.consent !== 'granted' || page.document.prerendering) {
          world.violation(
            'stored without consent',
            `page ${page.id} put event ${entry.mark} while consent is ${rules.consent}`,
          );
        }
        if (entry.page === page && entry.mark < rules.purgedBelow)
          world.violation('purged event stored', `page ${page.id} put event ${entry.mark} again`);
      }
    },

    read: (client, values) => world.evictions.loaded(client as Page, values.flatMap(entriesIn)),

    erased(client, range, values) {
      if (isTrim(range)) world.evictions.trimmed(client as Page, values.length);
    },

    committed(client, changes) {
      const page = client as Page;
      for (const change of changes) {
        if (change.kind === 'put') {
          for (const entry of entriesIn(change.value)) {
            entry.committed = true;
            entry.removedBy = undefined;
            entry.wiped = false;
            world.ledger.note(entry, 'committed');
          }
          continue;
        }
        const trim = isTrim(change.range);
        for (const entry of change.values.flatMap(entriesIn)) {
          entry.removedBy = page;
          world.ledger.note(entry, `${trim ? 'trimmed' : 'deleted'} by page ${page.id}`);
          const old = world.wall() - entry.wall >= settings.maxAge;
          // Or was, and reported so, before the clock was set back; a slow store deletes later.
          const wasOld = world.counts['clock back'] && world.rules.of(page).reports.evicted;
          const givenUp = trim || old || wasOld;
          if (entry.counted || (entry.poison && !givenUp)) continue;
          if (givenUp) {
            // A slow store may write it again, and then it is deleted again.
            if (!entry.poison && entry.excuse !== 'evicted')
              world.trimmed.set(page, (world.trimmed.get(page) ?? 0) + 1);
            entry.excuse ??= 'evicted';
          } else
            world.violation(
              'deleted too soon',
              `page ${page.id} deleted event ${entry.mark}, which nobody has taken or refused`,
            );
        }
        if (change.values.length)
          world.trace(
            page,
            `${trim ? 'trims' : 'deletes'} ${change.values.flatMap(entriesIn).map(({ mark }) => mark)}`,
          );
      }
    },

    deleted(client, values) {
      for (const entry of values.flatMap(entriesIn)) {
        entry.removedBy = (client as Page | undefined) ?? 'visitor';
        world.ledger.note(entry, 'deleted with the database');
        world.ledger.wiped(entry);
      }
    },
  });
  return world;
}
