// Checked by the compiler: the add-ons' types, as a site uses them.
import { createTracker } from '../index.ts';
import { campaign } from './campaign.ts';
import { type ClickEvents, clicks } from './clicks.ts';
import { type ConsentTarget, consent } from './consent.ts';
import type { ElementEvents } from './elements.ts';
import { type EngagementEvents, engagement } from './engagement.ts';
import type { ErrorEvents } from './errors.ts';
import type { FormEvents } from './forms.ts';
import type { FrustrationEvents } from './frustration.ts';
import type { OriginProperties } from './origin.ts';
import type { SessionEvents } from './sessions.ts';
import { unique } from './unique.ts';
import { exclusions, type ViewEvents, views } from './views.ts';
import type { VitalEvents } from './vitals.ts';

const tracker = createTracker<
  ViewEvents &
    ClickEvents &
    EngagementEvents &
    ElementEvents &
    ErrorEvents &
    FormEvents &
    FrustrationEvents &
    SessionEvents &
    VitalEvents & { purchases: { item: string } & OriginProperties }
>({
  projectId: 'p',
  writeKey: 'w',
});
const stop: () => void = views(tracker, {
  query: ['page'],
  hash: true,
  skip: exclusions({ exclude: ['/admin/**'] }),
  extend: campaign,
});
unique(tracker, { period: 1000 }).track('purchases', { item: 'stamp' });
stop();
clicks(tracker, { all: true });
engagement(tracker);
const target: ConsentTarget = tracker;
consent(target).set('granted');
// Any object with `track()`.
views({ track: async () => undefined });
clicks({ track: (collection: string, event: object) => Promise.resolve([collection, event]) });

// Each add-on has a map of its events, and all maps together are one.
const all = createTracker<
  ViewEvents &
    ClickEvents &
    EngagementEvents &
    ErrorEvents &
    ElementEvents &
    FormEvents &
    FrustrationEvents &
    SessionEvents &
    VitalEvents
>({ projectId: 'p', writeKey: 'w' });
all.track('form_starts', { form: 'order' });
all.track('element_views', { element: 'hero', kind: 'ad' });
all.track('frustrations', { kind: 'rage', selector: 'button', count: 3, ms: 900 });
all.track('vitals', { navigation_type: 'navigate', lcp: { value: 1200, rating: 'good' } });
unique(all, { period: 60_000 }).track('form_starts', { form: 'order' });
// @ts-expect-error No such kind.
all.track('frustrations', { kind: 'joy', selector: 'button', count: 3, ms: 900 });
// @ts-expect-error A collection that no map has.
all.track('form_finishes', {});

// @ts-expect-error An event of an add-on has its type.
tracker.track('pageviews', { path: 1 });
// @ts-expect-error No tracker.
views({});
// @ts-expect-error No such option.
views(tracker, { hashes: true });
