import { createTracker } from 'mailslot';
import type { ViewEvents } from 'mailslot/views';

export interface ShopEvents extends ViewEvents {
  purchases: { item: string; price: number };
}

/** One tracker for the whole app. It ends with the page, and not with a component. */
export const tracker = createTracker<ShopEvents>({
  projectId: import.meta.env.VITE_MAILSLOT_PROJECT_ID,
  writeKey: import.meta.env.VITE_MAILSLOT_WRITE_KEY,
  endpoint: import.meta.env.VITE_MAILSLOT_ENDPOINT,
});
