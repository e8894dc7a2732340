import type { Entry } from './ledger.ts';
import type { Outcome, Sent } from './network.ts';
import type { Page } from './page.ts';
import type { World } from './world.ts';

const DAY_MS = 86_400_000;
/** Five years: an event that seems older has met a wrong clock. */
export const IMPOSSIBLE_AGE_MS = 1_825 * DAY_MS;
const FIRST_BACKOFF_MS = 2_000;
const MAX_BACKOFF_MS = 300_000;

/** The time that a page may need to send after a wait, under high load. */
const PROMPT_MS = 900;

/** A page's last request sends the events that fit, and leaves larger ones behind. */
const BIG_BODY_CHARS = 10_000;

const STORM_WINDOW_MS = 5_000;
const STORM_REPEATS = 25;

/** `flush()` ends a wait once a second. A request can follow it later than the next one. */
const HURRY_WINDOW_MS = 3_000;
const MAX_HURRIES = 4;

/** Less than the rest of a backoff that a `flush()` ends. */
const FLUSH_TIME_MS = 500;

/** The tracker waits so long for two tries of an operation. A thread that is held up may miss the answers. */
const STORE_TRIES_MS = 20_000;

/** Names of per-event errors that no retry can fix. */
const FINAL_ERROR = /^(Invalid(Collection|Property|Event|Keen)|NamespaceType|ListsOf)/;

/**
 * Steps after which the store may have failed for good. A purge and a long sleep also close the tracker's connection. A
 * frozen page wakes up to a store that seems to have been silent.
 */
const STORE_FAILURES = [
  'quota exceeded',
  'aborts begin',
  'store silent',
  'store refuses',
  'data cleared',
  'stores lost',
  'deny',
  'sleep long',
  'freeze',
];

/** Steps after which a page may be busy when a wait is over, or may have nothing to send until later. */
const DELAYS = [
  ...STORE_FAILURES,
  'connection lost',
  'connection closed',
  'hide',
  'to cache',
  'prerender',
  'pend',
  'revoke key',
  'new key',
  'clock forward',
  'clock wrong',
  'clock right',
];

/** Steps after which the wall clock can have gone back. */
const CLOCK_CHANGES = ['clock back', 'clock wrong', 'clock right'];

/** What a page may do at the moment. The rules keep their own state, apart from the tracker's. */
export interface PageRules {
  consent: string;
  /** Consent was not always granted. */
  consentChanged: boolean;
  key: string;
  /** `close()` was called. */
  closing: boolean;
  /** `close()` has resolved. */
  closed: boolean;
  /** The tracker has reported that the store fails, and has had no reason to try again since. */
  storeFailing: boolean;
  /** Failed requests in a row. */
  failures: number;
  /** Earliest time of the next request by backoff, and by Retry-After. */
  notBefore: number;
  askedUntil: number;
  /** Calls of `flush()` that may have ended a backoff, and the times of requests that needed one. */
  hurries: number;
  hurriedAt: number[];
  /** Calls of `flush()` that have not resolved: they run one after the other, and each may end a backoff later. */
  flushing: number;
  /** When a `flush()` last resolved. */
  flushedAt: number;
  /** When the network's return or a key last ended a wait. */
  resumedAt: number;
  /** Latest end of the current wait: the next request follows promptly. */
  due: number;
  /** Like `notBefore`, but `online` does not shorten it while the page is hidden. */
  waitsUntil: number;
  /** Authorizations that were answered with 401 to 404. */
  refused: Set<string>;
  /** This page has purged all of its events with a lower mark. */
  purgedBelow: number;
  /** The newest event that it has sent, by collection. */
  newest: Map<string, number>;
  /** Something has gone wrong that may change the order of its events. */
  disturbed: boolean;
  /** Events that it has given up, by problem code. */
  reports: Record<string, number>;
  /** Times of recent requests that held nothing new, since the collector last settled an event. */
  repeats: number[];
}

export interface Rules {
  /** A page's rules; made on first use. */
  of(page: Page): PageRules;
  /** A wait ends by design: the network is back, or there is another key. */
  resumed(page: Page, newKey: boolean): void;
  /** The site calls `flush()`, which may end a backoff. Returns whether it must: then a request follows. */
  hurried(page: Page): boolean;
  /** The `flush()` has resolved. */
  flushed(page: Page): void;
  /** The wall clock can have gone back. */
  clockWentBack(): boolean;
  /** A lower bound of the age that an event must seem to have for a page, by both of its clocks. */
  seemingAge(page: Page, entry: Entry): number;
  /** Whether an event of this age is too old, and not from a wrong clock. */
  isTooOld(age: number): boolean;
  /** Whether a step of this run may have made the store fail for good. */
  storeMayHaveFailed(): boolean;
  /** The tracker reports that the store fails. */
  storageReported(page: Page): void;
  /** The page sends a request. */
  sent(sent: Sent): void;
  /** The page is told the outcome next. */
  answered(sent: Sent, outcome: Outcome): void;
  /** The page has handled the outcome. */
  afterStep(): void;
}

