import type { AnyEvents, EventMap, KeenProperties, Problem, Tracker, TrackerOptions } from '../../index.ts';
import { createCollector, fairWeather, type TakenEvent } from './collector.ts';
import { createFetch } from './fetch.ts';
import { type MadeTracker, makeTracker } from './make-tracker.ts';
import { describeMissing } from './missing.ts';
import { createRoutes, type Routable } from './route.ts';

export type { Routable } from './route.ts';

/** The project and the key that a mailbox takes events for. */
export interface MailboxOptions {
  /** The project of `box.tracker()`. `box.fetch` and `box.route()` take every project. @default 'mailbox' */
  projectId?: string;
  /** The only key that is taken. @default any key that the tracker's guard lets pass */
  writeKey?: string;
}

/** An event that has come to the mailbox. */
export type Received<Events = AnyEvents> = {
  [Collection in keyof Events & string]: {
    collection: Collection;
    /** As it was sent, with what hooks have added, and without its `keen` property. */
    event: Events[Collection];
    /** Its time and its uniqueness token. */
    keen: KeenProperties;
  };
}[keyof Events & string];

export interface StatusOptions {
  /** How many answers have the status. @default all, until `online()` */
  times?: number;
  /** The Retry-After header, in seconds. @default none */
  retryAfter?: number;
}

/**
 * A collector in memory, for tests. Nothing leaves the process.
 *
 * `offline()`, `slow()`, `status()` and `refuseKey()` hold from the next request on; `online()` ends them all.
 */
export interface Mailbox<Events = AnyEvents> {
  /** The options of a tracker whose events come here, for `createTracker({ ...options, ...box.options })`. */
  readonly options: { projectId: string; writeKey: string; endpoint: string };
  /**
   * A tracker whose events come here, at once: `flushInterval` is 0. Each call makes another one. It is mailslot's own,
   * also in Node, and prints nothing: `box.problems()` has what `onError` gets.
   *
   * @throws KeyError and TypeError as `createTracker()` does
   */
  tracker(options?: Partial<TrackerOptions>): Tracker<Events>;
  /**
   * A mock for `globalThis.fetch`. Requests for `/3.0/projects/…/events` of any host come here; the others go on to the
   * `fetch` that was there when the mailbox was created.
   */
  fetch(input: any, init?: any): Promise<any>;
  /** Answers the requests of a page or a browser context of Playwright, for a collector at any host. */
  route(page: Routable): Promise<void>;
  /**
   * The oldest event of a collection that `next()` has not returned before; waits for it.
   *
   * @param options.timeout in milliseconds. @default 4000
   * @throws Error if none comes in time (as a rejection); the message says what has come
   */
  next<Collection extends keyof Events & string>(
    collection: Collection,
    options?: { timeout?: number },
  ): Promise<Events[Collection]>;
  /** The events that have come so far, in their order; of one collection, or of all. */
  events(): Received<Events>[];
  events<Collection extends keyof Events & string>(
    collection: Collection,
  ): Extract<Received<Events>, { collection: Collection }>[];
  /** What the trackers of `box.tracker()` have reported to `onError`. */
  problems(): Problem[];
  /** Lets the trackers of `box.tracker()` send what they may. Resolves when no more of it can come. */
  flush(): Promise<void>;
  /** Requests fail, as without a network. */
  offline(): void;
  /** Ends all bad weather, and tells the trackers that the network is back. */
  online(): void;
  /** Each answer takes this long. */
  slow(ms: number): void;
  /** Requests are answered with this status, and their events are not taken. A status of 200 to 299 takes them. */
  status(status: number, options?: StatusOptions): void;
  /** The key is refused: a tracker pauses until `setWriteKey()`. */
  refuseKey(): void;
  /** For the next test: ends all bad weather, lets what waits arrive, and forgets all events and problems. */
  clear(): Promise<void>;
  /** Closes the trackers and puts `fetch` back. What waits is lost, and so is each `next()`. */
  close(): Promise<void>;
}

/** The event that someone waits for. */
interface Waiter {
  collection: string;
  resolve(event: any): void;
  reject(error: Error): void;
}

/** A tracker of `box.tracker()`, and the key that it has now. */
interface OwnTracker extends MadeTracker {
  key: TrackerOptions['writeKey'];
}

// The clock of a test can be a mock.
const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
/** Below the five seconds after which test runners end a test themselves. */
const NEXT_TIMEOUT_MS = 4000;
/** How often `next()` asks the trackers to send: a retry need not be awaited. */
const NUDGE_MS = 100;
let boxes = 0;

