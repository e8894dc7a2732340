import { type Entry, UNWANTED } from './ledger.ts';
import { GLOBAL_NAMES, type Page } from './page.ts';
import type { Plan } from './plan.ts';
import type { PageRules } from './rules.ts';
import type { Core, World } from './world.ts';

const COLLECTIONS = ['purchases', 'views', 'a.b'];

/** A call to a tracker whose promise must resolve. */
interface PendingCall {
  page: Page;
  what: string;
}

/** What sites, visitors and the browser do in a run. Each action also updates the rules and the ledger. */
export interface Actions {
  /** Calls that have not resolved yet. */
  promises: ReadonlySet<PendingCall>;
  /** The page that a slot shows. */
  current(slot: number): Page | undefined;
  /** Calls the tracker: the call must not throw, and its promise must not reject. */
  ask<T>(page: Page, what: string, call: () => Promise<T>, then?: (value: T) => void): void;
  start(slot: number, options?: { prerendering?: boolean; hidden?: boolean }, consent?: string): Page;
  /** The tracker has a reason to try a failing store again. */
  retriesStore(page: Page): void;
  track(page: Page, count: number, poison?: Entry['poison'], size?: number): void;
  flush(page: Page): void;
  hide(page: Page, leaving: boolean): void;
  show(page: Page, type: 'visibilitychange' | 'pageshow'): void;
  setConsent(page: Page, consent: string): void;
  /** Gives the page the key that the collector takes now. */
  setKey(page: Page): void;
  online(): void;
  crashBrowser(): void;
  leave(page: Page, toCache: boolean): void;
  /** The key that the collector takes now. */
  key(): string;
  /** The collector takes another key from now on; a page that opens gets it. */
  revokeKey(): void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createActions(world: World, core: Core, plan: Plan): Actions {
  const { settings } = plan;
  let keys = 0;
  let key = 'write_0';
  world.collector.keys.add(key);
  const promises = new Set<PendingCall>();

  const current = (slot: number) => world.pages.findLast((page) => page.slot === slot && page.alive && !page.cached);

  const ask = <T>(page: Page, what: string, call: () => Promise<T>, then: (value: T) => void = () => {}) => {
    world.trace(page, what);
    const promise = { page, what };
    promises.add(promise);
    let answer: Promise<T>;
    try {
      answer = call();
    } catch (error) {
      world.violation('thrown', `${what}: ${error}`);
      return;
    }
    answer.then(
      (value) => {
        promises.delete(promise);
        world.trace(page, `${what} → ${JSON.stringify(value)}`);
        then(value);
      },
      (error) => world.violation('rejected', `${what}: ${error}`),
    );
  };

  const start: Actions['start'] = (slot, options = {}, consent = 'granted') => {
    const page = world.open({ slot, prerendering: false, hidden: false, gpc: false, ...options });
    const rules = world.rules.of(page);
    Object.assign(rules, { consent, key });
    world.acting = page;
    const { createTracker } = core(...GLOBAL_NAMES.map((name) => page.globals[name]));
    page.tracker = createTracker({
      projectId: 'project',
      writeKey: key,
      consent,
      flushInterval: settings.flushInterval,
      maxBatch: settings.maxBatch,
      maxQueue: settings.maxQueue,
      maxAge: settings.maxAge,
      onError(problem: { code: string; count: number; error?: unknown }) {
        world.trace(page, `reports ${problem.code} ${problem.count} ${problem.error ?? ''}`);
        world.count(`report: ${problem.code}`);
        rules.reports[problem.code] = (rules.reports[problem.code] ?? 0) + problem.count;
        if (problem.code === 'storage') world.rules.storageReported(page);
        if (problem.code === 'evicted') world.evictions.reported(page, problem.count);
        if (problem.count % 3 === 1) throw new Error('the site has a bug of its own');
      },
    });
    return page;
  };

  const retriesStore = (page: Page) => void (world.rules.of(page).storeFailing = false);

  const checkOutcome = (rules: PageRules, entry: Entry, outcome: string, mayDrop: boolean) => {
    entry.outcome = outcome;
    world.ledger.note(entry, `track() resolved ${outcome}`);
    if (outcome === 'stored' && !entry.history.some((line) => line.endsWith('committed')))
      world.violation('not stored', `track() of event ${entry.mark} resolved stored, and it was not stored`);
    if (outcome === 'dropped' && !mayDrop && entry.mark >= rules.purgedBelow)
      world.violation('dropped', `track() of event ${entry.mark} resolved dropped`);
  };

  const trackOne = (page: Page, poison: Entry['poison'], size: number) => {
    const rules = world.rules.of(page);
    const entry = world.ledger.create(page, world.random.pick(COLLECTIONS), poison);
    const mayDrop = rules.consent === 'denied' || rules.closing;
    const canStore = () =>
      rules.consent === 'granted' &&
      !rules.closing &&
      !page.document.prerendering &&
      !rules.storeFailing &&
      world.disk.healthy(page);
    const couldStore = canStore();
    const event = { mark: `<${entry.mark}>`, filler: 'x'.repeat(size) };
    ask(
      page,
      `track ${entry.mark}`,
      () => page.tracker.track(entry.collection, event),
      (outcome: string) => checkOutcome(rules, entry, outcome, mayDrop),
    );
    entry.made = Math.max(entry.made, world.wall());
    // A later change of the caller's object must not change the event.
    event.mark = 'changed';
    if (mayDrop) entry.excuse = UNWANTED;
    if (couldStore) world.afterStep.push(() => (entry.accepted = canStore() && page.alive));
  };

  const track: Actions['track'] = (page, count, poison, size = 0) => {
    for (let i = 0; i < count; i++) trackOne(page, poison, size);
  };

  const flush = (page: Page) => {
    const mustSend = world.rules.hurried(page);
    const sent = world.network.sent();
    ask(
      page,
      'flush',
      () => page.tracker.flush(),
      () => {
        world.rules.flushed(page);
        // While the page slept, its events can have become too old.
        if (world.rules.of(page).reports.evicted) return;
        if (mustSend && world.network.sent() === sent)
          world.violation(
            'slow to flush',
            `flush() of page ${page.id} sent nothing, and only a backoff was in the way`,
          );
      },
    );
  };

  const hide = (page: Page, leaving: boolean) => {
    page.setHidden(true);
    page.dispatch('visibilitychange');
    if (!leaving) return;
    page.dispatch('pagehide');
    world.afterStep.push(() => {
      if (world.locks.running(page)) world.violation('lock kept', `page ${page.id} has left and keeps the lock`);
    });
  };

  const show = (page: Page, type: 'visibilitychange' | 'pageshow') => {
    page.setHidden(false);
    retriesStore(page);
    page.dispatch(type);
  };

  const setConsent = (page: Page, consent: string) => {
    const rules = world.rules.of(page);
    if (rules.closing) return;
    rules.consent = consent;
    rules.consentChanged = true;
    rules.storeFailing = false;
    if (consent === 'denied') {
      rules.purgedBelow = world.ledger.entries.length;
      for (const entry of world.ledger.entries) if (entry.page === page) entry.excuse ??= 'purged';
    }
    const { purgedBelow } = rules;
    ask(
      page,
      `setConsent ${consent}`,
      () => page.tracker.setConsent(consent),
      () => {
        if (consent !== 'denied' || rules.storeFailing) return;
        for (const [, value] of world.disk.records()) {
          const mark = Number(/<(\d+)>/.exec(JSON.stringify(value))?.[1] ?? -1);
          if (world.ledger.entry(mark)?.page === page && mark < purgedBelow)
            world.violation('not purged', `event ${mark} is still stored`);
        }
      },
    );
  };

  const setKey = (page: Page) => {
    const rules = world.rules.of(page);
    rules.key = key;
    world.rules.resumed(page, true);
    world.trace(page, `setWriteKey ${key}`);
    page.tracker.setWriteKey(key);
  };

  const online = () => {
    world.offline = false;
    for (const page of world.pages) {
      if (!page.alive) continue;
      // A frozen page gets the event when it is resumed.
      page.task(0, () => {
        world.rules.resumed(page, false);
        retriesStore(page);
        page.dispatch('online');
      });
    }
  };

  const crashBrowser = () => {
    world.trace(undefined, 'the browser crashes');
    world.ledger.storeFails();
    for (const page of world.pages) {
      for (const sent of page.requests) sent.killed = true;
      world.leave(page, 'the browser crashed', true);
    }
    world.disk.crash();
    world.locks.crash();
  };

  const leave = (page: Page, toCache: boolean) => {
    hide(page, true);
    world.afterStep.push(() => {
      if (!page.alive) return;
      if (toCache && !world.disk.busy(page) && world.locks.holder() !== page) page.cached = true;
      else world.leave(page, 'navigated');
      world.count(page.cached ? 'cached' : 'navigated');
    });
  };

  return {
    promises,
    current,
    ask,
    start,
    retriesStore,
    track,
    flush,
    hide,
    show,
    setConsent,
    setKey,
    online,
    crashBrowser,
    leave,
    key: () => key,

    revokeKey() {
      world.collector.keys.delete(key);
      key = `write_${++keys}`;
      world.collector.keys.add(key);
    },
  };
}
