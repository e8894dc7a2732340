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
  /** What the pages have shown on their consoles as a warning or an error, and errors that nobody caught. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** What the visits of a row have found so far: the events of each collection, and how many of those expected came. */
export interface Tally {
  seen: Record<string, number>;
  tracked: number;
  stored: number;
}

/** Opens a visit; the browser and the server belong to the caller. */
export function openVisit(parts: {
  project: Project;
  collector: Collector;
  browser: Browser;
  server: Server | undefined;
  tally: Tally;
}): OpenVisit {
  const { project, collector, browser, server, tally } = parts;
  const problems: string[] = [];
  let context: BrowserContext | undefined;

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
    async open(path) {
      if (!server) throw new Error('the row has no site');
      context ??= await browser.newContext();
      const page = await context.newPage();
      watch(page);
      await page.goto(server.url + path);
      return page;
    },
    async expectEvents(collections) {
      const before = tally.stored;
      const expected = Object.values(collections).flat().length;
      tally.tracked += expected;
      /** Counts the further events, and keeps the sum in the tally. */
      const count = async () => {
        const counts = await Promise.all(
          Object.keys(collections).map(async (name) => (await collector.count(name)) - (tally.seen[name] ?? 0)),
        );
        const sum = counts.reduce((total, one) => total + one, 0);
        tally.stored = before + sum;
        return sum;
      };
      await until(`${expected} events`, async () => (await count()) >= expected, EVENTS_TIMEOUT_MS).catch((error) => {
        throw new Error([`${error.message}; there are ${tally.stored - before}`, ...problems].join('\n'));
      });
      // A page that ends sends what it has left: an event too many, if there is one, has come by then.
      await context?.close();
      context = undefined;
      await count();
      for (const [name, events] of Object.entries(collections)) {
        const stored = (await collector.events(name)).sort((a, b) => a.keen.timestamp.localeCompare(b.keen.timestamp));
        const further = stored.slice(tally.seen[name] ?? 0);
        tally.seen[name] = stored.length;
        const members = further.map((event, index) =>
          Object.fromEntries(Object.keys(events[index] ?? event).map((key) => [key, event[key]])),
        );
        deepEqual(members, events, `the events of ${name}: ${JSON.stringify(members)}`);
      }
    },
    async close() {
      await context?.close();
    },
  };
}
