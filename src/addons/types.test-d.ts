// Checked by the compiler: the add-ons' types, as a site uses them.
import { createTracker } from '../index.ts';
import { type ClickEvents, clicks } from './clicks.ts';
import { type ConsentTarget, consent } from './consent.ts';
import { type EngagementEvents, engagement } from './engagement.ts';
import type { ErrorEvents } from './errors.ts';
import { type ViewEvents, views } from './views.ts';

const tracker = createTracker<
  ViewEvents & ClickEvents & EngagementEvents & ErrorEvents & { purchases: { item: string } }
>({
  projectId: 'p',
  writeKey: 'w',
});
const stop: () => void = views(tracker, { query: ['page'], hash: true });
stop();
clicks(tracker, { all: true });
engagement(tracker);
const target: ConsentTarget = tracker;
consent(target).set('granted');
// Any object with `track()`.
views({ track: async () => undefined });
clicks({ track: (collection: string, event: object) => Promise.resolve([collection, event]) });

// @ts-expect-error An event of an add-on has its type.
tracker.track('pageviews', { path: 1 });
// @ts-expect-error No tracker.
views({});
// @ts-expect-error No such option.
views(tracker, { hashes: true });
