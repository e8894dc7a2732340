import { createTracker } from 'mailslot';

declare const self: ServiceWorkerGlobalScope;

const tracker = createTracker<{ purchases: { item: string; price: number } }>({
  projectId: 'PROJECT_ID',
  writeKey: 'WRITE_KEY',
  endpoint: 'https://collector.example',
});

self.addEventListener('message', (event) => {
  const stored = tracker.track('purchases', event.data);
  // Otherwise the browser may end the worker first. The event would go out when the worker starts again.
  event.waitUntil(stored.then(() => tracker.flush()));
});
