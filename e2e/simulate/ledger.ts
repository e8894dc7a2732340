import type { Page } from './page.ts';
import type { World } from './world.ts';

/** One tracked event and all that became of it. */
export interface Entry {
  mark: number;
  page: Page;
  collection: string;
  /** The wall clock when it was tracked; another may have been used to make its id, if the clock was set back. */
  wall: number;
  /** The same, when `track()` had returned: its id was made between them. */
  made: number;
  /** What the collector thinks of it: `event` refuses it alone, `batch` the whole request. */
  poison?: 'event' | 'batch' | undefined;
  outcome?: string;
  /** Its write had been asked for, and nothing was wrong with the store: a crash of the page must not take it. */
  accepted: boolean;
  /** It was on disk once. */
  committed: boolean;
  /** Who deleted its record, if it has none now. */
  removedBy?: Page | 'visitor' | undefined;
  /** The whole database was deleted since. */
  wiped: boolean;
  counted: number;
  /** Why it may be missing. */
  excuse?: string;
  history: string[];
}

/** What was promised for each event, and whether it was kept. */
export function createLedger(world: World) {
  const entries: Entry[] = [];
  let storeHasFailed = false;

  const note = (entry: Entry, text: string) => {
    entry.history.push(`${world.now().toFixed(2)} ${text}`);
  };

  return {
    entries,
    note,
    storeHasFailed: () => storeHasFailed,
    entry: (mark: number): Entry | undefined => entries[mark],

    create(page: Page, collection: string, poison?: Entry['poison']): Entry {
      const wall = world.wall();
      const entry: Entry = {
        mark: entries.length,
        page,
        collection,
        wall,
        made: wall,
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

    /** Consent was withdrawn, here or in another tab, or the visitor has cleared the origin's data. */
    wiped(entry: Entry) {
      entry.wiped = true;
      entry.committed = false;
      // A page that lives still has its own in memory, unless it had to let go of them.
      const { reports, wavered } = world.rules.of(entry.page);
      if (!entry.page.alive || wavered || reports.evicted || world.settings.maxQueue < 100)
        entry.excuse ??= 'deleted with the database';
    },

    /** Something goes wrong with the store: what is not on disk yet is no longer sure to get there. */
    storeFails() {
      storeHasFailed = true;
      for (const entry of entries) {
        if (entry.committed) continue;
        entry.accepted = false;
        if (!entry.page.alive) entry.excuse ??= 'not on disk when the store failed';
      }
    },

    /** The page is gone, by a crash of its own or of the whole browser: what it had only in memory may go with it. */
    pageGone(page: Page, browserCrashed: boolean) {
      for (const entry of entries) {
        if (entry.page !== page) continue;
        const promised = entry.outcome === 'stored' || (entry.accepted && !browserCrashed);
        const kept = entry.committed || (promised && !entry.wiped);
        if (!kept) entry.excuse ??= 'only in memory, lost with its page';
      }
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;
