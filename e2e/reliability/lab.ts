import { until } from '../../scripts/testing/until.ts';
import type { Problem } from '../../src/types.ts';
import type { ClusterCollector, Recorder } from '../fixtures/cluster-collector.ts';
import type { Collector } from '../fixtures/collector.ts';
import type { Faults } from '../fixtures/faults.ts';
import { NO_FLUSH_MS } from '../fixtures/page-actions.ts';
import { temporaryFolder } from '../fixtures/paths.ts';
import { html, type Site } from '../fixtures/site.ts';
import {
  type Delivery,
  deliveries,
  makeTrackerPage,
  type TrackerPageOptions,
  untilQuiet,
} from '../fixtures/tracker-page.ts';
import type { Browser, Engine, Tab, Visit } from './engines/engine.ts';
import { reportingScript, reportProblems, reportsTo, stepsScript } from './steps.ts';

const REPORT_TIMEOUT_MS = 90_000;

export type PageOptions = Pick<TrackerPageOptions, 'options' | 'setup' | 'early' | 'head' | 'body' | 'path'> & {
  /** Code that the page runs on its own; see `stepsScript`. */
  steps?: string;
};

/** The tools of a row: a browser, a site, and the collector behind a proxy with faults. */
export interface Lab {
  readonly engine: Engine;
  readonly browser: Browser;
  readonly collector: Collector;
  /** Of a row with `onCluster`. */
  readonly cluster: ClusterCollector | undefined;
  /** What the pages send to: the cluster if there is one, else the collector. */
  readonly recorder: Recorder;
  readonly faults: Faults;
  readonly site: Site;
  /** Whether this is the whole run; `npm test` runs a part of it with fewer events. */
  readonly whole: boolean;
  /** A profile for `engine.visit()`. */
  readonly profile: string;
  /**
   * Indexes of the repetitions: `chromium` of them in Chromium in the whole run, fewer in slower engines and in `npm
   * test`.
   */
  times(chromium: number): number[];
  /** For the head of a row's own page; see `reportingScript`. */
  readonly reporting: string;
  /** Takes numbers for events to be tracked; the first of them. An event's number is its `n`. */
  numbers(count: number): number;
  /** These events must not be lost from now on: `track()` was called and its microtask ran, or its promise resolved. */
  accept(from: number, count: number): void;
  /** Puts a page with a tracker on the site, in turns with the script tag and with the import; its URL. */
  page(options?: PageOptions): string;
  /** Puts a page without a tracker there, which reports `arrived` each time that it is shown; its URL. */
  plain(path: string): string;
  /** Opens a new tab, and waits until its tracker has opened the database and looked for a backlog. */
  open(url: string): Promise<Tab>;
  /** Tracks events in one task of the page, and waits until its microtasks have run. */
  track(tab: Tab, count: number): Promise<void>;
  /** The values that pages have reported under this name. */
  reports(what: string): unknown[];
  untilReported(what: string, times?: number): Promise<void>;
  /** Opens a page in the driven browser that sends until no event waits. */
  settle(): Promise<void>;
  /** The same on the profile of the visits; a row with visits ends with it. */
  settleVisited(): Promise<void>;
  /** The row needs no settling, because it has seen all of its events arrive. */
  finish(): void;
  /** Adds a figure to the table. */
  note(what: string, value: string | number): void;
  readonly notes: readonly string[];
  readonly accepted: ReadonlySet<number>;
  /** How many events the trackers have reported as given up. */
  readonly givenUp: number;
  readonly settled: boolean;
  /** Closes the row's tabs and removes its files. */
  close(): Promise<void>;
}

export interface LabParts extends Pick<Lab, 'engine' | 'collector' | 'cluster' | 'faults' | 'site' | 'whole'> {
  browser: Browser | undefined;
}

