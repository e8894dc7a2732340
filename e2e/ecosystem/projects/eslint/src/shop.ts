import { createTracker } from 'mailslot';
import { views } from 'mailslot/views';

const tracker = createTracker<{ purchases: { item: string; price: number } }>({
  projectId: 'PROJECT_ID',
  writeKey: 'WRITE_KEY',
});
views(tracker);

document.querySelector('#buy')?.addEventListener('click', () => {
  // It never rejects, so the rule no-floating-promises lets it alone.
  tracker.track('purchases', { item: 'stamp', price: 1.2 });
});

export async function buy() {
  const outcome = await tracker.track('purchases', { item: 'stamp', price: 1.2 });
  return outcome === 'stored';
}