/**
 * Creates a mailbox: a collector in memory, for tests.
 *
 * @example const box = createMailbox<ShopEvents>(); buy(box.tracker()); await box.next('purchases');
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createMailbox<Events extends EventMap<Events> = AnyEvents>(
  options: MailboxOptions = {},
): Mailbox<Events> {
  const { projectId = 'mailbox', writeKey } = options;
  const endpoint = `https://mailbox-${++boxes}.test`;
  const own = { projectId, writeKey: writeKey ?? 'write_mailbox', endpoint };
  let weather = fairWeather();
  let received: TakenEvent[] = [];
  let unread: TakenEvent[] = [];
  let problems: Problem[] = [];
  let waiters: Waiter[] = [];
  const trackers: OwnTracker[] = [];

  const collector = createCollector(
    () => weather,
    writeKey,
    (taken) => {
      received.push(taken);
      const waiter = waiters.find(({ collection }) => collection === taken.collection);
      if (!waiter) return void unread.push(taken);
      waiters = waiters.filter((other) => other !== waiter);
      waiter.resolve(taken.event);
    },
  );
  const fetch = createFetch(collector, () => weather, endpoint);
  const routes = createRoutes(collector, () => weather);

  const flush = async () => {
    await Promise.all(trackers.map(({ tracker }) => tracker.flush()));
  };
  const goOnline = () => {
    weather = fairWeather();
    for (const tracker of trackers) tracker.goOnline();
  };

  const takeUnread = (collection: string) => {
    const index = unread.findIndex((taken) => taken.collection === collection);
    return index < 0 ? undefined : unread.splice(index, 1)[0];
  };

  const explain = async (collection: string, timeout: number) => {
    const counts = await Promise.all(trackers.map(({ tracker }) => tracker.pending()));
    const waiting = counts.reduce((sum, count) => sum + count, 0);
    const isReplaced = trackers.length > 0 && !fetch.isInstalled();
    return new Error(describeMissing({ collection, timeout, received, waiting, weather, problems, isReplaced }));
  };

  return {
    options: own,
    tracker(given = {}) {
      const tracker = makeTracker({
        flushInterval: 0,
        ...own,
        ...given,
        onError(problem) {
          // Where there is no IndexedDB, each tracker says so, and each test has chosen it.
          if (problem.code === 'storage' && !globalThis.indexedDB) return;
          problems.push(problem);
          given.onError?.(problem);
        },
      });
      fetch.install();
      const made: OwnTracker = { ...tracker, key: given.writeKey ?? own.writeKey };
      trackers.push(made);
      return {
        ...tracker.tracker,
        setWriteKey(key) {
          tracker.tracker.setWriteKey(key);
          made.key = key;
        },
      } as Tracker<Events>;
    },
    fetch: fetch.any,
    route: routes.add,

    next: (collection, { timeout = NEXT_TIMEOUT_MS } = {}) =>
      new Promise((resolve, reject) => {
        const found = takeUnread(collection);
        if (found) return resolve(found.event as never);
        const nudge = setInterval(() => void flush(), NUDGE_MS);
        const timer = setTimeout(async () => {
          const error = await explain(collection, timeout);
          waiter.reject(error);
          waiters = waiters.filter((other) => other !== waiter);
        }, timeout);
        const stop = () => {
          clearInterval(nudge);
          clearTimeout(timer);
        };
        const waiter: Waiter = {
          collection,
          resolve: (event) => {
            stop();
            resolve(event);
          },
          reject: (error) => {
            stop();
            reject(error);
          },
        };
        waiters.push(waiter);
        void flush();
      }),

    events: (collection?: string) =>
      received.filter((taken) => collection === undefined || taken.collection === collection) as never,
    problems: () => [...problems],
    flush,

    offline() {
      weather.isOffline = true;
    },
    online: goOnline,
    slow(ms) {
      weather.delay = ms;
    },
    status(status, { times = Infinity, retryAfter } = {}) {
      weather = { ...weather, status, times, retryAfter };
    },
    refuseKey() {
      weather.refusesKeys = true;
    },

    async clear() {
      weather = fairWeather();
      fetch.dropPending();
      // Ends a pause and each wait.
      for (const { tracker, key } of trackers) if (key) tracker.setWriteKey(key);
      await flush();
      collector.clear();
      received = [];
      unread = [];
      problems = [];
    },

    async close() {
      for (const waiter of waiters) waiter.reject(new Error('mailslot: the mailbox was closed'));
      waiters = [];
      // A denial leaves nothing behind: no event in a store, no request, no timer.
      await Promise.all(trackers.map(({ tracker }) => tracker.setConsent('denied')));
      fetch.dropPending();
      await flush();
      await Promise.all(trackers.map(({ tracker }) => tracker.close()));
      trackers.length = 0;
      fetch.uninstall();
      await routes.remove();
    },
  };
}
