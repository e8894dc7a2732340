import type { Page } from './page.ts';
import type { Plan } from './plan.ts';
import { createSteps, type Steps } from './steps.ts';
import { type Core, createWorld, type Violation, type World } from './world.ts';

/** The outcome of one run. */
export interface Result {
  seed: number;
  violations: Violation[];
  /** How often each step, fault and report happened. */
  counts: Record<string, number>;
  steps: number;
  events: number;
  requests: number;
  /** The trace, if it was asked for. */
  lines: string[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const OUTAGE_MS = HOUR_MS;
/** Longer than `maxAge` by default. */
const LONG_SLEEP_MS = 40 * DAY_MS;
const MAX_STEPS = 20_000;
/** Requests that each cause may have: an event, a step, a visit, a minute of an outage. */
const REQUESTS_PER_CAUSE = 2;
/** An answer of the store takes a moment to reach the page. */
const IDLE_LOCK_MS = 500;
/** Slot of the last visit, which no plan uses. */
const LAST_SLOT = 99;

/** The run under way, to which an unhandled rejection belongs. */
let current: World | undefined;
process.on('unhandledRejection', (error) => {
  if (!current) throw error;
  current.violation('unhandled rejection', String((error as Error)?.stack ?? error));
});

/** Checks that the holder of a lock does something, because other tabs wait for it. */
function watchLock(world: World): () => void {
  let idleSince: number | undefined;
  let silentSince: number | undefined;
  return () => {
    const page = world.locks.holder();
    const now = world.now();
    const busy = !page?.alive || page.frozen || page.cached || !world.locks.running(page) || page.requests.size > 0;
    silentSince = busy ? undefined : (silentSince ?? now);
    idleSince = busy || world.disk.busy(page!) ? undefined : (idleSince ?? now);
    if (idleSince !== undefined && now - idleSince > IDLE_LOCK_MS)
      world.violation(
        'lock held while waiting',
        `page ${page!.id} has held it for ${(now - idleSince).toFixed(0)} ms and has nothing in flight`,
      );
    if (silentSince !== undefined && now - silentSince > MINUTE_MS)
      world.violation('lock held for a silent store', `page ${page!.id} holds it, and the store does not answer`);
  };
}

/**
 * Checks that the collector has counted each event, or that it was given up and reported; only events that `isDue` are
 * checked.
 *
 * @returns how many poison events the collector has not counted
 */
function checkLedger(world: World, kind: string, when: string, isDue: (mark: number) => boolean): number {
  const reported = (page: Page) => world.rules.of(page).reports.evicted ?? 0;
  const trimmed = (page: Page) => world.trimmed.get(page) ?? 0;
  let rejected = 0;
  const missing = new Map<Page, number>();
  for (const entry of world.ledger.entries) {
    if (entry.counted || !isDue(entry.mark)) continue;
    if (entry.poison) rejected++;
    if (entry.poison || entry.excuse) continue;
    // A page that evicts from memory alone reports how many, but not which.
    const count = (missing.get(entry.page) ?? 0) + 1;
    missing.set(entry.page, count);
    if (reported(entry.page) - trimmed(entry.page) < count) {
      world.violation(
        kind,
        `${when}: event ${entry.mark} of page ${entry.page.id} is neither counted nor given up:\n    ${entry.history.join('\n    ')}`,
      );
    }
  }
  checkEvictionReports(world, reported);
  return rejected;
}

/** Checks that a page that lives has reported the events that its trims gave up. */
function checkEvictionReports(world: World, reported: (page: Page) => number) {
  const givenUp = [...world.trimmed].reduce((sum, [page, count]) => sum + (page.alive ? count : 0), 0);
  // The page that tracked an event may have reported it, if it gave the event up at the same moment.
  const reportedByAll = world.pages.reduce((sum, page) => sum + reported(page), 0);
  for (const [page, count] of world.trimmed) {
    if (page.alive && reported(page) < count && reportedByAll < givenUp)
      world.violation('silent eviction', `page ${page.id} gave up ${count} and did not report them`);
  }
}

/** Puts the plan's steps on the clock; the time of the last one. */
function schedule(world: World, plan: Plan, steps: Steps): number {
  let at = 0;
  for (const step of plan.steps) {
    at += step.gap;
    world.after(at, () => steps.do(step));
    if (step.does === 'outage begins') world.after((at += OUTAGE_MS), () => steps.do({ ...step, does: 'outage ends' }));
    if (step.does === 'sleep long') world.after((at += LONG_SLEEP_MS), () => steps.do({ ...step, does: 'wake up' }));
  }
  return at;
}

/** Ends all faults, and lets each page that lives go on. */
function makeAllWell(world: World, steps: Steps) {
  world.trace(undefined, '— all is well again —');
  world.faulty = world.offline = world.down = false;
  Object.assign(world.disk.faults, { quota: false, abort: 0, refuse: '' });
  world.disk.wake(true);
  for (const page of world.pages) {
    if (!page.alive) continue;
    if (page.cached) world.leave(page, 'thrown out of the cache');
    else if (page.frozen) page.thaw();
    page.task(1, () => {
      if (page.document.prerendering) {
        page.document.prerendering = false;
        page.dispatch('prerenderingchange');
      }
      const rules = world.rules.of(page);
      if (rules.consent === 'pending') steps.setConsent(page, 'granted');
      if (rules.key !== steps.key()) steps.setKey(page);
    });
  }
}

/** Whether a page that can send has the event: its own, or a later one that finds it in the store. */
function hasSender(world: World, mark: number): boolean {
  const canSend = (page: Page) => {
    const { consent, refused, key, closing } = world.rules.of(page);
    return page.alive && consent === 'granted' && !closing && !refused.has(`Bearer ${key}`);
  };
  const entry = world.ledger.entry(mark)!;
  const isHeir = (page: Page) =>
    page.openedAt > entry.page.goneAt && world.rules.of(page).reports.storage === undefined && canSend(page);
  return canSend(entry.page) || (entry.committed && world.pages.some(isHeir));
}

/** Checks that each page that may store does so again, although nobody has shown it since its store failed. */
async function checkHealing(world: World, steps: Steps, until: (ms: number) => Promise<void>) {
  const first = world.ledger.entries.length;
  for (const page of world.pages) {
    const { consent, closing } = world.rules.of(page);
    if (page.alive && consent === 'granted' && !closing) steps.track(page, 1);
  }
  await until(MINUTE_MS);
  for (const { page, outcome, mark } of world.ledger.entries.slice(first)) {
    if (outcome !== 'stored' && !world.rules.of(page).reports.evicted)
      world.violation('not healed', `track() of event ${mark} of page ${page.id} resolved ${outcome} on a good day`);
  }
}

/** Closes every page and checks all events after one more visit. */
async function lastVisit(world: World, steps: Steps, until: (ms: number) => Promise<void>) {
  world.trace(undefined, '— a last visit —');
  for (const page of world.pages) if (page.alive) world.leave(page, 'closed');
  steps.start(LAST_SLOT);
  await until(2 * HOUR_MS);
  if (world.violations.length) return;
  const uncounted = checkLedger(world, 'lost', 'at the end', () => true);
  const reported = world.pages.reduce((sum, page) => sum + (world.rules.of(page).reports.rejected ?? 0), 0);
  const rejected = world.ledger.entries.filter((entry) => entry.poison && !entry.excuse).length;
  if (reported < rejected)
    world.violation(
      'silent rejection',
      `${rejected} of ${uncounted} were given up without an excuse, ${reported} were reported`,
    );
  const left = world.disk.records().filter(([, value]) => /<\d+>/.test(JSON.stringify(value)));
  if (left.length) world.violation('left behind', JSON.stringify(left.map(([key]) => key)));
}

/** Checks that the run was not too expensive. */
function checkCosts(world: World, plan: Plan) {
  const outageMinutes = (world.counts['outage begins'] ?? 0) * (OUTAGE_MS / MINUTE_MS);
  const causes = world.ledger.entries.length + plan.steps.length + world.pages.length * (1 + outageMinutes);
  const requests = world.network.sent();
  if (requests > REQUESTS_PER_CAUSE * causes)
    world.violation('too many requests', `${requests}, and no more than ${causes} causes`);
  if (world.scheduler.steps() >= MAX_STEPS) world.violation('runaway', `${MAX_STEPS} steps and no end`);
}

/** Runs one plan, ends all faults, and checks that every event gets where it belongs. */
export async function run(plan: Plan, core: Core, trace = false): Promise<Result> {
  const world = (current = createWorld(plan.seed, plan.settings, trace));
  const steps = createSteps(world, core, plan);
  const checkLock = watchLock(world);

  const passed = () => world.violations.length === 0;
  const afterStep = (thrown?: unknown) => {
    if (thrown) world.violation('thrown', String((thrown as Error)?.stack ?? thrown));
    world.disk.settle();
    world.rules.afterStep();
    for (const job of world.afterStep.splice(0)) job();
    checkLock();
    return passed();
  };
  const until = (ms: number) => world.scheduler.runUntil(world.now() + ms, MAX_STEPS, afterStep);
  const isDue = (mark: number) => hasSender(world, mark);

  await until(schedule(world, plan, steps) + 1);
  if (passed()) {
    makeAllWell(world, steps);
    await until(1_000);
  }
  if (passed()) {
    // Only waits that were asked for are left: a minute for what the collector could not take, and some to send it.
    const waits = world.pages.map((page) => (page.alive ? world.rules.of(page).waitsUntil - world.now() : 0));
    await until(Math.max(0, ...waits) + 5 * MINUTE_MS);
    if (passed()) checkLedger(world, 'late', 'five minutes after the last wait', isDue);
  }
  if (passed()) {
    await until(25 * HOUR_MS);
    if (passed()) checkLedger(world, 'lost', 'while its page lives', isDue);
    if (passed()) {
      for (const { page, what } of steps.promises)
        if (page.alive) world.violation('never settled', `${what} of page ${page.id}`);
    }
  }
  if (passed()) await checkHealing(world, steps, until);
  if (passed()) await lastVisit(world, steps, until);
  checkCosts(world, plan);
  current = undefined;
  return {
    seed: plan.seed,
    violations: world.violations,
    counts: world.counts,
    steps: world.scheduler.steps(),
    events: world.ledger.entries.length,
    requests: world.network.sent(),
    lines: world.lines ?? [],
  };
}
