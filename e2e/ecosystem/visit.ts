import { deepEqual } from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright';
import { until } from '../../scripts/testing/until.ts';
import type { Collector } from '../fixtures/collector.ts';
import type { Project } from './project.ts';
import type { Visit } from './row.ts';
import type { Server } from './serve.ts';

const EVENTS_TIMEOUT_MS = 60_000;

/** A visit, with what the row's runner asks at its end. */
export interface OpenVisit extends Visit {
  /** Events that the check has expected, and those of them that the collector had. */
  readonly delivered: { stored: number; tracked: number } | undefined;
  /** What the pages have shown on their consoles as a warning or an error, and errors that nobody caught. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** Opens a visit; the browser and the server belong to the caller. */
export function openVisit(parts: {
  project: Project;
  collector: Collector;
  browser: Browser;
  server: Server | undefined;
}): OpenVisit {
  const { project, collector, browser, server } = parts;
  const problems: string[] = [];
  let context: BrowserContext | undefined;
  let delivered: OpenVisit['delivered'];

  const watch = (page: Page) => {
    page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      if (/^(error|warning|assert)$/.test(message.type())) problems.push(`${message.type()}: ${message.text()}`);
    });
  };

  return {
    project,
    collector,
    problems,
    watch,
    get delivered() {
      return delivered;
    },
    async open(path) {
      if (!server) throw new Error('the row has no site');
      context ??= await browser.newContext();
      const page = await context.newPage();
      watch(page);
      await page.goto(server.url + path);
      return page;
    },
    async expectEvents(collections) {
      const expected = Object.values(collections).flat().length;
      const counts = async () => {
        const found = await Promise.all(Object.keys(collections).map((name) => collector.count(name)));
        return found.reduce((sum, count) => sum + count, 0);
      };
      delivered = { stored: 0, tracked: expected };
      // An error tells more than the time that has passed.
      await until(`${expected} events`, async () => (await counts()) >= expected, EVENTS_TIMEOUT_MS).catch(
        async (error) => {
          delivered = { stored: await counts(), tracked: expected };
          throw new Error([`${error.message}; there are ${delivered.stored}`, ...problems].join('\n'));
        },
      );
      // A page that ends sends what it has left: one event too many, if there is one, has come by then.
      await context?.close();
      context = undefined;
      delivered = { stored: await counts(), tracked: expected };
      for (const [name, events] of Object.entries(collections)) {
        const stored = (await collector.events(name)).sort((a, b) => a.keen.timestamp.localeCompare(b.keen.timestamp));
        const members = stored.map((event, index) =>
          Object.fromEntries(Object.keys(events[index] ?? event).map((key) => [key, event[key]])),
        );
        deepEqual(members, events, `the events of ${name}`);
      }
    },
    async close() {
      await context?.close();
    },
  };
}
