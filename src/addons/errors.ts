import { guarded, listen } from './listen.ts';
import { mask } from './mask.ts';
import { resumable, type Start } from './resumable.ts';

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

/** Errors of extensions, of other origins, and of what no site can mend. */
const NOT_OURS = /^Script error|ResizeObserver loop|-extension:/;
/** Repeats within this time share an event. */
const REPEAT_MS = 60_000;
/** Errors of one type: this many at once, then one in each interval. */
const BURST = 10;
const INTERVAL_MS = 10_000;
const MOST_EVENTS = 50;

/** Cuts the query out of each URL, the content out of `data:` URLs, and what looks private. */
const clean = (text: unknown, length = 500) =>
  text &&
  mask(
    String(text)
      .slice(0, length)
      .replace(/(\bdata:)\S*|[?#]\S*?(?=(:\d+)*([\s)]|$))/g, '$1'),
    length,
  );

/**
 * Tracks errors, rejections without a handler and resources that fail to load, as `errors` events: each error once, its
 * repeats within a minute as one more event, 10 of a type and then one in ten seconds, and 50 a page.
 *
 * @returns stops tracking
 */
export const errors: Start<ErrorOptions> = resumable(() => {
  /** The errors of this minute, with the number of their repeats. */
  const repeats = new Map<string, ErrorEvent>();
  /** For each type, when it may have its next event if it had none before. */
  const due: Record<string, number> = {};
  let events = 0;
  let timer: ReturnType<typeof setTimeout>;
  return (tracker, { resources = true, ignore }) => {
    const send = (event: ErrorEvent) => {
      const now = Date.now();
      const next = Math.max(due[event.type] ?? 0, now - INTERVAL_MS * BURST) + INTERVAL_MS;
      if (next > now || events >= MOST_EVENTS) return;
      due[event.type] = next;
      events++;
      tracker.track('errors', event);
    };

    const sendRepeats = guarded(() => {
      clearTimeout(timer);
      repeats.forEach((event) => event.count && send(event));
      repeats.clear();
    });

    const take = (event: any) => {
      const { type, message = '', source = '', stack } = event;
      const text = message + source;
      if (NOT_OURS.test(text) || (ignore && text.match(ignore))) return;
      const key = [type, message.replace(/\w*\d\w*/g, ''), source, /\S+:\d+:\d+/.exec(stack)].join();
      const last = new Date().toISOString();
      const known = repeats.get(key);
      if (known) {
        known.count++;
        known.first ??= last;
        known.last = last;
        return;
      }
      send({ ...event, count: 1, first: last, last });
      if (!repeats.size) timer = setTimeout(sendRepeats, REPEAT_MS);
      repeats.set(key, { ...event, count: 0 });
    };

    const stop = listen('error unhandledrejection visibilitychange pagehide mailslot:leave', (event) => {
      const { type, target, error = event.reason } = event;
      if (target instanceof Element) {
        const { src, href, localName } = target as any;
        if (resources) take({ kind: 'resource', type: localName, source: clean(src || href) });
      } else if (/^(error|unh)/.test(type)) {
        // An object that is no error can hold anything.
        const shown = Object(error) === error ? '' : String(error);
        const {
          name = typeof error,
          message = event.message ?? shown,
          stack,
          cause,
        } = error instanceof Error ? error : ({} as any);
        take({
          kind: type === 'error' ? type : 'rejection',
          type: clean(name),
          message: clean(message),
          source: clean(event.filename),
          line: event.lineno,
          column: event.colno,
          stack: clean(stack, 2000),
          cause: clean(cause?.message),
        });
      } else sendRepeats();
    });
    return () => {
      sendRepeats();
      stop();
    };
  };
});
