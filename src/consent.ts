import type { Settings } from './options.ts';

/** Whether events are dropped. Global Privacy Control is the visitor's own choice, so it overrides the site's. */
export const isDenied = ({ consent, respectGpc }: Settings) =>
  consent === 'denied' || (respectGpc && (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl);

/**
 * Whether events may be stored and sent. A prerendered page must do neither, because no visitor has seen it. A worker
 * has no document, and in a page `<img name="prerendering">` is a property of it.
 */
export const isGranted = (settings: Settings) =>
  settings.consent === 'granted' &&
  !isDenied(settings) &&
  (globalThis.document as { prerendering?: unknown } | undefined)?.prerendering !== true;
