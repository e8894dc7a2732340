import { until } from '../../scripts/testing/until.ts';
import type { Tab } from './engines/engine.ts';

/** Flushes, and waits for the end of the flush. */
export const flush = (tab: Tab) => tab.evaluate(() => window.tracker.flush(), undefined);

/** Starts a flush without waiting for its end. */
export const startFlush = (tab: Tab) => tab.evaluate(() => void window.tracker.flush(), undefined);

/** How many events wait. Resolves when the store has finished all earlier work. */
export const pending = (tab: Tab) => tab.evaluate(() => window.tracker.pending(), undefined);

/**
 * Milliseconds between two questions to a page about its store, each of which reads all keys: a hundred a second make
 * garbage that Chromium then collects in tasks of 50 ms, which are not the tracker's.
 */
export const STORE_POLL_MS = 500;

/** Waits until the tab has no events any more, without a flush: the tracker must send them on its own. */
export const untilSent = (tab: Tab, timeout: number) =>
  until('the page to send its events', async () => !(await pending(tab)), timeout, STORE_POLL_MS);

/** Flushes until no event is kept. */
export const flushAll = (tab: Tab) => until('all events to be sent', async () => !(await flush(tab)).kept, 60_000);