interface Answered {
  sent: Sent;
  outcome: Outcome;
  at: number;
  /** The wall clock at that moment: the page reads it then or later. */
  wall: number;
  draws: number;
  requests: number;
}

const createPageRules = (): PageRules => ({
  consent: 'granted',
  consentChanged: false,
  key: '',
  closing: false,
  closed: false,
  storeFailing: false,
  failures: 0,
  notBefore: 0,
  askedUntil: 0,
  hurries: 0,
  hurriedAt: [],
  flushing: 0,
  flushedAt: -Infinity,
  resumedAt: -Infinity,
  due: Infinity,
  waitsUntil: 0,
  refused: new Set(),
  purgedBelow: 0,
  newest: new Map(),
  disturbed: false,
  reports: {},
  repeats: [],
});

const wasSent = (entry: Entry | undefined) => entry?.history.some((line) => line.includes(' sent ')) ?? false;

/** The collector has taken or refused an event: failures are no longer in a row. */
const settled = (rules: PageRules) => Object.assign(rules, { failures: 0, repeats: [] });

/** How many events a 200 settles, and how many it does not. */
function countResults(body: unknown): { settled: number; unsettled: number } {
  const counts = { settled: 0, unsettled: 0 };
  for (const list of Object.values((body ?? {}) as object)) {
    for (const result of Array.isArray(list) ? list : []) {
      const name = result?.error?.name;
      const isSettled = result?.success === true || (typeof name === 'string' && FINAL_ERROR.test(name));
      counts[isSettled ? 'settled' : 'unsettled']++;
    }
  }
  return counts;
}

