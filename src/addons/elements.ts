import { declaredProperties } from './declared.ts';
import { guarded, listen } from './listen.ts';
import { mask } from './mask.ts';
import { resumable, type Start } from './resumable.ts';

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
  /** Milliseconds that an element has to be in sight without a break. @default 1000 */
  minTime?: number;
}

/**
 * Tracks elements with `data-mailslot-view` as `element_views`, once a view, when half of the element (or of the viewport, if
 * the element is taller) was in sight for a second, while the page was visible.
 *
 * @returns stops tracking
 */
export const elements: Start<ElementOptions> = resumable(() => {
  /** The elements that have their event of the view. */
  const seen = new Set<Element>();
  return (tracker, { minTime = 1000 }) => {
    // jsdom has none.
    if (!globalThis.IntersectionObserver) return () => {};
    /** Of the elements in sight. */
    const timers = new Map<Element, ReturnType<typeof setTimeout>>();
    const intersections = new IntersectionObserver(
      (entries) => {
        for (const { target, intersectionRatio, boundingClientRect } of entries) {
          if (intersectionRatio * 2 < Math.min(1, innerHeight / boundingClientRect.height)) {
            clearTimeout(timers.get(target));
            timers.delete(target);
          } else if (!timers.has(target)) timers.set(target, setTimeout(track, minTime, target as HTMLElement));
        }
      },
      // Each per cent, because half of the viewport is any part of a tall element.
      { threshold: [...Array(101).keys()].map((n) => n / 100) },
    );

    const track = guarded((element: HTMLElement) => {
      seen.add(element);
      intersections.unobserve(element);
      tracker.track('element_views', { element: mask(element.dataset.mailslotView!), ...declaredProperties(element) });
    });
    const find = () => {
      if (document.hidden) return;
      for (const element of document.querySelectorAll('[data-mailslot-view]')) {
        if (!seen.has(element)) intersections.observe(element);
      }
    };
    const rest = () => {
      intersections.disconnect();
      timers.forEach(clearTimeout);
      timers.clear();
    };
    const mutations = new MutationObserver(find);
    mutations.observe(document, { subtree: true, childList: true });
    const stop = listen('visibilitychange mailslot:leave', ({ type }) => {
      rest();
      if (type === 'mailslot:leave') seen.clear();
      find();
    });
    find();
    return () => {
      stop();
      mutations.disconnect();
      rest();
    };
  };
});
