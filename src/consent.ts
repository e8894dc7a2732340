import type { Settings } from './options.ts';
import { read } from './read.ts';

/** Whether events are dropped. Global Privacy Control is the visitor's own choice, so it overrides the site's. */
export const isDenied = ({ consent, respectGpc }: Settings) =>
  consent === 'denied' || (respectGpc && read('navigator', 'globalPrivacyControl'));

/**
 * Whether events may be stored and sent. A prerendered page must do neither, because no visitor has seen it. In a
 * page, `<img name="prerendering">` is a property of the document, and so is what a page has put on all objects.
 */
export const isGranted = (settings: Settings) =>
  settings.consent === 'granted' &&
  !isDenied(settings) &&
  (read('document', 'prerendering') !== true || ({} as any).prerendering);
