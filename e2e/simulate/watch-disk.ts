import { marksIn } from './collector.ts';
import type { Change, DiskHooks } from './disk-model.ts';
import type { KeyRange } from './key-range.ts';
import type { Entry } from './ledger.ts';
import type { Page } from './page.ts';
import type { World } from './world.ts';

/** Only a trim deletes from the very first key on. */
const isTrim = (range: KeyRange) => range.lower === undefined;

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

  const removed = (page: Page, entry: Entry, trim: boolean) => {
    entry.removedBy = page;
    world.ledger.note(entry, `${trim ? 'trimmed' : 'deleted'} by page ${page.id}`);
    const old = world.wall() - entry.wall >= world.settings.maxAge;
    // It may have been too old, and reported, before the clock was set back; a slow store deletes it later.
    const wasOld = world.counts['clock back'] && world.rules.of(page).reports.evicted;
    const allowed = trim || old || wasOld;
    if (entry.counted || (entry.poison && !allowed)) return;
    if (allowed) givenUp(page, entry);
    else {
      world.violation(
        'deleted too soon',
        `page ${page.id} deleted event ${entry.mark}, which the collector has neither taken nor refused`,
      );
    }
  };

  const apply = (page: Page, change: Change) => {
    if (change.kind === 'put') {
      for (const entry of entriesIn(change.value)) stored(entry);
      return;
    }
    const trim = isTrim(change.range);
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

    erased(client, range, values) {
      if (isTrim(range)) world.evictions.trimmed(client as Page, values.length);
    },

    committed(client, changes) {
      for (const change of changes) apply(client as Page, change);
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
