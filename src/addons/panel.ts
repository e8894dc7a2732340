import type { Steps } from './debug.ts';
import { describeAnswer } from './panel/describe-answer.ts';
import { openExchangeLog } from './panel/exchange-log.ts';
import { peekQueue } from './panel/peek-queue.ts';
import { createView } from './panel/view.ts';
import { hasPage, type Stop, type Target } from './target.ts';

/** A tracker of mailslot. */
export interface PanelTarget extends Target {
  use(hooks: any): () => void;
  /** The number of events in the queue. */
  pending(): PromiseLike<number>;
}

export interface PanelOptions {
  /** The project whose queue is shown. @default that of the script tag, or of the only queue of the origin */
  projectId?: string | undefined;
  /** The element that gets the panel. @default it floats over the page */
  into?: Element | undefined;
  /** Called after each change, with the number of events in the queue. */
  onChange?: ((waiting: number) => void) | undefined;
}

/** Ends the panel. */
export interface PanelControl extends Stop {
  /** Reads the queue again. */
  refresh(): Promise<void>;
}

/** Interval of reading the queue, which other tabs fill and empty too. */
const POLL_MS = 500;
/** Events listed; the rest of a long queue is only counted. */
const MAX_SHOWN = 25;

/**
 * Shows what a tracker is doing, in a shadow root: its queue, its requests with their answers, its problems and its set-up.
 * The tab's requests are kept in sessionStorage, because each page of a site is a new load. It never shows the key.
 *
 * @returns removes the panel
 */
export function panel(tracker: PanelTarget, { projectId, into, onChange }: PanelOptions = {}): PanelControl {
  if (!hasPage) return Object.assign(() => {}, { refresh: async () => {} });
  const log = openExchangeLog();
  const tag = document.querySelector<HTMLElement>('script[data-project-id][data-write-key]')?.dataset;
  const view = createView({ into, onClose: () => stop() });
  view.showSetup(setupOf(tag));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;

  const refresh = async () => {
    try {
      const project = projectId ?? tag?.projectId ?? (await onlyProject());
      const [waiting, events] = await Promise.all([
        tracker.pending(),
        project === undefined ? [] : peekQueue(project, MAX_SHOWN),
      ]);
      view.showQueue(waiting, events);
      onChange?.(waiting);
    } catch (error) {
      view.showStatus(`The queue cannot be read: ${error instanceof Error ? error.message : error}.`);
    }
  };
  const showExchanges = () => {
    view.showExchanges(log);
    // Later, because an event of a page that ends must not wait behind another transaction.
    setTimeout(refresh);
  };

  const steps: Steps = {
    onTaken: () => {},
    onSent(entries, answer) {
      const eventCounts: Record<string, number> = {};
      for (const [, collection] of entries) eventCounts[collection] = (eventCounts[collection] ?? 0) + 1;
      const bytes = entries.reduce((sum, [, , json]) => sum + json.length, 0);
      const exchange = log.add({ eventCounts, bytes });
      const started = performance.now();
      showExchanges();
      void answer.then(({ status, body }) => {
        const durationMs = Math.round(performance.now() - started);
        log.settle(
          exchange,
          status ? { state: 'answered', status, durationMs, ...describeAnswer(status, body) } : { state: 'failed' },
        );
        showExchanges();
      });
    },
  };
  const remove = tracker.use({
    ...steps,
    onError: ({ code, count, status }: { code: string; count: number; status?: number }) =>
      view.showStatus(`Problem “${code}”${status ? `, status ${status}` : ''}, for ${count} events.`),
  });
  // After a return from the back/forward cache later pages of this tab have changed the log.
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (!persisted) return;
    log.reload();
    showExchanges();
  };
  addEventListener('pageshow', onShow);
  const poll = async () => {
    if (document.visibilityState === 'visible') await refresh();
    if (!isStopped) timer = setTimeout(poll, POLL_MS);
  };
  view.showExchanges(log);
  void poll();

  const stop = () => {
    isStopped = true;
    clearTimeout(timer);
    removeEventListener('pageshow', onShow);
    remove();
    view.remove();
  };
  return Object.assign(stop, { refresh });
}

/** An attribute with such a name or value can hold a key that must be nowhere. */
const NO_WRITE_KEY = /read|master|admin|secret|private|manage|token|_?key/i;

/** What can be told of a tracker: its tag without the key, and what the browser has for it. */
function setupOf(tag: DOMStringMap | undefined): Record<string, unknown> {
  const { writeKey, ...attributes } = { ...tag };
  const options = Object.entries(attributes).filter((attribute) => !NO_WRITE_KEY.test(`${attribute}`));
  const { onLine, locks, globalPrivacyControl = false } = navigator as Navigator & { globalPrivacyControl?: boolean };
  return {
    from: tag ? 'a script tag' : 'an import',
    ...Object.fromEntries(options),
    ...(tag && { writeKey: writeKey ? 'there is one' : 'none' }),
    online: onLine,
    IndexedDB: Boolean(globalThis.indexedDB),
    'Web Locks': Boolean(locks),
    'Global Privacy Control': globalPrivacyControl,
  };
}

/** The project of an import, if the origin has one queue. */
async function onlyProject(): Promise<string | undefined> {
  const names = ((await indexedDB.databases?.()) ?? []).map(({ name = '' }) => name);
  const projects = names.filter((name) => /^mailslot:.+[^:]$/.test(name));
  return projects.length === 1 ? projects[0]!.slice('mailslot:'.length) : undefined;
}
