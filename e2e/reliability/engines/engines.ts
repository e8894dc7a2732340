import { type Engine as EngineName, findBrowser } from '../../../scripts/browsers.mjs';
import { chromium } from './chromium.ts';
import type { Engine } from './engine.ts';
import { playwrightEngine } from './playwright.ts';
import { webkitGtk } from './webkit-gtk.ts';

export const engineNames: readonly EngineName[] = ['chromium', 'firefox', 'webkit'];

/** The driver for an installed engine; undefined if it is not installed. */
export function findEngine(name: EngineName): Engine | undefined {
  const found = findBrowser(name);
  if (!found) return undefined;
  if (name === 'chromium') return chromium;
  if (name === 'firefox') return playwrightEngine(name, /-contentproc.* tab\s*$/);
  return found.own ? playwrightEngine(name, /WebProcess/) : webkitGtk;
}
