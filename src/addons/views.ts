import { guarded, listen } from './listen.ts';
import { mask } from './mask.ts';
import { hasPage, LEAVE, type Stop, type Target } from './target.ts';

/** How a view began. `restore` is a page from the back/forward cache, `prerender` one that was rendered in advance. */
export type ViewNavigation =
  | 'load'
  | 'reload'
  | 'back_forward'
  | 'restore'
  | 'prerender'
  | 'push'
  | 'replace'
  | 'traverse';

/** One thing that a visitor saw. `keen.timestamp` is the time at which it was first seen. */
export interface ViewEvent {
  /** Id of the view: a nonce of the page and a number. Every later event of the view carries it. */
  view: string;
  /** Origin and path, with the parts of query and hash that the options ask for. */
  url: string;
  path: string;
  title: string;
  /** Of the page's first view; without query, and only the origin if it is another one. Else `''`. */
  referrer: string;
  /** Path of the view before on this page, else `''`. */
  previous: string;
  navigation: ViewNavigation;
}

/** For a tracker's event map: `createTracker<ViewEvents & …>()`. */
export interface ViewEvents {
  pageviews: ViewEvent;
}

export interface ViewOptions {
  /**
   * Names of query parameters that distinguish pages. They stay in `url`, with their values.
   *
   * @default none
   */
  query?: readonly string[];
  /** Whether the hash distinguishes pages, as with a hash router. @default false */
  hash?: boolean;
  /** Hosts whose views count. @default all */
  hosts?: readonly string[];
  /** Paths that do not count: `*` is any text within a segment, `**` any text. @default none */
  exclude?: readonly string[];
  /** Whether a page inside a frame counts. @default false */
  frames?: boolean;
  /** Whether loopback, private addresses and `.local` names count. @default false */
  local?: boolean;
  /** Further properties for each `pageviews` event, such as those of `mailslot/campaign`. */
  extend?: () => object;
}

/** Time for a redirect: nobody sees a page that is replaced sooner. */
const REDIRECT_MS = 50;
/** Time for a router to set the title. */
const TITLE_MS = 300;

