import type { Page } from './page.ts';
import type { World } from './world.ts';

/** One tracked event and its history. */
export interface Entry {
  /** Number of the event in this run; its text is in the event as `<mark>`. */
  mark: number;
  page: Page;
  collection: string;
  /** The true time of `track()`. */
  at: number;
  /** The wall clock before `track()`. */
  wall: number;
  /** The earliest time that its id can have: each id of a page is later than the page and the id before. */
  idTime: number;
  /** The latest time that its id can have: the wall clock after `track()`, or later than the id before. */
  made: number;
  /** The collector refuses it for good: `event` alone, `batch` with its whole request. */
  poison?: 'event' | 'batch' | undefined;
  /** What `track()` resolved with. */
  outcome?: string;
  /** The page had started its write, and the store was healthy: a crash of the page must not lose it. */
  accepted: boolean;
  /** It is on disk, or was deleted record by record; false again if the whole database was deleted. */
  committed: boolean;
  /** Who deleted its record, if it has none now. */
  removedBy?: Page | 'visitor' | undefined;
  /** The whole database was deleted since it was committed. */
  wiped: boolean;
  /** How often the collector has counted it. */
  counted: number;
  /** Why the collector may never count it. */
  excuse?: string;
  history: string[];
}

/** All tracked events: what was promised for each, and what happened to it. */
export interface Ledger {
  entries: readonly Entry[];
  entry(mark: number): Entry | undefined;
  /** Adds a line to an event's history. */
  note(entry: Entry, text: string): void;
  create(page: Page, collection: string, poison?: Entry['poison']): Entry;
  /**
   * The database was deleted with this event: consent was withdrawn, here or in another tab, or the visitor cleared the
   * data.
   */
  wiped(entry: Entry): void;
  /** The store fails: an event that is not on disk yet may not get there. */
  storeFails(): void;
  storeHasFailed(): boolean;
  /** The page is gone, by its own crash or the browser's: events that only its memory has may go with it. */
  pageGone(page: Page, browserCrashed: boolean): void;
}

/** Why the tracker took no event, and made no id: consent is denied, or the tracker is closed. */
export const UNWANTED = 'nobody wanted it';

export function createLedger(world: World): Ledger {
  const entries: Entry[] = [];
  let storeHasFailed = false;

  const note = (entry: Entry, text: string) => {
    entry.history.push(`${world.now().toFixed(2)} ${text}`);
  };

  return {
    entries,
    note,
    storeHasFailed: () => storeHasFailed,
    entry: (mark) => entries[mark],

    create(page, collection, poison) {
      const wall = world.wall();
      const before = entries.findLast((one) => one.page === page && one.excuse !== UNWANTED);
      const pageTime = Math.floor(page.timeOrigin + world.now() - page.openedAt);
      const entry: Entry = {
        mark: entries.length,
        page,
        collection,
        at: world.now(),
        wall,
        idTime: Math.max(wall, pageTime, (before?.idTime ?? 0) + 1),
        made: Math.max(wall, (before?.made ?? 0) + 1),
        poison,
        accepted: false,
        committed: false,
        wiped: false,
        counted: 0,
        history: [],
      };
      entries.push(entry);
      note(entry, `tracked in page ${page.id}`);
      return entry;
    },

    wiped(entry) {
      entry.wiped = true;
      entry.committed = false;
      // A page that lives still has its own events in memory, unless it had to drop them.
      const { reports, consentChanged } = world.rules.of(entry.page);
      if (!entry.page.alive || consentChanged || reports.evicted || world.settings.maxQueue < 100)
        entry.excuse ??= 'deleted with the database';
    },

    storeFails() {
      storeHasFailed = true;
      for (const entry of entries) {
        if (entry.committed) continue;
        entry.accepted = false;
        if (!entry.page.alive) entry.excuse ??= 'not on disk when the store failed';
      }
    },

    pageGone(page, browserCrashed) {
      for (const entry of entries) {
        if (entry.page !== page) continue;
        const promised = entry.outcome === 'stored' || (entry.accepted && !browserCrashed);
        const kept = entry.committed || (promised && !entry.wiped);
        if (!kept) entry.excuse ??= 'only in memory, lost with its page';
      }
    },
  };
}
