import { createTracker } from 'mailslot';
import type { ViewEvents } from 'mailslot/views';

interface ShopEvents extends ViewEvents {
  purchases: { item: string; price: number };
}

/** On the server it drops events. */
export const tracker = createTracker<ShopEvents>({
  projectId: import.meta.env.VITE_MAILSLOT_PROJECT_ID,
  writeKey: import.meta.env.VITE_MAILSLOT_WRITE_KEY,
  endpoint: import.meta.env.VITE_MAILSLOT_ENDPOINT,
});
