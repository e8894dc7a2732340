import type { Entry } from './ledger.ts';
import type { Page } from './page.ts';
import type { World } from './world.ts';

/** The events that one page can have given up, and how many it has reported. */
interface Account {
  /** Events of other pages that this page has read from the store. */
  loaded: Set<Entry>;
  /** Records that its trims have deleted, including those of transactions that aborted later. */
  trimmed: number;
  /** Events that its memory can have given up, apart from those that its trims deleted. */
  forgotten: Set<Entry>;
  /** Events that the page may have given up, and has read again because they were not deleted yet. */
  reread: number;
  reported: number;
}

export interface Evictions {
  /** The page has read the records of these events. */
  loaded(page: Page, entries: Entry[]): void;
  /** A trim of the page has deleted this many records; the page is told next. */
  trimmed(page: Page, records: number): void;
  /** The page reports `count` events as evicted. */
  reported(page: Page, count: number): void;
}

/**
 * The rule "evicted twice": a page never reports more events as evicted than it can have given up.
 *
 * It gives up each record that one of its trims deletes. It gives up an event in its memory only if no later trim of
 * its own will delete the record: the event is too old, another page has deleted the record, the write may have failed,
 * or the page may not or cannot use the store. Each of these counts once, in this page alone.
 */
export function createEvictions(world: World): Evictions {
  const accounts = new Map<Page, Account>();

  const of = (page: Page): Account => {
    let account = accounts.get(page);
    if (!account) {
      account = { loaded: new Set(), trimmed: 0, forgotten: new Set(), reread: 0, reported: 0 };
      accounts.set(page, account);
    }
    return account;
  };

  const isTooOld = (entry: Entry) => world.wall() - entry.wall >= world.settings.maxAge;

  /** Events may have been too old before, and not be too old now. */
  const { clockWentBack } = world.rules;

  const deletionMayBeLate = () => world.rules.storeMayHaveFailed() || world.ledger.storeHasFailed();

  const isMemoryOnly = (page: Page) => {
    const { consent, reports } = world.rules.of(page);
    // The tracker reports `storage` once for several failures in a row, so after the first report any later one is
    // silent.
    return consent !== 'granted' || page.document.prerendering || reports.storage !== undefined;
  };

  const canForget = (page: Page, entry: Entry) =>
    isTooOld(entry) ||
    clockWentBack() ||
    (entry.removedBy !== undefined && entry.removedBy !== page) ||
    !(entry.committed || entry.accepted);

  return {
    loaded(page, entries) {
      const account = of(page);
      for (const entry of entries) {
        if (entry.page !== page) account.loaded.add(entry);
        if (clockWentBack() || (isTooOld(entry) && deletionMayBeLate())) account.reread++;
      }
    },

    trimmed(page, records) {
      of(page).trimmed += records;
    },

    reported(page, count) {
      const account = of(page);
      const { loaded, forgotten, trimmed, reread } = account;
      const memoryOnly = isMemoryOnly(page);
      for (const entry of [...world.ledger.entries.filter((one) => one.page === page), ...loaded]) {
        if (memoryOnly || canForget(page, entry)) forgotten.add(entry);
      }
      account.reported += count;
      const most = trimmed + forgotten.size + reread;
      if (account.reported > most) {
        world.violation(
          'evicted twice',
          `page ${page.id} has reported ${account.reported} events as evicted and can have given up ${most}: ` +
            `${trimmed} by its trims, ${forgotten.size + reread} from its memory`,
        );
      }
    },
  };
}
