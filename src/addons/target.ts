/** Hooks that an add-on adds to a tracker, beside those of its options. */
export interface TargetHooks {
  /** Properties for every event; the event's own take precedence. */
  extend?: (collection: string) => object;
  /** Sees each event; `null` drops it. */
  beforeTrack?: (event: Record<string, unknown>, collection: string) => object | null | false | void;
}

/** What an add-on needs of a tracker: mailslot's, a tracker of another library with `track()`, or a test's. */
export interface Target {
  /** Takes an event. mailslot's resolves with `'stored'`, `'held'` or `'dropped'`. */
  track(collection: any, event: any): PromiseLike<unknown>;
  /** Adds hooks; the result removes them. Without it an add-on only makes its own events. */
  use?(hooks: TargetHooks): () => void;
}

/** Ends an add-on: removes its listeners, observers, timers and hooks. A second call does nothing. */
export type Stop = () => void;

/** Fires on `window` when a view ends: `views` says so just before the next one begins. */
export const LEAVE = 'mailslot:leave';

/** Whether there is a page; a server has none. */
export const hasPage = typeof document !== 'undefined';
