import type { Entry } from './ledger.ts';
import { GLOBAL_NAMES, type Page } from './page.ts';
import type { Plan } from './plan.ts';
import type { Core, World } from './world.ts';

const COLLECTIONS = ['purchases', 'views', 'a.b'];

/** What pages, their visitors and the browser do in a run, and what each is promised then. */
export function createActions(world: World, core: Core, plan: Plan) {
  const { settings } = plan;
  let keys = 0;
  let key = 'write_0';
  world.collector.keys.add(key);
  /** What pages were promised an answer to. */
  const promises = new Set<{ page: Page; what: string }>();

  const current = (slot: number) => world.pages.findLast((page) => page.slot === slot && page.alive && !page.cached);

  /** Asks the tracker for something that must never reject, and in the end answer. */
  const ask = <T>(page: Page, what: string, call: () => Promise<T>, then: (value: T) => void = () => {}) => {
    world.trace(page, what);
    const promise = { page, what };
    promises.add(promise);
    let answer: Promise<T>;
    try {
      answer = call();
    } catch (error) {
      return world.violation('thrown', `${what}: ${error}`);
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

  const start = (slot: number, options: { prerendering?: boolean; hidden?: boolean } = {}, consent = 'granted') => {
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

  const shown = (page: Page) => (world.rules.of(page).held = false);

  const track = (page: Page, count: number, poison?: Entry['poison'], size = 0) => {
    const rules = world.rules.of(page);
    for (let i = 0; i < count; i++) {
      const entry = world.ledger.create(page, world.random.pick(COLLECTIONS), poison);
      const takes = rules.consent !== 'denied' && !rules.closing;
      const healthy = () =>
        takes && rules.consent === 'granted' && !page.document.prerendering && !rules.held && world.disk.healthy(page);
      const before = healthy();
      const event = { mark: `<${entry.mark}>`, filler: 'x'.repeat(size) };
      ask(
        page,
        `track ${entry.mark}`,
        () => page.tracker.track(entry.collection, event),
        (outcome: string) => {
          entry.outcome = outcome;
          world.ledger.note(entry, `track() says ${outcome}`);
          if (outcome === 'stored' && !entry.history.some((line) => line.endsWith('committed'))) {
            world.violation('not stored', `track() of event ${entry.mark} said stored, and it was not`);
          }
          if (outcome === 'dropped' && takes && entry.mark >= rules.purgedBelow)
            world.violation('dropped', `track() of event ${entry.mark} said dropped`);
        },
      );
      entry.made = world.wall();
      // What the caller changes afterwards must change nothing.
      event.mark = 'changed';
      if (!takes) entry.excuse = 'nobody wanted it';
      if (before) world.afterStep.push(() => (entry.accepted = healthy() && page.alive));
    }
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
    shown(page);
    page.dispatch(type);
  };

  const setConsent = (page: Page, consent: string) => {
    const rules = world.rules.of(page);
    if (rules.closing) return;
    rules.consent = consent;
    rules.wavered = true;
    rules.held = false;
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
        if (consent !== 'denied' || rules.held) return;
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
      // A frozen page hears of it when it goes on.
      page.task(0, () => {
        world.rules.resumed(page, false);
        shown(page);
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
    shown,
    track,
    hide,
    show,
    setConsent,
    setKey,
    online,
    crashBrowser,
    leave,
    key: () => key,

    /** The collector takes another key from now on, and pages that open get it. */
    revokeKey() {
      world.collector.keys.delete(key);
      key = `write_${++keys}`;
      world.collector.keys.add(key);
    },
  };
}
