import { createDrain } from './delivery.ts';
import { createItems } from './event.ts';
import { checkKey } from './key.ts';
import { check, checkOptions } from './options.ts';
import { watchPage } from './lifecycle.ts';
import { createQueue, type Report } from './outbox.ts';
import type {
  AnyEvents,
  CheckedKey,
  Consent,
  EventMap,
  MislabelledLiteral,
  RefusedKey,
  Tracker,
  TrackerOptions,
} from './types.ts';

/**
 * Starts a tracker: it takes events, keeps them until the collector has acknowledged them, and can do nothing else.
 * On a server (no `document`) it checks its options the same way, takes events and drops them.
 *
 * @throws KeyError for any key that is not a Write key
 * @throws TypeError for an option that cannot work
 * @example
 * const tracker = createTracker<{ purchases: { item: string; price: number } }>({ projectId: '…', writeKey: 'write_…' });
 * tracker.track('purchases', { item: 'stamp', price: 1.2 });
 */
// TypeScript infers a literal's type only where no type argument is given; with an event map given, a mislabelled literal
// is caught by what is returned, which nobody can track with.
export function createTracker<Events extends EventMap<Events> = never>(
  options: [Events] extends [never] ? never : TrackerOptions<MislabelledLiteral>,
): RefusedKey;
export function createTracker<Events extends EventMap<Events> = AnyEvents, const Key = unknown>(
  options: TrackerOptions<unknown extends Key ? TrackerOptions['writeKey'] : CheckedKey<Key>>,
): Tracker<Events>;
export function createTracker(options: TrackerOptions): Tracker | RefusedKey {
  const settings = checkOptions(options);
  const { projectId, flushInterval } = settings;
  const name = 'mailslot:' + projectId;
  let key = checkKey(settings.writeKey, projectId);
  let consent: Consent;
  let delivered = 0;
  let givenUp = 0;
  // On a server there is nobody to track.
  let closed = typeof document === 'undefined';

  const report: Report = (code, count, detail) => {
    givenUp += count;
    try {
      (settings.onError ?? ((problem) => console.warn('mailslot:', problem)))({ code, count, ...detail });
    } catch {
      // The host's own handler failed; a tracker must not add an error to the page.
    }
  };

  /** Nobody has seen a prerendered page. */
  const allowed = () => consent === 'granted' && !(document as { prerendering?: boolean }).prerendering;

  const queue = createQueue(name, settings, allowed, report);
  const [, add, persist, , , , purge, size] = queue;
  const [schedule, drain, hide, resume, stop] = createDrain(
    name,
    `${settings.endpoint.replace(/\/+$/, '')}/3.0/projects/${projectId}/events`,
    settings.maxBatch,
    queue,
    () => `${settings.scheme} ${key}`.trim(),
    allowed,
    report,
    () => delivered++,
  );
  const createItem = createItems(settings);

  /** Makes what is here already follow from what holds now. */
  const apply = async () => {
    if (allowed()) {
      await persist();
      schedule(0);
    } else if (consent === 'denied' && !closed) await purge();
  };

  /** The visitor's own signal beats the site's word. */
  const decide = (next: Consent) => {
    // Nothing is not a state, and must not pass for the default.
    check('consent', next ?? 0);
    consent = closed || (settings.respectGpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl) ? 'denied' : next;
  };

  decide(settings.consent);
  const stopWatching = closed
    ? () => {}
    : watchPage(hide, (online) => {
        if (online) resume();
        apply();
      });
  // Opens the database now, so that the first event does not have to wait for it; the backlog can wait.
  if (allowed()) persist();

  return {
    track(collection, event) {
      try {
        const item = !closed && consent !== 'denied' && createItem(collection, event);
        if (item) {
          schedule(flushInterval);
          return add(item);
        }
      } catch (error) {
        report('invalid_event', 1, { collection, error });
      }
      return Promise.resolve('dropped');
    },

    async flush() {
      const deliveredBefore = delivered;
      const givenUpBefore = givenUp;
      await drain(true);
      return { delivered: delivered - deliveredBefore, kept: await size(), givenUp: givenUp - givenUpBefore };
    },

    setWriteKey(next) {
      key = checkKey(next, projectId);
      resume(true);
    },

    async setConsent(next) {
      decide(next);
      await apply();
    },

    pending: size,

    async close() {
      closed = true;
      hide(true);
      stop();
      stopWatching();
      await persist();
    },
  };
}