/** What an answer means for its page, apart from a failure that must be followed by a wait. */
function isHandled(rules: PageRules, { sent, outcome: { answer, body } }: Answered): boolean {
  const status = answer?.status ?? 0;
  if (status >= 401 && status <= 404) {
    rules.refused.add(sent.authorization);
    return true;
  }
  if (status === 400 || status === 413) {
    // The batch is halved. A single event is refused for good if the collector says so in its own words.
    const single = sent.marks.length === 1;
    if (single && status === 400 && !(body as { error_code?: string } | null)?.error_code) return false;
    if (single) settled(rules);
    return true;
  }
  if (status === 201) {
    settled(rules);
    return true;
  }
  if (status !== 200) return false;
  const counts = countResults(body);
  if (counts.unsettled) rules.disturbed = true;
  if (counts.settled) settled(rules);
  return counts.settled > 0;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createRules(world: World): Rules {
  const pages = new Map<Page, PageRules>();
  /** The answer of this step, until its microtasks have run. */
  let answered: Answered | undefined;

  const of = (page: Page): PageRules => {
    const rules = pages.get(page) ?? createPageRules();
    pages.set(page, rules);
    return rules;
  };

  const checkOrder = (rules: PageRules, sent: Sent) => {
    for (const mark of sent.marks) {
      const entry = world.ledger.entry(mark);
      if (entry?.page !== sent.page) continue;
      const newest = rules.newest.get(entry.collection) ?? -1;
      if (sent.body.length > BIG_BODY_CHARS) rules.disturbed = true;
      if (!wasSent(entry) && mark < newest && !rules.disturbed && !rules.reports.evicted)
        world.violation('order', `event ${mark} was sent after ${newest}`);
      rules.newest.set(entry.collection, Math.max(newest, mark));
    }
  };

  /** The wait that the collector asked for, from a second to a day, in milliseconds; a date counts from `wall`. */
  const requestedWait = (retryAfter: string | undefined, wall: number): number => {
    if (!retryAfter) return 0;
    const seconds = Number(retryAfter);
    const ms = seconds ? seconds * 1000 : Date.parse(retryAfter) - wall;
    return ms >= 1_000 ? Math.min(ms, DAY_MS) : 0;
  };

  /** The page needs time to pack an event after the check. The clock of the page was not set since it opened. */
  const seemingAge = (page: Page, entry: Entry) => {
    const began = world.scheduler.began();
    return Math.min(world.wall(began), page.timeOrigin + began - page.openedAt) - entry.made;
  };

  const isTooOld = (age: number) => age > world.settings.maxAge && age < IMPOSSIBLE_AGE_MS;

  const clockWentBack = () => CLOCK_CHANGES.some((name) => world.counts[name]);

  type Break = (kind: string, text: string) => void;

  const checkPermission = (rules: PageRules, { page, authorization }: Sent, bad: Break) => {
    if (rules.consent !== 'granted') bad('sent without consent', `consent is ${rules.consent}`);
    if (rules.closed) bad('sent after close', 'the tracker is closed');
    if (page.document.prerendering) bad('sent while prerendering', 'the visitor has not seen the page');
    if (rules.refused.has(authorization)) bad('sent while paused', 'this key was refused');
    if (authorization !== `Bearer ${rules.key}`) bad('wrong key', 'the page has another key');
  };

  const checkWait = (rules: PageRules, bad: Break) => {
    const now = world.now() + world.settings.resolution;
    if (now < rules.askedUntil) bad('sent too early', `${(rules.askedUntil - now).toFixed(0)} ms before Retry-After`);
    if (now >= rules.notBefore) return;
    if (!rules.hurries) return bad('sent too early', `${(rules.notBefore - now).toFixed(0)} ms too early`);
    rules.hurries--;
    rules.notBefore = 0;
    rules.hurriedAt = [...rules.hurriedAt.filter((time) => now - time < HURRY_WINDOW_MS), now];
    if (rules.hurriedAt.length > MAX_HURRIES) bad('request storm', `flush() ended ${MAX_HURRIES} waits in 3 seconds`);
  };

  const checkTime = (rules: PageRules, { page }: Sent, bad: Break) => {
    checkWait(rules, bad);
    const bounded = world.settings.maxQueue < 100 || world.settings.maxAge < DAY_MS;
    const undelayed =
      world.pages.length === 1 && !page.document.hidden && !bounded && !DELAYS.some((name) => world.counts[name]);
    const late = world.now() - rules.due;
    if (undelayed && late > PROMPT_MS) bad('slow to go on', `${late.toFixed(0)} ms after the wait`);
    rules.due = Infinity;
  };

  const checkEvents = (rules: PageRules, { page, marks }: Sent, bad: Break) => {
    for (const other of page.requests) {
      const both = other.marks.filter((mark) => marks.includes(mark));
      if (both.length) bad('in two requests', `event ${both} is in flight in request ${other.index} already`);
    }
    if (!marks.length) bad('empty request', 'it has no events');
    for (const mark of marks) {
      const entry = world.ledger.entry(mark);
      if (!entry) continue;
      if (entry.page === page && mark < rules.purgedBelow) bad('purged event sent', `event ${mark}`);
      // An event seems too old if the clock was set back after it was made.
      if (isTooOld(seemingAge(page, entry)) && !clockWentBack()) bad('too old', `event ${mark}`);
      if (entry.page !== page) world.count('sent by another page');
    }
    if (new Set(marks).size !== marks.length) bad('twice in one request', marks.join(' '));
    if (marks.length > world.settings.maxBatch) bad('batch', `${marks.length} events`);
  };

  const checkRepeats = (rules: PageRules, { marks }: Sent, bad: Break) => {
    if (marks.some((mark) => !wasSent(world.ledger.entry(mark)))) return;
    // Halving a batch that is too large or holds a poison event repeats it many times in a row.
    if (world.counts['413 from the collector'] || world.ledger.entries.some(({ poison }) => poison)) return;
    rules.repeats = [...rules.repeats.filter((time) => world.now() - time < STORM_WINDOW_MS), world.now()];
    if (rules.repeats.length > STORM_REPEATS) bad('request storm', `${rules.repeats.length} repeats in 5 seconds`);
  };

  /** A failure: the next request has to wait. */
  const startWait = (rules: PageRules, { sent, outcome, at, wall, draws, requests }: Answered) => {
    const { page } = sent;
    const retryAfter = outcome.answer?.retryAfter;
    const wait = requestedWait(retryAfter, world.wall());
    rules.failures++;
    // The first number is this wait's. A store that fails in the same step draws one too.
    const draw = page.draws[draws];
    // A date can pass within the step, after the page has read the clock.
    const isAsked = wait > 0 || (draw === undefined && requestedWait(retryAfter, wall) > 0);
    if (!isAsked && draw === undefined)
      world.violation('no jitter', `page ${page.id} drew no random number after request ${sent.index}`);
    // An earlier success counts once its events are deleted, and a slow store may take any time for that.
    const failures = world.disk.busy(page) || page.requests.size ? 1 : rules.failures;
    const backoff = (after: number) =>
      isAsked ? wait : ((1 + (draw ?? 0)) / 2) * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (after - 1));
    const earliest = at + backoff(failures);
    // A `flush()` that has ended a backoff within the step can have ended this one too.
    const isHurried = rules.hurriedAt.at(-1)! >= at;
    if (isAsked) rules.askedUntil = Math.max(rules.askedUntil, earliest);
    else if (!isHurried) rules.notBefore = Math.max(rules.notBefore, earliest);
    const opensAt = Math.max(rules.notBefore, rules.askedUntil);
    // A short wait can end within the step of the failure, with the next request in flight already.
    const hasEnded = world.network.sent() > requests;
    rules.due = hasEnded ? Infinity : Math.max(opensAt, at + backoff(rules.failures));
    rules.waitsUntil = Math.max(rules.waitsUntil, opensAt);
  };

  /** Nothing but a backoff keeps the only page from sending its event, and nothing has ended one just now. */
  const isPlainBackoff = (page: Page, rules: PageRules) =>
    world.pages.length === 1 &&
    world.now() < rules.notBefore - FLUSH_TIME_MS &&
    !rules.flushing &&
    world.now() > Math.max(rules.flushedAt, rules.resumedAt) + HURRY_WINDOW_MS &&
    world.now() > rules.askedUntil &&
    rules.consent === 'granted' &&
    !rules.closing &&
    !rules.consentChanged &&
    !page.document.prerendering &&
    !page.requests.size &&
    !rules.refused.has(`Bearer ${rules.key}`) &&
    !rules.reports.evicted &&
    world.ledger.entries.some(({ counted, excuse, poison }) => !counted && !excuse && !poison);

  const storeMayHaveFailed = () => STORE_FAILURES.some((name) => world.counts[name]);

  return {
    of,
    storeMayHaveFailed,
    clockWentBack,
    seemingAge,
    isTooOld,

    hurried(page) {
      const rules = of(page);
      const mustSend = isPlainBackoff(page, rules);
      rules.hurries++;
      rules.flushing++;
      rules.due = Infinity;
      return mustSend;
    },

    flushed(page) {
      const rules = of(page);
      rules.flushing--;
      rules.flushedAt = world.now();
    },

    resumed(page, newKey) {
      const rules = of(page);
      // A pause lasts until `setWriteKey()`, whatever key it is given.
      if (newKey) rules.refused.clear();
      // The network's return must not shorten a wait that the collector asked for.
      if (newKey) rules.askedUntil = 0;
      Object.assign(rules, { failures: 0, notBefore: 0, due: Infinity, resumedAt: world.now() });
      if (!page.document.hidden) rules.waitsUntil = rules.askedUntil;
    },

    storageReported(page) {
      of(page).storeFailing = true;
      const losses = (world.counts['connection lost'] ?? 0) + (world.counts['connection closed'] ?? 0);
      // The tracker must open a new connection after a loss, so one loss is no failure.
      if (!storeMayHaveFailed() && losses <= 1 && page.preempted(STORE_TRIES_MS) < STORE_TRIES_MS / 2) {
        world.violation(
          'held for nothing',
          `page ${page.id} reports a failing store after at most one lost connection`,
        );
      }
    },

    sent(sent) {
      const rules = of(sent.page);
      const bad: Break = (kind, text) => world.violation(kind, `page ${sent.page.id}, request ${sent.index}: ${text}`);
      checkPermission(rules, sent, bad);
      checkTime(rules, sent, bad);
      checkEvents(rules, sent, bad);
      checkOrder(rules, sent);
      checkRepeats(rules, sent, bad);
      for (const mark of sent.marks) {
        const entry = world.ledger.entry(mark);
        if (entry) world.ledger.note(entry, `sent in request ${sent.index}`);
      }
    },

    answered(sent, outcome) {
      answered = {
        sent,
        outcome,
        at: world.now(),
        wall: world.wall(),
        draws: sent.page.draws.length,
        requests: world.network.sent(),
      };
    },

    afterStep() {
      if (!answered) return;
      const last = answered;
      answered = undefined;
      const { sent, outcome, draws, requests } = last;
      const rules = of(sent.page);
      const status = outcome.answer?.status ?? 0;
      if (status !== 200 || outcome.body === undefined) rules.disturbed = true;
      if (isHandled(rules, last)) return;
      // A failed keepalive request is repeated without keepalive at once, unless its events are too old or purged by
      // now.
      const repeated = world.network.sent() > requests;
      if (!status && sent.keepalive && (repeated || sent.page.draws.length === draws)) return;
      if (!rules.closed) startWait(rules, last);
    },
  };
}
