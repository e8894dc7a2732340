import type { Stop, Target } from './target.ts';

/** An event on its way: its id, its collection and its JSON. */
type Entry = readonly [id: string, collection: string, json: string];

/** What a tracker tells those of its steps who ask for it with `use()`. */
export interface Steps {
  onTaken(entries: readonly Entry[], outcome: Promise<string>): void;
  /** A status of 0 is no answer. */
  onSent(entries: readonly Entry[], answer: Promise<{ status: number; body?: any }>): void;
}

/** A tracker of mailslot. */
export interface DebugTarget extends Target {
  use(hooks: any): () => void;
}

export interface DebugOptions {
  /** Whether to log without being asked for in the address. @default false */
  on?: boolean;
}

/**
 * Logs the life of each event on the console, and the set-up: in a tab in which an address with `?mailslot=debug` was
 * opened, until it is closed. It needs sessionStorage to remember that.
 *
 * @returns stops
 */
export function debug(tracker: DebugTarget, { on }: DebugOptions = {}): Stop {
  const log = console.log.bind(console, 'mailslot:');
  /** The event that hooks see at the moment. */
  let hooked: unknown;
  const steps: Steps = {
    onTaken([entry], outcome) {
      hooked = 0;
      log('taken', entry);
      outcome.then((result) => log(result, entry));
    },
    onSent(entries, answer) {
      const counts: any = {};
      for (const entry of entries) {
        log('sent', entry);
        const [, collection] = entry;
        const index = (counts[collection] = -~counts[collection]);
        answer.then(({ status, body }) => {
          const result = body?.[collection]?.[index - 1];
          log(
            result?.success || status === 201 ? 'acknowledged' : status ? 'refused' : 'no answer',
            entry,
            result ?? body,
            status,
          );
        });
      }
    },
  };
  try {
    if (location.search.includes('mailslot=debug')) sessionStorage['mailslot:debug'] = 1;
    if (on || sessionStorage['mailslot:debug']) {
      const tag = document.querySelector<HTMLElement>('[data-write-key]')?.dataset;
      // Not all attributes: a wrong one can hold a key.
      console.table({ endpoint: tag?.endpoint, online: navigator.onLine });
      return tracker.use({
        ...steps,
        extend(collection: string) {
          const event = (hooked = {});
          Promise.resolve().then(() => hooked === event && log('dropped', collection));
        },
        onError: log,
      });
    }
  } catch {
    // A server has no address, and a page without storage cannot keep the wish.
  }
  return () => {};
}
