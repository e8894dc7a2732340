import type { Page } from './page.ts';
import type { Plan } from './plan.ts';
import { createSteps } from './steps.ts';
import { type Core, createWorld, type Violation, type World } from './world.ts';

export interface Result {
  seed: number;
  violations: Violation[];
  counts: Record<string, number>;
  steps: number;
  events: number;
  requests: number;
  lines: string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MOST_STEPS = 20_000;
/** Requests that each event, each thing that happens, each visit and each of its minutes in an outage may cost. */
const MOST_REQUESTS = 2;

/** A rejection that nobody handled belongs to the run that is under way. */
let current: World | undefined;
process.on('unhandledRejection', (error) => {
  if (!current) throw error;
  current.violation('unhandled rejection', String((error as Error)?.stack ?? error));
});

/** A held lock keeps others waiting, so its holder must be doing something. */
function watchLock(world: World) {
  let idle: number | undefined;
  let silent: number | undefined;
  return () => {
    const page = world.locks.holder();
    const now = world.now();
    const sending =
      !page || !page.alive || page.frozen || page.cached || !world.locks.running(page) || page.requests.size > 0;
    silent = sending ? undefined : (silent ?? now);
    idle = sending || world.disk.busy(page!) ? undefined : (idle ?? now);
    // An answer of the store takes a moment to reach the page.
    if (idle !== undefined && now - idle > 500)
      world.violation(
        'lock held while waiting',
        `page ${page!.id} has held it for ${(now - idle).toFixed(0)} ms with nothing under way`,
      );
    if (silent !== undefined && now - silent > MINUTE)
      world.violation('lock held for a silent store', `page ${page!.id} holds it, and the store does not answer`);
  };
}

/** Each event that was promised is counted once or was given up with a word. */
function checkLedger(world: World, kind: string, when: string, mine: (mark: number) => boolean) {
  let rejected = 0;
  const evicted = new Map<number, number>();
  for (const entry of world.ledger.entries) {
    if (entry.counted || !mine(entry.mark)) continue;
    if (entry.poison) rejected++;
    else if (!entry.excuse) {
      const reports = world.rules.of(entry.page).reports;
      // From memory, where the store could not be used, the page says only how many.
      evicted.set(entry.page.id, (evicted.get(entry.page.id) ?? 0) + 1);
      if ((reports.evicted ?? 0) - (world.trimmed.get(entry.page) ?? 0) < evicted.get(entry.page.id)!) {
        world.violation(
          kind,
          `${when}: event ${entry.mark} of page ${entry.page.id} is neither counted nor given up:\n    ${entry.history.join('\n    ')}`,
        );
      }
    }
  }
  const reported = (page: Page) => world.rules.of(page).reports.evicted ?? 0;
  const gone = [...world.trimmed].reduce((sum, [page, count]) => sum + (page.alive ? count : 0), 0);
  // The page that tracked an event may have said it already, where it gave the event up in the same moment.
  const said = world.pages.reduce((sum, page) => sum + reported(page), 0);
  for (const [page, count] of world.trimmed) {
    if (page.alive && reported(page) < count && said < gone)
      world.violation('silent eviction', `page ${page.id} gave up ${count} and did not say so`);
  }
  return rejected;
}

/** Runs one plan from beginning to end, and then until all is well again. */
export async function run(plan: Plan, core: Core, trace = false): Promise<Result> {
  const world = (current = createWorld(plan.seed, plan.settings, trace));
  const steps = createSteps(world, core, plan);
  const lock = watchLock(world);

  const each = (thrown?: unknown) => {
    if (thrown) world.violation('thrown', String((thrown as Error)?.stack ?? thrown));
    world.disk.settle();
    world.rules.afterStep();
    for (const job of world.afterStep.splice(0)) job();
    lock();
    return world.violations.length === 0;
  };
  const going = () => world.violations.length === 0;
  const until = (ms: number) => world.scheduler.runUntil(world.now() + ms, MOST_STEPS, each);

  let at = 0;
  for (const step of plan.steps) {
    at += step.gap;
    world.after(at, () => steps.do(step));
    if (step.does === 'outage begins') world.after((at += HOUR), () => steps.do({ ...step, does: 'outage ends' }));
    if (step.does === 'sleep long') world.after((at += 40 * 24 * HOUR), () => steps.do({ ...step, does: 'wake up' }));
  }
  await until(at + 1);

  if (going()) {
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
    await until(1_000);
  }

  const talks = (page: Page) => {
    const { consent, refused, key, closing } = world.rules.of(page);
    return page.alive && consent === 'granted' && !closing && !refused.has(`Bearer ${key}`);
  };
  const talking = (mark: number) => {
    const entry = world.ledger.entry(mark)!;
    // Each visit sends what those before it have left in the store, if it finds no fault with the store.
    const heir = (page: Page) =>
      page.openedAt > entry.page.goneAt && world.rules.of(page).reports.storage === undefined && talks(page);
    return talks(entry.page) || (entry.committed && world.pages.some(heir));
  };
  if (going()) {
    // Nothing is in the way any more but waits that were asked for: a minute for what the collector could not take, and some to send it.
    const waits = world.pages.map((page) => (page.alive ? world.rules.of(page).waitsUntil - world.now() : 0));
    await until(Math.max(0, ...waits) + 5 * MINUTE);
    if (going()) checkLedger(world, 'late', 'five minutes after the last wait', talking);
  }
  if (going()) {
    await until(25 * HOUR);
    if (going()) checkLedger(world, 'lost', 'while its page lives', talking);
    if (going())
      for (const { page, what } of steps.promises)
        if (page.alive) world.violation('never settled', `${what} of page ${page.id}`);
  }

  if (going()) {
    world.trace(undefined, '— a last visit —');
    for (const page of world.pages) if (page.alive) world.leave(page, 'closed');
    const last = steps.start(99);
    await until(2 * HOUR);
    if (going()) {
      const rejected = checkLedger(world, 'lost', 'at the end', () => true);
      const said = world.pages.reduce((sum, page) => sum + (world.rules.of(page).reports.rejected ?? 0), 0);
      const gone = world.ledger.entries.filter((entry) => entry.poison && !entry.excuse).length;
      if (said < gone)
        world.violation(
          'silent rejection',
          `${gone} of ${rejected} were given up without an excuse, ${said} were reported`,
        );
      const left = world.disk.records().filter(([, value]) => /<\d+>/.test(JSON.stringify(value)));
      if (left.length) world.violation('left behind', JSON.stringify(left.map(([key]) => key)));
      void last;
    }
  }
  const outages = (world.counts['outage begins'] ?? 0) * (HOUR / MINUTE);
  const causes = world.ledger.entries.length + plan.steps.length + world.pages.length * (1 + outages);
  if (world.network.sent() > MOST_REQUESTS * causes)
    world.violation('too many requests', `${world.network.sent()}, and no more than ${causes} causes`);
  if (world.scheduler.steps() >= MOST_STEPS) world.violation('runaway', `${MOST_STEPS} steps and no end`);
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
