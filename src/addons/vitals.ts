import { onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals/attribution';
import { listen } from './listen.ts';
import { mask } from './mask.ts';
import { selectorOf } from './selector.ts';
import { hasPage, type Stop, type Target } from './target.ts';

/** One of the Web Vitals; its names are those of the package web-vitals. */
export interface Vital {
  /** Milliseconds; without unit for CLS. */
  value: number;
  rating: 'good' | 'needs-improvement' | 'poor';
  /** What helps to find the cause: a selector, a URL without query, or a duration in milliseconds. */
  [attribution: string]: string | number;
}

/** The Web Vitals of a view. If a view has several events, the last one counts. */
export interface VitalsEvent {
  lcp?: Vital;
  inp?: Vital;
  cls?: Vital;
  fcp?: Vital;
  ttfb?: Vital;
  navigation_type: string;
  navigation_id?: number;
}

/** For a tracker's event map. */
export interface VitalEvents {
  vitals: VitalsEvent;
}

/** The names of web-vitals' attributions that help; no entries, no elements. */
const ATTRIBUTION = /^url|arget$|Type$|Delay$|Duration$|^time/;
/** Longer times are of pages that slept. */
const LONGEST_MS = 900_000;

const events: Record<string, VitalsEvent> = {};
const changed = new Set<VitalsEvent>();
let isMeasuring = false;

const tidy = (value: any) => (value.toFixed ? +value.toFixed(3) : mask(value.replace(/(\bdata:).*|\?.*/s, '$1')));

function record({ name, value, rating, navigationType, navigationId, attribution }: any): void {
  if (value > LONGEST_MS) return;
  const vital: any = { value: tidy(value), rating };
  // What a browser cannot measure is undefined.
  for (const key in attribution) {
    if (ATTRIBUTION.test(key) && attribution[key] != null) vital[key] = tidy(attribution[key]);
  }
  const event = (events[navigationId + navigationType] ??= {
    navigation_type: navigationType,
    navigation_id: navigationId,
  });
  event[name.toLowerCase() as 'lcp'] = vital;
  changed.add(event);
}

/**
 * Tracks the Web Vitals of a view as one `vitals` event when the page hides, and again if a value has changed by a later
 * hide. Google's `web-vitals` measures them; it goes on after a stop, because it cannot be stopped.
 *
 * @returns stops tracking
 */
export function vitals(tracker: Target): Stop {
  if (!hasPage) return () => {};
  if (!isMeasuring) {
    const options = {
      reportAllChanges: true,
      reportSoftNavs: true,
      generateTarget: selectorOf,
    };
    for (const on of [onLCP, onINP, onCLS, onFCP, onTTFB]) on(record, options);
    isMeasuring = true;
  }
  const send = () => {
    for (const event of changed) tracker.track('vitals', event);
    changed.clear();
  };
  // web-vitals listens on `window`, and so has measured everything when the event arrives at `document`.
  const stops = [listen('visibilitychange', () => document.hidden && send(), document), listen('mailslot:leave', send)];
  return () => stops.forEach((stop) => stop());
}
