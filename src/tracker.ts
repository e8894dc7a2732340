// biome-ignore-all assist/source/organizeImports: the order of the modules in a bundle changes its compressed size
import { check, checkOptions } from './options.ts';
import { isDenied, isGranted } from './consent.ts';
import { watchLifecycle } from './lifecycle.ts';
import { createEncoder } from './event.ts';
import { createDelivery, type Trace, type Watcher } from './delivery.ts';
import { createOutbox, type Report } from './outbox.ts';
import { checkKey } from './key.ts';
import type {
  AnyEvents,
  AnyKey,
  CheckedKey,
  DropReason,
  EventMap,
  Hooks,
  MislabelledLiteral,
  Problem,
  ProblemCode,
  RefusedKey,
  Tracker,
  TrackerOptions,
} from './types.ts';

/**
 * Creates a tracker: it takes events and keeps them until the collector has acknowledged them. It cannot read anything
 * back. On a server (neither `document` nor `indexedDB`) it checks its options and drops all events.
 *
 * @throws KeyError if the key is not a Write key, or an option has the name of another class of key
 * @throws TypeError if an option is invalid
 * @example
 * const tracker = createTracker<{ purchases: { item: string; price: number } }>({ projectId: '…', writeKey: 'write_…'
 * }); tracker.track('purchases', { item: 'stamp', price: 1.2 });
 */
// TypeScript infers the literal type of the key only if there is no type argument. With an event map, a mislabelled
// literal changes the return type instead, to one without `track()`. A key of type `any`, as environments have it, fits
// everything, so it comes first.
export function createTracker<Events extends EventMap<Events> = AnyEvents>(
  options: TrackerOptions<AnyKey>,
): Tracker<Events>;
export function createTracker<Events extends EventMap<Events> = never>(
  options: [Events] extends [never] ? never : TrackerOptions<MislabelledLiteral>,
): RefusedKey;
export function createTracker<Events extends EventMap<Events> = AnyEvents, const Key = unknown>(
  options: TrackerOptions<unknown extends Key ? TrackerOptions['writeKey'] : CheckedKey<Key>>,
): Tracker<Events>;
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
export function createTracker(options: TrackerOptions<any>): Tracker | RefusedKey {
  const settings = checkOptions(options);
  const name = 'mailslot:' + settings.projectId;
  let delivered = 0;
  let givenUp = 0;
  /** Why no events are taken any more, whatever the consent. A worker has no document, but what a tracker needs. */
  let closed: DropReason | undefined = settings.enabled
    ? globalThis.document || globalThis.indexedDB
      ? undefined
      : 'server'
    : 'disabled';
  /** There is no queue. */
  const isOff = closed;
  /** Why events are dropped, once it has been reported. A tracker that is denied can close, but not the reverse. */
  let reportedReason: DropReason | undefined;

  /** The problem that the site's handlers are told at the moment. */
  let reporting: ProblemCode | undefined;

  /** The options' hooks, then those of `use()`. Replaced and never changed, because a hook can add or remove hooks. */
  let hooks: readonly (Hooks & Watcher)[] = [settings];

  /** The console shows only what neither the site nor its visitor has chosen. */
  const warn = (problem: Problem) => /^(se|d)/.test(problem.code) || console.warn('mailslot:', problem);
  const report: Report = (code, count, detail) => {
    givenUp += count;
    // A handler that tracks an invalid event would be called for ever.
    if (reporting) return;
    reporting = code;
    // Own properties only.
    const { status } = { __proto__: null, ...detail } as { status?: number };
    const hasHandler = hooks.some(({ onError }) => onError);
    (hasHandler ? hooks : [{ onError: warn }]).forEach(async ({ onError }) => {
      try {
        await onError?.({ code, count, ...detail, ...(status && { host: settings.endpoint.split('/')[2] }) });
      } catch {
        // An error of the site's own handler, asynchronous or not, must not reach the page through the tracker.
      }
    });
    reporting = undefined;
  };

  const trace: Trace = (step, entries, result: any) => hooks.forEach((watcher) => watcher[step]?.(entries, result));

  const encode = createEncoder(() => hooks);
  const outbox = createOutbox(name, settings, report, () => applyConsent());
  const delivery = createDelivery(
    name,
    settings,
    outbox,
    // mutant: consent to send
    () => !closed && isGranted(settings),
    report,
    () => delivered++,
    trace,
  );

  /** Applies the current consent to events already queued: saves and sends them, or purges them. */
  const applyConsent = async () => {
    // A tracker that was closed has left its queue for the next page.
    if (isDenied(settings)) isOff || (await outbox._clear());
    else if (!closed && isGranted(settings)) {
      await outbox._save();
      delivery._schedule();
    }
  };

  const show = (isOnline?: boolean) => {
    if (isOnline) delivery._resume();
    applyConsent();
  };

  let stopWatching: () => void;
  if (!closed) {
    stopWatching = watchLifecycle(delivery._leave, show);
    // Opens the database now, so that the first event does not wait for it. Earlier visits' events wait until the page
    // is idle.
    if (isGranted(settings)) outbox._save();
  }

  return {
    track(collection: string, event: object, time?: number) {
      try {
        const reason = closed ?? (isDenied(settings) && 'denied');
        if (!reason) {
          // The queue is full: an event about an eviction would evict the next one.
          // Only the script tag passes a time. The page can pass what an emitter or a list gives its callbacks.
          const entry = reporting !== 'evicted' && encode(collection, event, time! > 1e12 ? time : undefined);
          if (entry) {
            delivery._schedule(settings.flushInterval);
            const outcome = outbox._add(entry);
            trace('onTaken', [entry], outcome);
            return outcome;
          }
        } else if (reason !== reportedReason) report((reportedReason = reason), 1);
      } catch (error) {
        report('invalid_event', 1, { collection, error });
      }
      return Promise.resolve('dropped');
    },

    async flush() {
      const deliveredBefore = delivered;
      const givenUpBefore = givenUp;
      await delivery._drain(true);
      return { delivered: delivered - deliveredBefore, kept: await outbox._trim(), givenUp: givenUp - givenUpBefore };
    },

    setWriteKey(next) {
      settings.writeKey = checkKey(next, settings.projectId);
      delivery._resume(true);
    },

    async setConsent(next) {
      // A missing state must throw, not fall back to `granted`.
      settings.consent = check('consent', next ?? 0);
      await applyConsent();
    },

    use(added) {
      added = { __proto__: null, ...added } as Hooks;
      hooks = hooks.concat(added);
      return () => {
        hooks = hooks.filter((other) => other !== added);
      };
    },

    pending: outbox._trim,

    async close() {
      if (closed) return;
      delivery._leave(true);
      closed = 'closed';
      stopWatching();
      await outbox._save();
    },
  };
}
