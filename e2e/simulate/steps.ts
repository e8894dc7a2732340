import { type Actions, createActions } from './actions.ts';
import type { Page } from './page.ts';
import type { Plan, Step } from './plan.ts';
import { type Core, EPOCH, type World } from './world.ts';

const HOUR = 3_600_000;

/** Off by so many milliseconds: 1970, a year ago, in a year, 2099. */
const WRONG_CLOCKS = [-EPOCH, -8_760 * HOUR, 8_760 * HOUR, 2_350_000_000_000];

/** Steps after which a write to the store may fail. */
const STORE_FAILURES = new Set([
  'quota exceeded',
  'aborts begin',
  'store silent',
  'store reopens',
  'connection lost',
  'connection closed',
  'store refuses',
  'data cleared',
  'stores lost',
]);

/** Executes the steps of a plan. */
export interface Steps extends Pick<Actions, 'promises' | 'start' | 'track' | 'setKey' | 'setConsent' | 'key'> {
  do(step: Step): void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createSteps(world: World, core: Core, plan: Plan): Steps {
  const { features } = plan;
  const actions = createActions(world, core, plan);
  const {
    promises,
    current,
    ask,
    start,
    retriesStore,
    track,
    hide,
    show,
    setConsent,
    setKey,
    online,
    crashBrowser,
    leave,
  } = actions;

  const withPage = (run: (page: Page, n: number) => void) => (slot: number, n: number) => {
    const page = current(slot);
    if (page && !page.frozen) run(page, n);
  };

  /** Each step by its name; see `FEATURES` in plan.ts. */
  const table: Record<string, (slot: number, n: number) => void> = {
    open(slot, n) {
      if (!current(slot)) start(slot, {}, features.includes('consent') && n % 3 === 0 ? 'pending' : 'granted');
    },
    prerender(slot) {
      if (!current(slot)) start(slot, { prerendering: true });
    },
    activate: withPage((page) => {
      if (!page.document.prerendering) return;
      page.document.prerendering = false;
      retriesStore(page);
      page.dispatch('prerenderingchange');
    }),
    track: withPage((page, n) => track(page, 1 + (n % 4))),
    'track poison': withPage((page, n) => {
      const poison = n % 2 ? 'event' : 'batch';
      if (n % 3) track(page, 2);
      track(page, 1, poison);
      if (n % 5) track(page, 1);
    }),
    'track big': withPage((page, n) => track(page, 1 + (n % 3), undefined, 12_000 + (n % 5) * 8_000)),
    flush: withPage(actions.flush),
    'flush often': withPage((page) => {
      for (let flushes = 0; flushes < 8; flushes++) actions.flush(page);
    }),
    pending: withPage((page) => ask(page, 'pending', () => page.tracker.pending())),
    hide: withPage((page) => hide(page, false)),
    show: withPage((page) => show(page, 'visibilitychange')),
    navigate: withPage((page, n) => {
      if (n % 2) track(page, 1 + (n % 3));
      leave(page, false);
    }),
    'close tab': withPage((page) => leave(page, false)),
    'to cache': withPage((page, n) => {
      if (n % 2) track(page, 1);
      leave(page, true);
    }),
    back(slot) {
      const page = world.pages.findLast((one) => one.slot === slot && one.alive && one.cached);
      if (!page) return;
      const other = current(slot);
      if (other) leave(other, false);
      page.thaw();
      show(page, 'pageshow');
      show(page, 'visibilitychange');
    },
    freeze: withPage((page) => {
      if (!world.disk.busy(page) && world.locks.holder() !== page) page.frozen = true;
    }),
    resume(slot) {
      const page = current(slot);
      if (page?.frozen) page.thaw();
    },
    'crash tab'(slot, n) {
      const page = current(slot);
      if (!page) return;
      if (n % 3 === 0) for (const sent of page.requests) sent.killed = true;
      world.leave(page, 'crashed');
    },
    'crash browser': crashBrowser,
    deny: withPage((page) => setConsent(page, 'denied')),
    pend: withPage((page) => setConsent(page, 'pending')),
    grant: withPage((page) => setConsent(page, 'granted')),
    'revoke key': actions.revokeKey,
    'new key': withPage(setKey),
    'clock back': (_slot, n) => void (world.wallOffset -= (n / 1_000) * HOUR * (n % 2 ? 1 : 48)),
    'clock forward': (_slot, n) => void (world.wallOffset += (n / 1_000) * HOUR * (n % 2 ? 1 : 48)),
    'clock wrong': (_slot, n) => void (world.wallOffset = WRONG_CLOCKS[n % WRONG_CLOCKS.length]!),
    'clock right': () => void (world.wallOffset = 0),
    offline: () => void (world.offline = true),
    online,
    'quota exceeded': () => void (world.disk.faults.quota = true),
    'quota free': () => void (world.disk.faults.quota = false),
    'aborts begin': () => void (world.disk.faults.abort = 0.4),
    'aborts end': () => void (world.disk.faults.abort = 0),
    'store silent': () => void (world.disk.faults.hung = true),
    'store answers': () => world.disk.wake(false),
    'store reopens': () => world.disk.wake(true),
    'connection lost': withPage((page) => world.disk.lose(page, false)),
    'connection closed': withPage((page) => world.disk.lose(page, true)),
    'store refuses': (_slot, n) => void (world.disk.faults.refuse = n % 2 ? 'throw' : 'error'),
    'store allows': () => void (world.disk.faults.refuse = ''),
    'data cleared': () => world.disk.clear(),
    'stores lost': () => world.disk.loseStores(),
    tamper: (_slot, n) => {
      const key = [5, 'a', 'zzz', `${world.wall().toString(36).padStart(9, '0')}-x`, new Date(world.wall())][n % 5]!;
      world.disk.tamper(key, [null, '?', { version: 2 }, [1], 7][(n >> 3) % 5]);
    },
    close: withPage((page) => {
      const rules = world.rules.of(page);
      if (rules.closing) return;
      rules.closing = true;
      ask(
        page,
        'close',
        () => page.tracker.close(),
        () => {
          rules.closed = true;
          world.ledger.pageGone(page, false);
        },
      );
    }),
    /** `run()` schedules the end. */
    'outage begins': () => void (world.down = true),
    'outage ends': () => void (world.down = false),
    /** The computer sleeps; `run()` schedules the end. */
    'sleep long'() {
      for (const page of world.pages) if (page.alive) page.frozen = true;
    },
    'wake up'() {
      for (const page of world.pages) if (page.alive && !page.cached) page.thaw();
    },
  };

  return {
    promises,
    start,
    track,
    setKey,
    setConsent,
    key: actions.key,
    do({ does, slot, n }: Step) {
      world.trace(undefined, `— ${does}, slot ${slot}`);
      world.count(does);
      if (STORE_FAILURES.has(does)) world.ledger.storeFails();
      table[does]!(slot, n);
    },
  };
}
