// The shop as a single-page app: mailslot comes from its npm package, pages change without a load.
import { createTracker } from 'mailslot';
import type { Consent } from '../../src/types.ts';
import type { Slot } from './panel/shop-tracker.ts';
import { type Panel, startPanel } from './panel/start-panel.ts';
import { tryKey } from './panel/try-key.ts';
import type { ShopEvents } from './shared/events.ts';
import { readRoute } from './shared/read-route.ts';
import { sell } from './shared/sell.ts';
import { showRoute } from './shared/show-route.ts';

const BASE = '/spa/';
const { projectId, writeKey, endpoint } = document.querySelector<HTMLMetaElement>('meta[name="mailslot"]')!
  .dataset as Record<'projectId' | 'writeKey' | 'endpoint', string>;

let panel: Panel | undefined;
const tracker = createTracker<ShopEvents>({
  projectId,
  writeKey,
  endpoint,
  consent: document.body.dataset.consent as Consent,
  extend: { shop: 'spa' },
  onError: (problem) => panel?.report(problem),
});

const slot: Slot = {
  ...tracker,
  // `extend` adds the shop's name, so the shape that is tracked here may lack it.
  track: (collection, event) => tracker.track(collection, event as never),
  tryKey: (key) => tryKey(key, projectId, tracker.setWriteKey),
};
panel = startPanel(slot, projectId);

const main = document.querySelector<HTMLElement>('#main')!;

function arrive() {
  const route = readRoute(new URL(location.href), BASE);
  const { title, results } = showRoute(main, route, BASE, (goods, button) => sell(slot, panel!, goods, button));
  document.title = `${title}, Ostler & Vane`;
  document.querySelector<HTMLInputElement>('#q')!.value = route.name === 'search' ? route.term : '';
  if (route.name === 'search') void slot.track('searches', { term: route.term, results: results! });
  panel!.tracked(`View of “${title}”`, slot.track('views', { page: location.pathname, title }));
}

function go(href: string) {
  history.pushState(null, '', href);
  arrive();
  // As after a page load: at the top, and the keyboard and the screen reader with it.
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null;
  const modified = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || modified || event.defaultPrevented || link.target || link.hash) return;
  if (link.origin !== location.origin || !`${link.pathname}/`.startsWith(BASE)) return;
  event.preventDefault();
  go(link.href);
});

document.querySelector<HTMLFormElement>('form.search')!.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const term = new FormData(form).get('q');
  go(`${form.action}?${new URLSearchParams({ q: String(term) })}`);
});

addEventListener('popstate', arrive);
arrive();
