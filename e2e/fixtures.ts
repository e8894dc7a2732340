import { type Page, expect } from 'playwright/test';
import { type BrowserProcess, startBrowserProcess } from './fixtures/browser-process.ts';
import type { Collector } from './fixtures/collector.ts';
import type { Faults } from './fixtures/faults.ts';
import { withServers } from './fixtures/servers.ts';
import type { Site } from './fixtures/site.ts';
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
export const test = withServers.extend<Fixtures>({
  delivery: ['script', { option: true }],
  browserFlags: [[], { option: true }],

  // Whatever a test does to a tracker, no error and no rejection may reach the host page. Only set-up throws, and only these.
  nothingEscapes: [
    async ({ context }, use) => {
      const escaped: string[] = [];
      context.on('weberror', (webError) => escaped.push(String(webError.error())));
      await use();
      expect(escaped.filter((error) => !/^KeyError|must match/.test(error))).toEqual([]);
    },
    { auto: true },
  ],

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