/** Steps of a page that sends until no event waits. */
const SETTLE = `
  for (;;) {
    await tracker.flush();
    if (!(await tracker.pending())) break;
    await pause(50);
  }
  report('settled');`;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createLab(parts: LabParts): Lab {
  const { site, faults, engine, whole } = parts;
  const recorder = parts.cluster ?? parts.collector;
  const reporting = reportingScript(site);
  const folder = temporaryFolder();
  const tabs: Tab[] = [];
  const notes: string[] = [];
  const browser = () => {
    if (!parts.browser) throw new Error('this row has no driven browser');
    return parts.browser;
  };
  const accepted = new Set<number>();
  let nextNumber = 0;
  let settled = false;
  let pages = 0;

  function page({ options, setup = '', early = '', head = '', body = '', steps, path }: PageOptions = {}) {
    const count = pages++;
    const delivery: Delivery = deliveries[count % deliveries.length]!;
    return makeTrackerPage(site, recorder, {
      delivery,
      path: path ?? `/${count}.html`,
      options: { endpoint: faults.url, flushInterval: NO_FLUSH_MS, ...options },
      setup: reportProblems.setup + setup,
      early: reportProblems.early + early,
      head: reporting + head,
      body: body + (steps === undefined ? '' : stepsScript(site, `/${count}.steps.js`, steps)),
    });
  }

  function plain(path: string) {
    site.file('/arrived.js', {
      body: `addEventListener('pageshow', ({ persisted }) => report('arrived', { persisted }));`,
    });
    return site.page(path, html({ head: `${reporting}<script src="/arrived.js"></script>` }));
  }

  const reports = (what: string) => reportsTo(site).flatMap((one) => (one.what === what ? [one.value] : []));
  const untilReported = async (what: string, times = 1) =>
    void (await until(
      `pages to report "${what}" ${times} times`,
      () => reports(what).length >= times,
      REPORT_TIMEOUT_MS,
    ));

  async function open(url: string) {
    const tab = await browser().open(url);
    tabs.push(tab);
    await tab.evaluate(untilStarted, undefined);
    await tab.evaluate(untilQuiet, undefined);
    return tab;
  }

  const numbers = (count: number) => (nextNumber += count) - count;
  const accept = (from: number, count: number) => {
    for (let n = from; n < from + count; n++) accepted.add(n);
  };

  async function closeTabs() {
    for (const tab of tabs.splice(0)) await tab.close().catch(() => {});
  }

  return {
    ...parts,
    recorder,
    get browser() {
      return browser();
    },
    profile: folder.path,
    times(chromium) {
      const slower = engine.name === 'chromium' ? 1 : 2;
      return Array.from({ length: Math.ceil(chromium / slower / (whole ? slower : 10)) }, (_, time) => time);
    },
    reporting,
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
    reports,
    untilReported,
    async settle() {
      await closeTabs();
      const before = reports('settled').length;
      tabs.push(await browser().open(page({ steps: SETTLE })));
      await untilReported('settled', before + 1);
      await closeTabs();
      settled = true;
    },
    async settleVisited() {
      const visit: Visit = await engine.visit(folder.path, page({ steps: SETTLE }));
      await untilReported('settled');
      visit.findProcesses();
      await visit.kill();
      settled = true;
    },
    finish: () => void (settled = true),
    note: (what, value) => void notes.push(`${what} ${value}`),
    notes,
    accepted,
    get givenUp() {
      return (reports('problem') as Problem[]).reduce((sum, { count }) => sum + count, 0);
    },
    get settled() {
      return settled;
    },
    async close() {
      await closeTabs();
      folder.remove();
    },
  };
}

/** Runs in the page: resolves when the tracker has started. */
async function untilStarted() {
  const page = window as unknown as { tracker?: unknown; mailslot?: { t?: unknown } };
  while (!page.tracker || (page.mailslot && !page.mailslot.t)) await new Promise((done) => setTimeout(done, 10));
}

/** Runs in the page: tracks events in one task. */
function trackEvents({ from, count }: { from: number; count: number }) {
  for (let n = from; n < from + count; n++)
    void window.tracker.track('visits', { n, page: 'home', title: 'The shop of a stationer' });
}
