import { guarded, listen } from './listen.ts';
import { mask } from './mask.ts';
import { resumable, type Start } from './resumable.ts';
import type { Stop, Target } from './target.ts';

export { type ExclusionOptions, exclusions } from './exclusions.ts';

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
  /** Whether the current page does not count; `exclusions()` makes such a function. @default each page counts */
  skip?: () => unknown;
  /** Further properties for each `pageviews` event, such as those of `mailslot/campaign`. */
  extend?: () => object;
}

/** Nobody sees a page that is replaced sooner, as by a redirect. */
const REDIRECT_MS = 50;
/** Time for a router to set the title. */
const TITLE_MS = 300;

/**
 * Tracks each thing that a visitor sees as a `pageviews` event: loads, pages out of the back/forward cache, prerendered
 * pages once they are shown, and the views of a single-page app. A page that is never visible is no view.
 *
 * If the tracker has `use()`, every event of a view carries the view's id as `view`.
 *
 * @returns stops tracking
 */
export const views: Start<ViewOptions> = resumable(createViews, true);

function createViews(): (tracker: Target, options: ViewOptions) => Stop {
  const nonce = Math.random().toString(36).slice(2);
  let count = 0;
  /** Of the latest view; undefined if it does not count. */
  let id: string | undefined;
  let url: string | undefined;
  /** Path of the latest view that was tracked. */
  let previous = '';
  /** The latest view, until it is tracked. */
  let waiting: ViewEvent | undefined;
  /** When it was first seen; NaN before. */
  let seen: number;
  let timer: ReturnType<typeof setTimeout>;
  let starts = 0;

  return (tracker, { query, hash, skip, extend }) => {
    const number = ++starts;
    const view = () => ({ view: id! });

    /** Tracks the waiting view if it was seen. */
    const send = guarded(() => {
      if (!waiting || !seen) return;
      const event = { ...waiting, title: mask(document.title), keen: { timestamp: new Date(seen).toISOString() } };
      waiting = undefined;
      clearTimeout(timer);
      if (!event.view) return;
      previous = event.path;
      tracker.track('pageviews', event);
    });

    const listener = ({ type, persisted, navigationType }: any) => {
      const last = url;
      const page = new URL(location.href);
      for (const [name] of [...page.searchParams]) query?.includes(name) || page.searchParams.delete(name);
      if (!hash) page.hash = '';
      url = page.href.replace(/\/(index\.html)?(?=[?#]|$)/, '');
      const isRestored = type === 'pageshow' && persisted;
      if (isRestored || url !== last) {
        if (isRestored) navigationType = 'restore';
        if (!waiting || (seen && !/replace/.test(navigationType + waiting.navigation))) {
          send();
          // For other add-ons, while events still belong to the last view.
          if (count++) dispatchEvent(new Event('mailslot:leave'));
        } else if (waiting.navigation !== 'replace') navigationType = waiting.navigation;
        const [from] = document.referrer.split(/[?#]/) as [string];
        id = skip?.() ? undefined : `${nonce}-${count}`;
        seen = NaN;
        waiting = {
          // A redirect loses the campaign.
          ...waiting!,
          ...view(),
          url: mask(url),
          path: mask(page.pathname),
          referrer: previous ? '' : from.startsWith(`${window.origin}/`) ? mask(from) : from.split('/', 3).join('/'),
          previous,
          navigation: navigationType ?? (type === 'popstate' ? 'traverse' : 'push'),
          ...extend?.(),
        };
      }
      if (document.hidden || type === 'pagehide') send();
      else if (!seen) {
        seen = Date.now();
        clearTimeout(timer);
        // Routers set the title after they have changed the address.
        timer = setTimeout(send, last ? TITLE_MS : REDIRECT_MS);
      }
    };

    const { navigation } = window as any;
    // Browsers that hide their times have no entry, and jsdom has no entries.
    const [load = { type: 'load' }] = (performance.getEntriesByType?.('navigation') ?? []) as any;
    const stops = [
      tracker.use?.({ extend: view }),
      listen('pageshow pagehide visibilitychange popstate pushstate', listener),
      navigation ? listen('currententrychange', listener, navigation) : wrapPushState(),
    ];
    listener(
      url
        ? {}
        : {
            navigationType:
              load.activationStart || (document as any).prerendering
                ? 'prerender'
                : load.type.replace('navigate', 'load'),
          },
    );
    return () => {
      for (const stop of stops) stop?.();
      // If a start follows at once, the view goes on.
      queueMicrotask(() => number === starts && send());
    };
  };
}

/**
 * For browsers without the Navigation API: each `pushState()` fires `pushstate`. The original stays in use, because
 * others may have wrapped ours.
 */
function wrapPushState(): Stop {
  const { pushState } = history;
  const wrapped: typeof pushState = (history.pushState = function (this: History, ...args) {
    const result = pushState.apply(this, args);
    dispatchEvent(new Event('pushstate'));
    return result;
  });
  return () => {
    if (history.pushState !== wrapped) return;
    // It was the prototype's, unless another script had wrapped it before.
    delete (history as Partial<History>).pushState;
    if (history.pushState !== pushState) history.pushState = pushState;
  };
}
