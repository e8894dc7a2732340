import type { Entry } from './ledger.ts';
import type { Outcome, Sent } from './network.ts';
import type { Page } from './page.ts';
import type { World } from './world.ts';

const DAY = 86_400_000;
const FIRST = 2_000;
const CEILING = 300_000;

/** The collector has decided about an event. */
const took = (rules: PageRules) => Object.assign(rules, { failures: 0, asked: false, repeats: [] });

/** Per-event errors that no retry can mend. */
const FINAL = /^(Invalid(Collection|Property|Event|Keen)|NamespaceType|ListsOf)/;

/** Steps after which the store may have failed for good. A purge or a long sleep takes its connection from under the tracker, too; a frozen page wakes to a store that seems to have been silent. */
const STORE_FAILS = [
  'quota exceeded',
  'aborts begin',
  'store silent',
  'store refuses',
  'data cleared',
  'deny',
  'sleep long',
  'freeze',
];

/** Steps after which a page may have to do something else first when a wait is over, or may have nothing to send until later. */
const HOLDS_UP = [
  ...STORE_FAILS,
  'connection lost',
  'connection closed',
  'hide',
  'to cache',
  'prerender',
  'pend',
  'revoke key',
  'new key',
  'clock forward',
];

/** Milliseconds that it may take to go on after a wait, at high load. */
const PROMPT = 900;

/** What a page may do now, by the rules of the wire and of the visitor; kept apart from how the tracker keeps to them. */
export interface PageRules {
  consent: string;
  /** It was not always granted. */
  wavered: boolean;
  key: string;
  /** `close()` was called, and has resolved. */
  closing: boolean;
  closed: boolean;
  /** The tracker has said that the store fails, and nothing has given it a reason to try again. */
  held: boolean;
  failures: number;
  notBefore: number;
  /** When the next request comes, if the last one failed: the wait is over then at the latest. */
  due: number;
  /** The wait is what Retry-After asked for. */
  asked: boolean;
  /** The same, but for what a hidden page makes of the network's return. */
  waitsUntil: number;
  /** Authorizations that were answered with 401 … 404. */
  refused: Set<string>;
  /** Events below it were purged in this page. */
  purgedBelow: number;
  /** The newest event that it sent, by collection, while nothing had gone wrong. */
  newest: Map<string, number>;
  disturbed: boolean;
  reports: Record<string, number>;
  /** When it sent, lately and since the collector last took something, what had all been sent before. */
  repeats: number[];
}

