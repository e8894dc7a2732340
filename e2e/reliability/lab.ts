import type { Problem } from '../../src/types.ts';
import type { Collector } from '../fixtures/collector.ts';
import type { Faults } from '../fixtures/faults.ts';
import { temporaryFolder } from '../fixtures/paths.ts';
import { html, type Site } from '../fixtures/site.ts';
import {
  type Delivery,
  deliveries,
  makeTrackerPage,
  type TrackerPageOptions,
  untilQuiet,
} from '../fixtures/tracker-page.ts';
import { until } from '../fixtures/until.ts';
import type { Browser, Engine, Tab, Visit } from './engines/engine.ts';
import { stepsScript, tellingScript, tellProblems, toldTo } from './steps.ts';

/** Nothing is sent because some time has passed. */
export const never = 3_600_000;

export type PageOptions = Pick<TrackerPageOptions, 'options' | 'setup' | 'early' | 'head' | 'body' | 'path'> & {
  /** Code that the page runs by itself; see `stepsScript`. */
  steps?: string;
};

/** What a row works with: a browser, a site, and the collector behind a line with faults. */
export interface Lab {
  readonly engine: Engine;
  readonly browser: Browser;
  readonly collector: Collector;
  readonly faults: Faults;
  readonly site: Site;
  /** Whether this is the whole run; `npm test` has only a share of it. */
  readonly whole: boolean;
  /** A profile for `engine.visit()`. */
  readonly profile: string;
  /** How often to repeat: that often in Chromium in the whole run, less in the slower ones and in `npm test`. */
  times(chromium: number): number[];
  /** For the head of a page of the row's own; see `tellingScript`. */
  readonly telling: string;
  /** Takes numbers for events that are to be tracked; the first of them. An event's number is its `n`. */
  numbers(count: number): number;
  /** From now on none of these may be lost: `track()` was called and its microtask ran, or its promise resolved. */
  accept(from: number, count: number): void;
  /** Puts a page with a tracker on the site, by turns as script tag and as import; its URL. */
  page(options?: PageOptions): string;
  /** Puts a page without a tracker there, which tells `arrived` each time that it is shown; its URL. */
  plain(path: string): string;
  /** Goes there in a new tab and waits until the tracker has opened its database and looked for a backlog. */
  open(url: string): Promise<Tab>;
  /** Tracks in one task of the page; resolves when its microtasks have run. */
  track(tab: Tab, count: number): Promise<void>;
  /** What pages told about themselves. */
  told(what: string): unknown[];
  untilTold(what: string, times?: number): Promise<void>;
  /** Goes to a page in the driven browser that sends until nothing waits. */
  settle(): Promise<void>;
  /** The same for a profile that is visited; rows that visit end with it. */
  settleVisited(): Promise<void>;
  /** Says that there is nothing to settle: the row has seen all of its events arrive. */
  finish(): void;
  /** A figure for the table. */
  note(what: string, value: string | number): void;
  readonly notes: readonly string[];
  readonly accepted: ReadonlySet<number>;
  readonly givenUp: number;
  readonly settled: boolean;
}

export interface LabParts extends Pick<Lab, 'engine' | 'collector' | 'faults' | 'site' | 'whole'> {
  browser: Browser | undefined;
}

/** The second function takes the row's tabs and files away. */
export function createLab(parts: LabParts): [Lab, () => Promise<void>] {
  const { site, faults, collector, engine, whole } = parts;
  const telling = tellingScript(site);
  const folder = temporaryFolder();
  const tabs: Tab[] = [];
  const notes: string[] = [];
  const browser = () => {
    if (!parts.browser) throw new Error('the row says that it has no use for a driven browser');
    return parts.browser;
  };
  const accepted = new Set<number>();
  let taken = 0;
  let settled = false;
  let made = 0;

  function page({ options, setup = '', early = '', head = '', body = '', steps, path }: PageOptions = {}) {
    const count = made++;
    const delivery: Delivery = deliveries[count % deliveries.length]!;
    return makeTrackerPage(site, collector, {
      delivery,
      path: path ?? `/${count}.html`,
      options: { endpoint: faults.url, flushInterval: never, ...options },
      setup: tellProblems.setup + setup,
      early: tellProblems.early + early,
      head: telling + head,
      body: body + (steps === undefined ? '' : stepsScript(site, `/${count}.steps.js`, steps)),
    });
  }

  function plain(path: string) {
    site.file('/arrived.js', {
      body: `addEventListener('pageshow', ({ persisted }) => told('arrived', { persisted }));`,
    });
    return site.page(path, html({ head: `${telling}<script src="/arrived.js"></script>` }));
  }

  const told = (what: string) => toldTo(site).flatMap((one) => (one.what === what ? [one.value] : []));
  const untilTold = async (what: string, times = 1) =>
    void (await until(`pages to tell "${what}" ${times} times`, () => told(what).length >= times, 90_000));

  async function open(url: string) {
    const tab = await browser().open(url);
    tabs.push(tab);
    await tab.evaluate(untilStarted, undefined);
    await tab.evaluate(untilQuiet, undefined);
    return tab;
  }

  const numbers = (count: number) => (taken += count) - count;
  const accept = (from: number, count: number) => {
    for (let n = from; n < from + count; n++) accepted.add(n);
  };

  const settlePage = () =>
    page({
      steps: `
        for (;;) {
          await tracker.flush();
          if (!(await tracker.pending())) break;
          await pause(50);
        }
        told('settled');`,
    });

  async function closeTabs() {
    for (const tab of tabs.splice(0)) await tab.close().catch(() => {});
  }

  const lab: Lab = {
    ...parts,
    get browser() {
      return browser();
    },
    profile: folder.path,
    times(chromium) {
      const slower = engine.name === 'chromium' ? 1 : 2;
      return Array.from({ length: Math.ceil(chromium / slower / (whole ? slower : 10)) }, (_, time) => time);
    },
    telling,
    numbers,
    accept,
    page,
    plain,
    open,
    async track(tab, count) {
      const from = numbers(count);
      await tab.evaluate(trackEvents, { from, count });
      accept(from, count);
    },
    told,
    untilTold,
    async settle() {
      await closeTabs();
      const before = told('settled').length;
      tabs.push(await browser().open(settlePage()));
      await untilTold('settled', before + 1);
      await closeTabs();
      settled = true;
    },
    async settleVisited() {
      const visit: Visit = await engine.visit(folder.path, settlePage());
      await untilTold('settled');
      visit.aim();
      await visit.kill();
      settled = true;
    },
    finish: () => void (settled = true),
    note: (what, value) => void notes.push(`${what} ${value}`),
    notes,
    accepted,
    get givenUp() {
      return (told('problem') as Problem[]).reduce((sum, { count }) => sum + count, 0);
    },
    get settled() {
      return settled;
    },
  };
  const close = async () => {
    await closeTabs();
    folder.remove();
  };
  return [lab, close];
}

/** In the page. */
async function untilStarted() {
  const page = window as unknown as { tracker?: unknown; mailslot?: { flush?: unknown } };
  while (!page.tracker || (page.mailslot && !page.mailslot.flush)) await new Promise((done) => setTimeout(done, 10));
}

/** In the page. */
function trackEvents({ from, count }: { from: number; count: number }) {
  for (let n = from; n < from + count; n++)
    void window.tracker.track('visits', { n, page: 'home', title: 'The shop of a stationer' });
}
