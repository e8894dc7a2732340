import { createTracker } from 'mailslot';
import { type ViewEvents, views } from 'mailslot/views';

interface ShopEvents extends ViewEvents {
  purchases: { item: string; price: number };
}

export const tracker = createTracker<ShopEvents>({
  projectId: 'PROJECT_ID',
  writeKey: 'WRITE_KEY',
  endpoint: 'https://collector.example',
});

views(tracker);
