import { marksIn } from './collector.ts';
import type { Change, DiskHooks } from './disk-model.ts';
import type { Entry } from './ledger.ts';
import type { Page } from './page.ts';
import { IMPOSSIBLE_AGE_MS } from './rules.ts';
import type { World } from './world.ts';

/** Keeps the ledger up to date with the disk, and checks what pages write and delete. */
export function watchDisk(world: World): DiskHooks {
  const entriesIn = (value: unknown) =>
    marksIn(JSON.stringify(value) ?? '').flatMap((mark) => world.ledger.entry(mark) ?? []);

  const stored = (entry: Entry) => {
    entry.committed = true;
    entry.wiped = false;
    entry.removedBy = undefined;
    world.ledger.note(entry, 'committed');
  };

  const givenUp = (page: Page, entry: Entry) => {
    // A slow store may write the event again, and then it is deleted again.
    if (!entry.poison && entry.excuse !== 'evicted') world.trimmed.set(page, (world.trimmed.get(page) ?? 0) + 1);
    entry.excuse ??= 'evicted';
  };

  /**
   * An event of the page itself must really be too old, and one of another page must seem so. The events of a page that
   * is over its bound are given up at any age.
   */
  const checkTrim = (page: Page, entry: Entry) => {
    if (world.settings.maxQueue < 100) return;
    const realAge = world.now() - entry.at;
    const pageTime = (of: Page, at: number) => of.timeOrigin + at - of.openedAt;
    const age = entry.page === page ? realAge : pageTime(page, world.now()) - entry.idTime;
    const wallAge = world.wall() - entry.idTime;
    if (age < world.settings.maxAge || Math.min(age, wallAge) > IMPOSSIBLE_AGE_MS)
      world.violation(
        'evicted too soon',
        `page ${page.id} gave up event ${entry.mark} of page ${entry.page.id}, which is ${realAge.toFixed(0)} ms old`,
      );
  };

  const removed = (page: Page, entry: Entry, trim: boolean) => {
    entry.removedBy = page;
    world.ledger.note(entry, `${trim ? 'trimmed' : 'deleted'} by page ${page.id}`);
    const old = world.wall() - entry.wall >= world.settings.maxAge;
    // It may have been too old, and reported, before the clock was set back; a slow store deletes it later.
    const wasOld = world.rules.clockWentBack() && world.rules.of(page).reports.evicted;
    const allowed = trim || old || wasOld;
    if (entry.counted || (entry.poison && !allowed)) return;
    if (trim) checkTrim(page, entry);
    if (allowed) givenUp(page, entry);
    else {
      world.violation(
        'deleted too soon',
        `page ${page.id} deleted event ${entry.mark}, which the collector has neither taken nor refused`,
      );
    }
  };

  const apply = (page: Page, trim: boolean, change: Change) => {
    if (change.kind === 'put') {
      for (const entry of entriesIn(change.value)) stored(entry);
      return;
    }
    const entries = change.values.flatMap(entriesIn);
    for (const entry of entries) removed(page, entry, trim);
    if (change.values.length) world.trace(page, `${trim ? 'trims' : 'deletes'} ${entries.map(({ mark }) => mark)}`);
  };

  return {
    fault: (name) => world.count(`store: ${name}`),

    put(client, value) {
      const page = client as Page;
      const rules = world.rules.of(page);
      for (const entry of entriesIn(value)) {
        if (rules.consent !== 'granted' || page.document.prerendering) {
          world.violation(
            'stored without consent',
            `page ${page.id} put event ${entry.mark} while consent is ${rules.consent}`,
          );
        }
        if (entry.page === page && entry.mark < rules.purgedBelow)
          world.violation('purged event stored', `page ${page.id} put event ${entry.mark} again`);
      }
    },

    read: (client, values) => world.evictions.loaded(client as Page, values.flatMap(entriesIn)),

    erased(client, isTrim, values) {
      if (isTrim) world.evictions.trimmed(client as Page, values.length);
    },

    committed(client, isTrim, changes) {
      for (const change of changes) apply(client as Page, isTrim, change);
    },

    deleted(client, values) {
      for (const entry of values.flatMap(entriesIn)) {
        entry.removedBy = (client as Page | undefined) ?? 'visitor';
        world.ledger.note(entry, 'deleted with the database');
        world.ledger.wiped(entry);
      }
    },
  };
}