export function createRules(world: World) {
  const pages = new Map<Page, PageRules>();
  /** The answer of this step, until its microtasks have run. */
  let fresh: { sent: Sent; outcome: Outcome; at: number; draws: number; requests: number } | undefined;

  const of = (page: Page): PageRules => {
    let rules = pages.get(page);
    if (!rules) {
      rules = {
        consent: 'granted',
        wavered: false,
        key: '',
        closing: false,
        closed: false,
        held: false,
        failures: 0,
        notBefore: 0,
        due: Infinity,
        asked: false,
        waitsUntil: 0,
        refused: new Set(),
        purgedBelow: 0,
        newest: new Map(),
        disturbed: false,
        reports: {},
        repeats: [],
      };
      pages.set(page, rules);
    }
    return rules;
  };

  const checkOrder = (rules: PageRules, sent: Sent) => {
    for (const mark of sent.marks) {
      const entry = world.ledger.entry(mark);
      if (!entry || entry.page !== sent.page) continue;
      const newest = rules.newest.get(entry.collection) ?? -1;
      const first = !entry.history.some((line) => line.includes(' sent '));
      // A page's last request takes what fits, and leaves what is too large.
      const big = sent.body.length > 10_000;
      if (big) rules.disturbed = true;
      if (first && mark < newest && !rules.disturbed && !rules.reports.evicted)
        world.violation('order', `event ${mark} was sent after ${newest}`);
      rules.newest.set(entry.collection, Math.max(newest, mark));
    }
  };

  /** Milliseconds that the collector asked for, at most a day. */
  const asked = (retryAfter: string | undefined): number => {
    if (!retryAfter) return 0;
    const seconds = Number(retryAfter);
    const ms = seconds ? seconds * 1000 : Date.parse(retryAfter) - world.wall();
    return ms > 0 ? Math.min(ms, DAY) : 0;
  };

  /** As old as it was for certain when the page looked, which then had it to pack and may have had to wait for the processor. */
  const age = (entry: Entry) => world.wall(world.scheduler.began()) - entry.made;

  return {
    of,

    /** Something that ends a wait by design: the network is back, or another key. */
    resumed(page: Page, newKey: boolean) {
      const rules = of(page);
      // A pause lasts until `setWriteKey()`, with whatever key.
      if (newKey) rules.refused.clear();
      // The network's return does not shorten what the collector has asked for.
      if (rules.asked && !newKey) return;
      rules.asked = false;
      Object.assign(rules, {
        failures: 0,
        notBefore: 0,
        due: Infinity,
        ...(page.document.hidden ? {} : { waitsUntil: 0 }),
      });
    },

    /** The tracker says that the store fails. One lost connection is none of its failures: another has to be opened. */
    storageReported(page: Page) {
      of(page).held = true;
      const others = STORE_FAILS.some((name) => world.counts[name]);
      const losses = (world.counts['connection lost'] ?? 0) + (world.counts['connection closed'] ?? 0);
      if (!others && losses <= 1)
        world.violation(
          'held for nothing',
          `page ${page.id} says that the store fails, and no more than a connection was lost`,
        );
    },

    sent(sent: Sent) {
      const { page, authorization, marks } = sent;
      const rules = of(page);
      const bad = (kind: string, text: string) =>
        world.violation(kind, `page ${page.id}, request ${sent.index}: ${text}`);
      if (rules.consent !== 'granted') bad('sent without consent', `consent is ${rules.consent}`);
      if (rules.closed) bad('sent after close', 'the tracker is closed');
      if (page.document.prerendering) bad('sent while prerendering', 'nobody has seen the page');
      if (rules.refused.has(authorization)) bad('sent while paused', 'this key was refused');
      if (authorization !== `Bearer ${rules.key}`) bad('wrong key', 'this is not the key of the page');
      // No page can tell the time more exactly than its clock does.
      if (world.now() < rules.notBefore - world.settings.resolution)
        bad('sent too early', `${(rules.notBefore - world.now()).toFixed(0)} ms too early`);
      // Where nothing holds it up, the first request after a failure comes when the wait is over.
      const bounded = world.settings.maxQueue < 100 || world.settings.maxAge < DAY;
      const alone =
        world.pages.length === 1 && !page.document.hidden && !bounded && !HOLDS_UP.some((name) => world.counts[name]);
      const late = world.now() - rules.due;
      if (alone && late > PROMPT) bad('slow to go on', `${late.toFixed(0)} ms after the wait`);
      rules.due = Infinity;
      for (const other of page.requests) {
        const both = other.marks.filter((mark) => marks.includes(mark));
        if (both.length) bad('in two requests', `event ${both} is on its way in request ${other.index} already`);
      }
      if (!marks.length) bad('empty request', 'nothing in it');
      for (const mark of marks) {
        const entry = world.ledger.entry(mark);
        if (entry?.page === page && mark < rules.purgedBelow) bad('purged event sent', `event ${mark}`);
        // Made by a clock that was set back since, it is younger than it seems.
        if (entry && age(entry) > world.settings.maxAge && !world.counts['clock back']) bad('too old', `event ${mark}`);
        if (entry && entry.page !== page && world.settings.maxBatch >= 1) world.count('sent by another page');
      }
      if (new Set(marks).size !== marks.length) bad('twice in one request', marks.join(' '));
      if (marks.length > world.settings.maxBatch) bad('batch', `${marks.length} events`);
      checkOrder(rules, sent);
      const news = marks.some((mark) => !world.ledger.entry(mark)?.history.some((line) => line.includes(' sent ')));
      for (const mark of marks) {
        const entry = world.ledger.entry(mark);
        if (entry) world.ledger.note(entry, `sent in request ${sent.index}`);
      }
      // Halves of what is too large or holds a poison event are repeats in a row, and must be.
      if (!news && !world.counts['413 from the collector'] && !world.ledger.entries.some(({ poison }) => poison)) {
        rules.repeats = [...rules.repeats.filter((time) => world.now() - time < 5_000), world.now()];
        if (rules.repeats.length > 25) bad('request storm', `${rules.repeats.length} repeats in 5 seconds`);
      }
    },

    /** The page is about to hear of it. */
    answered(sent: Sent, outcome: Outcome) {
      fresh = { sent, outcome, at: world.now(), draws: sent.page.draws, requests: world.network.sent() };
    },

    /** The page has heard of it and has done what it does. */
    afterStep() {
      if (!fresh) return;
      const { sent, outcome, at, draws, requests } = fresh;
      fresh = undefined;
      const { page } = sent;
      const rules = of(page);
      const { answer, body } = outcome;
      const status = answer?.status ?? 0;
      if (status !== 200 || body === undefined) rules.disturbed = true;
      if (status >= 401 && status <= 404) {
        rules.refused.add(sent.authorization);
        return;
      }
      if (status === 400 || status === 413) {
        // In halves; alone, it is refused for good if these are the collector's own words.
        if (sent.marks.length > 1 || status === 413 || (body as { error_code?: string } | null)?.error_code) {
          if (sent.marks.length === 1) took(rules);
          return;
        }
      } else if (status === 201) {
        took(rules);
        return;
      } else if (status === 200) {
        let settled = 0;
        let rest = 0;
        for (const list of Object.values((body ?? {}) as object)) {
          for (const result of Array.isArray(list) ? list : []) {
            if (result?.success === true || (typeof result?.error?.name === 'string' && FINAL.test(result.error.name)))
              settled++;
            else rest++;
          }
        }
        if (rest) rules.disturbed = true;
        if (settled) {
          took(rules);
          return;
        }
      } else if (!status && sent.keepalive && world.network.sent() > requests) {
        // Again without keepalive, at once.
        return;
      }
      // What it would have tried again is too old by now, or purged.
      if (!status && sent.keepalive && page.draws === draws) return;
      if (rules.closed) return;
      const wait = asked(answer?.retryAfter);
      rules.failures++;
      rules.asked ||= !!answer?.retryAfter;
      if (!wait && page.draws === draws)
        world.violation('no jitter', `page ${page.id} took no chance after request ${sent.index}`);
      // A success before it counts from when what was taken is deleted, which a slow store may do any time later.
      const failures = world.disk.busy(page) || page.requests.size ? 1 : rules.failures;
      const backoff = (after: number) => wait || page.draw * Math.min(CEILING, FIRST * 2 ** (after - 1));
      rules.notBefore = Math.max(rules.notBefore, at + backoff(failures));
      rules.due = Math.max(rules.notBefore, at + backoff(rules.failures));
      rules.waitsUntil = Math.max(rules.waitsUntil, rules.notBefore);
    },
  };
}
