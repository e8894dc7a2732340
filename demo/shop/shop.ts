// Entry of the website: mailslot comes from the script tag, and each page is a new load.
import type { Outcome, Tracker } from '../../src/types.ts';
import type { ShopTracker } from './panel/shop-tracker.ts';
import { startPanel } from './panel/start-panel.ts';
import { tryKey } from './panel/try-key.ts';
import { readRoute } from './shared/read-route.ts';
import { sell } from './shared/sell.ts';
import { showRoute } from './shared/show-route.ts';

declare global {
  interface Window {
    /** The script tag's one global. Until mailslot.js has loaded it is the stub, which queues calls. */
    mailslot: ((collection: string, event: object) => Promise<Outcome>) & Omit<Tracker, 'track'>;
  }
}

const BASE = '/';
const projectId = document.body.dataset.projectId!;

/** Resolves once mailslot.js has run. The page's load event waits for async scripts. */
const loaded = new Promise<void>((resolve, reject) => {
  const check = () =>
    'pending' in window.mailslot ? resolve() : reject(new Error('mailslot.js did not load or did not start'));
  if ('pending' in window.mailslot || document.readyState === 'complete') check();
  else addEventListener('load', check);
});

const tracker: ShopTracker = {
  track: (collection, event) => window.mailslot(collection, { ...event, shop: 'website' }),
  flush: () => loaded.then(() => window.mailslot.flush()),
  pending: () => loaded.then(() => window.mailslot.pending()),
  setConsent: (consent) => loaded.then(() => window.mailslot.setConsent(consent)),
  tryKey: (key) => tryKey(key, projectId, window.mailslot.setWriteKey),
};

const panel = startPanel(tracker, projectId);
const route = readRoute(new URL(location.href), BASE);
const { title, results } = showRoute(document.querySelector<HTMLElement>('#main')!, route, BASE, (goods, button) =>
  sell(tracker, panel, goods, button),
);
document.title = `${title}, Ostler & Vane`;
if (route.name === 'search') document.querySelector<HTMLInputElement>('#q')!.value = route.term;
if (route.name === 'search') void tracker.track('searches', { term: route.term, results: results! });
panel.showOutcome(`View of “${title}”`, tracker.track('views', { page: location.pathname, title }));
