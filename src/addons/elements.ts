import { declaredProperties } from './declared.ts';
import { listen } from './listen.ts';
import { LEAVE, type Stop, type Target } from './target.ts';

/** An element with `data-mailslot-view` was in sight for long enough, with the properties that its HTML declares. */
export interface ElementViewEvent {
  /** The value of `data-mailslot-view`. */
  element: string;
  [property: string]: string | number | boolean;
}

/** For a tracker's event map. */
export interface ElementEvents {
  element_views: ElementViewEvent;
}

export interface ElementOptions {
  /** Milliseconds that an element has to be in sight, in total. @default 1000 */
  minTime?: number;
}

/** The time of an element in sight. */
interface Sight {
  _isInView?: boolean;
  /** Milliseconds that are missing. */
  _left: number;
  _since: number;
  _timer?: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Tracks elements with `data-mailslot-view` as `element_views`, once a view, when half of the element (or of the viewport, if
 * the element is taller) was in sight for a second in total, while the page was visible.
 *
 * @returns stops tracking
 */
export function elements(tracker: Target, { minTime = 1000 }: ElementOptions = {}): Stop {
  // Neither a server nor jsdom has it.
  if (!globalThis.IntersectionObserver) return () => {};
  let sights = new Map<HTMLElement, Sight>();

  /** Lets the clock of an element run or stand. */
  const update = (element: HTMLElement, sight: Sight) => {
    const now = performance.now();
    if (sight._timer) sight._left -= now - sight._since;
    clearTimeout(sight._timer);
    sight._since = now;
    sight._timer =
      sight._isInView && sight._left > 0 && !document.hidden
        ? setTimeout(() => {
            sight._left = 0;
            sight._timer = undefined;
            tracker.track('element_views', {
              element: element.dataset.mailslotView,
              ...declaredProperties(element),
            });
          }, sight._left)
        : undefined;
  };

  const intersections = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, intersectionRect, boundingClientRect } of entries) {
        const sight = sights.get(target as HTMLElement);
        if (!sight) continue;
        sight._isInView =
          isIntersecting && intersectionRect.height >= Math.min(boundingClientRect.height, innerHeight) / 2;
        update(target as HTMLElement, sight);
      }
    },
    // Each per cent, because half of the viewport is any part of a tall element.
    { threshold: Array.from({ length: 101 }, (_, n) => n / 100) },
  );

  const find = () => {
    for (const element of document.querySelectorAll<HTMLElement>('[data-mailslot-view]')) {
      if (sights.has(element)) continue;
      sights.set(element, { _left: minTime, _since: 0 });
      intersections.observe(element);
    }
  };
  const updateAll = () => sights.forEach((sight, element) => update(element, sight));
  const mutations = new MutationObserver(find);
  mutations.observe(document, { subtree: true, childList: true, attributeFilter: ['data-mailslot-view'] });
  const stopListening = listen(`visibilitychange ${LEAVE}`, ({ type }) => {
    if (type === LEAVE) {
      clear();
      find();
    } else updateAll();
  });
  const clear = () => {
    for (const { _timer } of sights.values()) clearTimeout(_timer);
    sights = new Map();
    intersections.disconnect();
  };
  find();
  return () => {
    stopListening();
    mutations.disconnect();
    clear();
  };
}
