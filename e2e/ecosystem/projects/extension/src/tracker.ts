import { createTracker } from 'mailslot';

interface ShopEvents {
  installs: { reason: string };
  purchases: { item: string; price: number };
}

/** For the background and for each page of the extension: they share one queue. */
export const tracker = createTracker<ShopEvents>({
  projectId: 'PROJECT_ID',
  writeKey: 'WRITE_KEY',
  endpoint: 'https://collector.example',
});
