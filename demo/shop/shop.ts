// The shop as a website: mailslot comes from the script tag, each page is a load of its own.
import type { Outcome, Tracker } from '../../src/types.ts';
import type { Slot } from './panel/shop-tracker.ts';
import { startPanel } from './panel/start-panel.ts';
import { tryKey } from './panel/try-key.ts';
import { readRoute } from './shared/read-route.ts';
import { sell } from './shared/sell.ts';
import { showRoute } from './shared/show-route.ts';

declare global {
  interface Window {
    /** The script tag's one global. Until mailslot.js has come it is the stub, which keeps the calls and answers later. */
    mailslot: ((collection: string, event: object) => Promise<Outcome>) & Omit<Tracker, 'track'>;
  }
}

const BASE = '/';
const projectId = document.body.dataset.projectId!;

/** Resolves once mailslot.js has run; a page's load event waits for its async scripts. */
const loaded = new Promise<void>((resolve, reject) => {
  const check = () =>
    'pending' in window.mailslot ? resolve() : reject(new Error('mailslot.js did not load or did not start'));
  if ('pending' in window.mailslot || document.readyState === 'complete') check();
  else addEventListener('load', check);
});

const slot: Slot = {
  track: (collection, event) => window.mailslot(collection, { ...event, shop: 'website' }),
  flush: () => loaded.then(() => window.mailslot.flush()),
  pending: () => loaded.then(() => window.mailslot.pending()),
  setConsent: (consent) => loaded.then(() => window.mailslot.setConsent(consent)),
  tryKey: (key) => tryKey(key, projectId, window.mailslot.setWriteKey),
};

const panel = startPanel(slot, projectId);
const route = readRoute(new URL(location.href), BASE);
const { title, results } = showRoute(document.querySelector<HTMLElement>('#main')!, route, BASE, (goods, button) =>
  sell(slot, panel, goods, button),
);
document.title = `${title}, Ostler & Vane`;
if (route.name === 'search') document.querySelector<HTMLInputElement>('#q')!.value = route.term;
if (route.name === 'search') void slot.track('searches', { term: route.term, results: results! });
panel.tracked(`View of “${title}”`, slot.track('views', { page: location.pathname, title }));
