// Entry of the single-page app: mailslot comes from the npm package, and pages change without a load.
import { createTracker } from 'mailslot';
import { type ClickEvents, clicks } from 'mailslot/clicks';
import { type EngagementEvents, engagement } from 'mailslot/engagement';
import { type ErrorEvents, errors } from 'mailslot/errors';
import { type FormEvents, forms } from 'mailslot/forms';
import { type ViewEvents, views } from 'mailslot/views';
import { type VitalEvents, vitals } from 'mailslot/vitals';
import type { Consent } from '../../src/types.ts';
import type { ShopTracker } from './panel/shop-tracker.ts';
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
const mailslot = createTracker<
  ShopEvents & ViewEvents & ClickEvents & EngagementEvents & ErrorEvents & FormEvents & VitalEvents
>({
  projectId,
  writeKey,
  endpoint,
  consent: document.body.dataset.consent as Consent,
  extend: { shop: 'spa' },
  beforeTrack: (event, collection) => panel?.noteEvent(collection, event),
  onError: (problem) => panel?.showProblem(problem),
});

const tracker: ShopTracker = {
  ...mailslot,
  // `extend` adds the shop's name, so the events passed here lack it.
  track: (collection, event) => mailslot.track(collection, event as never),
  tryKey: (key) => tryKey(key, projectId, mailslot.setWriteKey),
};
panel = startPanel(tracker, projectId);
for (const start of [views, engagement, clicks, forms, errors, vitals]) start(mailslot);

const main = document.querySelector<HTMLElement>('#main')!;

function showPage() {
  const route = readRoute(new URL(location.href), BASE);
  const { title, results } = showRoute(main, route, BASE, (goods, button) => sell(tracker, panel!, goods, button));
  document.title = `${title}, Ostler & Vane`;
  document.querySelector<HTMLInputElement>('#q')!.value = route.name === 'search' ? route.term : '';
  if (route.name === 'search') void tracker.track('searches', { term: route.term, results: results! });
}

function navigate(href: string) {
  history.pushState(null, '', href);
  showPage();
  // As after a page load: scrolled to the top, with the focus there too.
  scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>('a[href]') : null;
  const modified = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (!link || modified || event.defaultPrevented || link.target || link.hash) return;
  if (link.origin !== location.origin || !`${link.pathname}/`.startsWith(BASE)) return;
  event.preventDefault();
  navigate(link.href);
});

document.querySelector<HTMLFormElement>('form.search')!.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const term = new FormData(form).get('q');
  navigate(`${form.action}?${new URLSearchParams({ q: String(term) })}`);
});

addEventListener('popstate', showPage);
showPage();
