import { test as base, type Page } from 'playwright/test';
import { type BrowserProcess, startBrowserProcess } from './fixtures/browser-process.ts';
import { type Collector, startCollector } from './fixtures/collector.ts';
import { type Faults, startFaults } from './fixtures/faults.ts';
import { type Site, startSite } from './fixtures/site.ts';
import {
  type Delivery,
  type TrackerPage,
  type TrackerPageOptions,
  deliveries,
  makeTrackerPage,
  openTrackerPage,
} from './fixtures/tracker-page.ts';

export { expect } from 'playwright/test';
export { type Fault, lostAnswer, lostRequest } from './fixtures/faults.ts';
export { keepProblems } from './fixtures/keep-problems.ts';
export { type SentEvent, sentEvents } from './fixtures/sent-events.ts';
export { html } from './fixtures/site.ts';
export { until } from './fixtures/until.ts';
export type { BrowserProcess, Collector, Delivery, Faults, Site, TrackerPage };

type PageOptions = Omit<TrackerPageOptions, 'delivery'>;
export type OpenTracker = (page: Page, options?: PageOptions) => Promise<TrackerPage>;

interface Fixtures {
  /** How `openTracker` and `makeTracker` deliver mailslot. @default 'script' */
  delivery: Delivery;
  /** More flags for `browserProcess`. */
  browserFlags: string[];
  /** More variables of the collector's environment. */
  collectorSettings: Record<string, string>;
  /** The real collector. */
  collector: Collector;
  /** A proxy in front of it. */
  faults: Faults;
  /** A site that serves the built package and a test's pages. */
  site: Site;
  /** Puts a page with a tracker on the site and goes there. */
  openTracker: OpenTracker;
  /** Only puts it there; its URL. */
  makeTracker: (options?: PageOptions) => string;
  /** A Chromium that can be killed and started again on its profile. */
  browserProcess: BrowserProcess;
  /** Runs by itself in every test. */
  nothingEscapes: void;
}

/** Playwright's `test`, with a collector, a site and what can go wrong between them. A fixture that a test does not name is not started. */
export const test = base.extend<Fixtures>({
  delivery: ['script', { option: true }],
  browserFlags: [[], { option: true }],
  collectorSettings: [{}, { option: true }],

  // Whatever a test does to a tracker, no error and no rejection may reach the host page. Only set-up throws, and only these.
  nothingEscapes: [
    async ({ context }, use) => {
      const escaped: string[] = [];
      context.on('weberror', (webError) => escaped.push(String(webError.error())));
      await use();
      base.expect(escaped.filter((error) => !/^KeyError|must match/.test(error))).toEqual([]);
    },
    { auto: true },
  ],

  collector: async ({ collectorSettings }, use, testInfo) => {
    const [collector, close] = await startCollector(collectorSettings);
    try {
      await use(collector);
    } finally {
      await close();
      // Its log holds no key, so it may be shown.
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('collector', { body: collector.output, contentType: 'text/plain' });
      }
    }
  },

  faults: async ({ collector }, use) => {
    const [faults, close] = await startFaults(() => collector.url);
    try {
      await use(faults);
    } finally {
      await close();
    }
  },

  site: async ({}, use) => {
    const [site, close] = await startSite();
    try {
      await use(site);
    } finally {
      await close();
    }
  },

  makeTracker: async ({ site, collector, delivery }, use) => {
    await use((options) => makeTrackerPage(site, collector, { ...options, delivery }));
  },

  openTracker: async ({ site, collector, delivery }, use) => {
    await use((page, options) => openTrackerPage(page, site, collector, { ...options, delivery }));
  },

  browserProcess: async ({ browserFlags }, use) => {
    const [browserProcess, close] = await startBrowserProcess(browserFlags);
    try {
      await use(browserProcess);
    } finally {
      await close();
    }
  },
});

/** Defines tests twice: for the script tag and for the npm import. */
export function inBothDeliveries(define: (delivery: Delivery) => void): void {
  for (const delivery of deliveries) {
    test.describe(delivery, () => {
      test.use({ delivery });
      define(delivery);
    });
  }
}
