import { listen } from './listen.ts';
import { mask } from './mask.ts';
import { hasPage, LEAVE, type Stop, type Target } from './target.ts';

/** An error of the page, or several of the same kind. */
export interface ErrorEvent {
  kind: 'error' | 'rejection' | 'resource';
  /** Name of the error, such as `TypeError`; the tag of a resource. */
  type: string;
  /** At most 500 characters. */
  message?: string;
  /** URL of the script or the resource, without query. */
  source?: string;
  line?: number;
  column?: number;
  /** The first 2,000 characters, as the browser wrote it. */
  stack?: string;
  /** Message of the error's `cause`, at most 500 characters. */
  cause?: string;
  /** How many such errors this event stands for. The first one has an event of its own. */
  count: number;
  /** Time of the first and the last of them, ISO 8601. */
  first: string;
  last: string;
}

/** For a tracker's event map. */
export interface ErrorEvents {
  errors: ErrorEvent;
}

export interface ErrorOptions {
  /** Whether scripts, images and styles that fail to load count. @default true */
  resources?: boolean;
  /** Errors whose message or source matches are ignored, besides those that no site can mend. @default none */
  ignore?: RegExp;
}

/** Errors of extensions, of other origins, and of what a browser adds to pages. */
const NOT_OURS =
  /^Script error|ResizeObserver loop|-extension:|_AutofillCallbackHandler|Object Not Found Matching Id|Java exception was|googletag$/;
/** Repeats within this time share an event. */
const REPEAT_MS = 60_000;
/** Errors of one type: this many at once, then one in each interval. */
const BURST = 10;
const INTERVAL_MS = 10_000;
const MOST_EVENTS = 50;

/** Cuts the query out of each URL, and what looks private. */
const clean = (text: unknown, length: number) =>
  mask(
    String(text)
      .slice(0, length)
      .replace(/[?#][^\s)]*?(?=(:\d+)*([\s)]|$))/g, ''),
    length,
  );

/**
 * Tracks errors, rejections without a handler and resources that fail to load, as `errors` events: each error once, its
 * repeats within a minute as one more event, 10 of a type and then one in ten seconds, and 50 a page.
 *
 * @returns stops tracking
 */
export function errors(tracker: Target, { resources = true, ignore }: ErrorOptions = {}): Stop {
  if (!hasPage) return () => {};
  const repeats = new Map<string, ErrorEvent>();
  /** For each type, when it may have its next event if it had none before. */
  const due: Record<string, number> = {};
  let events = 0;

  const send = (event: ErrorEvent) => {
    const now = Date.now();
    const next = Math.max(due[event.type] ?? 0, now - INTERVAL_MS * BURST) + INTERVAL_MS;
    if (next > now || events >= MOST_EVENTS) return;
    due[event.type] = next;
    events++;
    tracker.track('errors', { ...event });
  };

  /** Sends the repeats, of all errors or of one. */
  const sendRepeats = (key?: string) => {
    for (const [known, event] of repeats) {
      if (key !== undefined && key !== known) continue;
      repeats.delete(known);
      if (event.count) send(event);
    }
  };

  const take = (event: Omit<ErrorEvent, 'count' | 'first' | 'last'>) => {
    const { type, message = '', source = '', stack = '' } = event;
    if (NOT_OURS.test(message) || NOT_OURS.test(source) || ignore?.test(message) || ignore?.test(source)) return;
    const frame = /^.*:\d+:\d+.*$/m.exec(stack)?.[0] ?? source;
    const key = type + message.replace(/\b(0x)?[\da-f]*\d[\da-f]*\b/g, '') + frame;
    const now = new Date().toISOString();
    const known = repeats.get(key);
    if (known) {
      if (!known.count++) known.first = now;
      known.last = now;
      return;
    }
    send({ ...event, count: 1, first: now, last: now });
    repeats.set(key, { ...event, count: 0, first: now, last: now });
    setTimeout(sendRepeats, REPEAT_MS, key);
  };

  const stop = listen(`error unhandledrejection visibilitychange pagehide ${LEAVE}`, (event) => {
    const { type, target } = event;
    if (target instanceof Element) {
      const { src, href, localName } = target as any;
      if (resources) take({ kind: 'resource', type: localName, source: clean(src || href, 500) });
    } else if (type === 'error' || type[0] === 'u') {
      const error = type === 'error' ? event.error : event.reason;
      const isError = error instanceof Error;
      take({
        kind: type === 'error' ? 'error' : 'rejection',
        type: isError ? error.name : typeof error,
        // An object that is no error can hold anything.
        message: clean(isError ? error.message : Object(error) === error ? '' : (event.message ?? error), 500),
        ...(event.filename && { source: clean(event.filename, 500), line: event.lineno, column: event.colno }),
        ...(isError && error.stack && { stack: clean(error.stack, 2000) }),
        ...(isError && error.cause instanceof Error && { cause: clean(error.cause.message, 500) }),
      });
    } else if (type !== 'visibilitychange' || document.hidden) sendRepeats();
  });
  return () => {
    sendRepeats();
    stop();
  };
}
