import type { Stop, Target } from './target.ts';

/** An event on its way: its id, its collection and its JSON. */
type Entry = readonly [id: string, collection: string, json: string];

/** What a tracker tells those of its steps who ask for it with `use()`. */
export interface Steps {
  onTaken(entries: readonly Entry[], outcome: Promise<string>): void;
  /** A status of 0 is no answer. */
  onSent(entries: readonly Entry[], answer: Promise<{ status: number; body?: any }>): void;
}

interface Hooks extends Steps {
  extend(collection: string): void;
  onError(problem: object): void;
}

/** A tracker of mailslot. */
export interface DebugTarget extends Target {
  use(hooks: any): () => void;
}

export interface DebugOptions {
  /** Whether to log without being asked for in the address. @default false */
  on?: boolean;
  /**
   * Opens the panel, if the log is on: `(tracker) => import('mailslot/panel').then(({ panel }) => panel(tracker))`. The
   * tag's file has `data-panel`, which loads the file beside it.
   * @default no panel
   */
  panel?: ((tracker: any) => PromiseLike<Stop>) | undefined;
}

/**
 * Logs the life of each event on the console, and the set-up: in a tab in which an address with `?mailslot=debug` was
 * opened, until it is closed. It needs sessionStorage to remember that.
 *
 * @returns stops
 */
export function debug(tracker: DebugTarget, { on, panel }: DebugOptions = {}): Stop {
  const log = console.log.bind(console, 'mailslot:');
  /** The event that hooks see at the moment. */
  let hooked: unknown;
  try {
    if (location.search.includes('mailslot=debug')) sessionStorage['mailslot=debug'] = 1;
    if (on || sessionStorage['mailslot=debug']) {
      // Not all attributes: a wrong one can hold a key.
      console.table({
        online: navigator.onLine,
        endpoint: document.querySelector<HTMLElement>('script[data-endpoint]')?.dataset.endpoint,
      });
      const remove = tracker.use({
        onTaken([entry], outcome) {
          hooked = log('taken', entry);
          outcome.then((result) => log(result, entry));
        },
        onSent(entries, answer) {
          entries.forEach((entry) => {
            log('sent', entry);
            answer.then(({ status, body }) => {
              const result = body?.[entry[1]]?.[entries.filter((one) => one[1] === entry[1]).indexOf(entry)];
              log(
                result?.success || status === 201 ? 'acknowledged' : status ? 'refused' : 'no answer',
                entry,
                result ?? body,
                status,
              );
            });
          });
        },
        extend(collection) {
          const event = (hooked = {});
          queueMicrotask(() => hooked === event && log('dropped', collection));
        },
        onError: log,
      } satisfies Hooks);
      const shown = panel?.(tracker);
      return () => {
        remove();
        shown?.then((stop) => stop());
      };
    }
  } catch {
    // A server has no address, and a page without storage cannot keep the wish.
  }
  return () => {};
}
