import { createTracker } from 'mailslot';
import type { ViewEvents } from 'mailslot/views';

interface ShopEvents extends ViewEvents {
  purchases: { item: string; price: number };
}

export const tracker = createTracker<ShopEvents>({
  projectId: import.meta.env.PUBLIC_MAILSLOT_PROJECT_ID,
  writeKey: import.meta.env.PUBLIC_MAILSLOT_WRITE_KEY,
  endpoint: import.meta.env.PUBLIC_MAILSLOT_ENDPOINT,
});
