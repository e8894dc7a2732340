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
    /** The script tag's one global. It queues calls until mailslot.js has loaded. */
    mailslot: ((collection: string, event: object) => Promise<Outcome>) & Omit<Tracker, 'track'>;
  }
}

const BASE = '/';
const projectId = document.body.dataset.projectId!;

const tracker: ShopTracker = {
  track: (collection, event) => window.mailslot(collection, event),
  flush: () => window.mailslot.flush(),
  pending: () => window.mailslot.pending(),
  setConsent: (consent) => window.mailslot.setConsent(consent),
  use: (hooks) => window.mailslot.use(hooks),
  tryKey: (key) => tryKey(key, projectId, window.mailslot.setWriteKey),
};

const panel = startPanel(tracker, projectId);
// The tag lists the add-ons. Their events pass here too.
window.mailslot.use({
  extend: () => ({ shop: 'website' }),
  beforeTrack: (event, collection) => panel.noteEvent(collection, event),
});
const route = readRoute(new URL(location.href), BASE);
const { title, results } = showRoute(document.querySelector<HTMLElement>('#main')!, route, BASE, (goods, button) =>
  sell(tracker, panel, goods, button),
);
document.title = `${title}, Ostler & Vane`;
if (route.name === 'search') document.querySelector<HTMLInputElement>('#q')!.value = route.term;
if (route.name === 'search') void tracker.track('searches', { term: route.term, results: results! });