/** Addresses that visitors do not use: files, loopback, private networks. */
const LOCAL =
  /^(?!http)|\/\/(\[(::1|f[cde])|(localhost|127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\b)|\.local(host)?\b/;

/** Starts the views of a page, or starts them again. */
type Start = (tracker: Target, options: ViewOptions) => Stop;

/** What was stopped. The next start (StrictMode, hot reloading) goes on with it, and counts nothing twice. */
const stopped: Start[] = [];

/** Whether a path matches; `*` is any text within a segment, `**` any text. */
const matches = (path: string, pattern: string) =>
  RegExp(`^${pattern.replace(/\*?\*|\W/g, (part) => (part[1] ? '.*' : part === '*' ? '[^/]*' : '\\' + part))}$`).test(
    path,
  );

/** Why the current page does not count: the name of the option that decides. */
const exclusion = ({ frames, local, hosts, exclude }: ViewOptions) =>
  (!frames && top !== self && 'frames') ||
  (!local && LOCAL.test(window.origin) && 'local') ||
  (hosts && !hosts.includes(location.hostname) && 'hosts') ||
  (exclude?.some((pattern) => matches(location.pathname, pattern)) && 'exclude');

/** The address without the parts that make no other page. */
const pageUrl = ({ query, hash }: ViewOptions) =>
  location.href
    .replace(/\/(index\.html)?(?=[?#]|$)|[?&]([^=&#]*)[^&#]*|#.*/g, (part, _, name) =>
      (part[0] === '#' ? hash : query?.includes(name)) ? part : '',
    )
    .replace(/^([^?&#]*)&/, '$1?');

/**
 * Tracks each thing that a visitor sees as a `pageviews` event: loads, pages out of the back/forward cache, prerendered
 * pages once they are shown, and the views of a single-page app. A page that is never visible is no view.
 *
 * If the tracker has `use()`, every event of a view carries the view's id as `view`.
 *
 * @returns stops tracking
 */
export const views = (tracker: Target, options: ViewOptions = {}): Stop =>
  hasPage ? (stopped.shift() ?? createViews())(tracker, options) : () => {};

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a factory
function createViews(): Start {
  const { navigation } = window as any;
  const nonce = Math.random().toString(36).slice(2);
  let tracker: Target | undefined;
  let options: ViewOptions;
  let count = 0;
  /** Of the latest view. The id is empty if the view does not count. */
  let id: string;
  let url: string | undefined;
  let path: string;
  let title: string;
  /** Path of the latest view that was tracked. */
  let previous = '';
  /** How the view that has not been tracked yet began. */
  let waiting: ViewNavigation | undefined;
  /** When the waiting view was first seen; 0 before. */
  let seen = 0;
  let said: unknown;
  let timer: ReturnType<typeof setTimeout>;

  const sendIn = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(send, ms);
  };
  const titles = new MutationObserver(() => document.title !== title && sendIn(REDIRECT_MS));

  /** Tracks the waiting view if it was seen. */
  const send = guarded(() => {
    clearTimeout(timer);
    titles.disconnect();
    if (!seen) return;
    const [, from, page] = /^(\w+:\/\/[^/?#]*)([^?#]*)/.exec(document.referrer) ?? [];
    const event = {
      view: id,
      url: mask(url!),
      path,
      title: mask(document.title),
      referrer: (!previous && from && from + (from === window.origin ? mask(page!) : '')) || '',
      previous,
      navigation: waiting,
      ...options.extend?.(),
      keen: { timestamp: new Date(seen).toISOString() },
    };
    waiting = undefined;
    seen = 0;
    if (!id) return;
    previous = path;
    tracker?.track('pageviews', event);
  });

  /** Lets the waiting view be tracked soon, if it is seen. */
  const see = () => {
    // A page that is prerendered is hidden.
    if (!waiting || seen || document.hidden) return;
    seen = Date.now();
    // Routers set the title after they have changed the address.
    titles.observe(document.head, { subtree: true, childList: true, characterData: true });
    navigation?.transition?.finished.then(send, send);
    sendIn(count > 1 ? TITLE_MS : REDIRECT_MS);
  };

  const begin = (kind: ViewNavigation) => {
    if (waiting && (!seen || (/replace/.test(kind + waiting) && Date.now() - seen < REDIRECT_MS))) {
      // Nobody saw the last one.
      if (waiting !== 'replace') kind = waiting;
    } else {
      send();
      dispatchEvent(new Event(LEAVE));
      count++;
    }
    const reason = exclusion(options);
    if (reason && reason !== said) console.info('mailslot: no views:', (said = reason));
    id = reason ? '' : `${nonce}-${count}`;
    url = pageUrl(options);
    path = mask(location.pathname);
    title = document.title;
    waiting = kind;
    seen = 0;
    see();
  };

  const listener = ({ type, persisted, navigationType }: any) => {
    const kind: ViewNavigation = navigationType || (/st|sh/.test(type) && (persisted ? 'restore' : 'traverse'));
    if (persisted ? type === 'pageshow' : kind && pageUrl(options) !== url) begin(kind);
    else if (document.hidden || type === 'pagehide') send();
    else see();
  };

  const start: Start = (...given) => {
    [tracker, options] = given;
    const stops = [
      tracker.use?.({ extend: () => (id ? { view: id } : {}) }),
      listen('pageshow pagehide visibilitychange prerenderingchange popstate hashchange', listener),
      navigation ? listen('currententrychange', listener, navigation) : onPushState(listener),
    ];
    // jsdom does not have it.
    const load: any = performance.getEntriesByType?.('navigation')[0];
    if (url !== undefined) listener({ navigationType: 'push' });
    else
      begin(
        load?.activationStart || (document as any).prerendering
          ? 'prerender'
          : (`${load?.type}`.replace(/^[nu].+/, 'load') as ViewNavigation),
      );
    return () => {
      send();
      for (const stop of stops) stop?.();
      if (tracker) stopped.push(start);
      tracker = undefined;
    };
  };
  return start;
}

/** For browsers without the Navigation API. The original stays in use, because others may have wrapped ours. */
function onPushState(listener: (event: object) => void): Stop {
  const { pushState } = history;
  const wrapped: typeof pushState = (history.pushState = function (this: History, ...args) {
    try {
      return pushState.apply(this, args);
    } finally {
      listener?.({ navigationType: 'push' });
    }
  });
  return () => {
    listener = () => {};
    if (history.pushState !== wrapped) return;
    // It was the prototype's, unless another script had wrapped it before.
    delete (history as Partial<History>).pushState;
    if (history.pushState !== pushState) history.pushState = pushState;
  };
}
