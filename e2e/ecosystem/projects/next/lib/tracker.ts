import { createTracker } from 'mailslot';
import type { ViewEvents } from 'mailslot/views';

interface ShopEvents extends ViewEvents {
  purchases: { item: string; price: number };
}

/** On the server and at the edge it drops events. */
export const tracker = createTracker<ShopEvents>({
  projectId: process.env.NEXT_PUBLIC_MAILSLOT_PROJECT_ID!,
  writeKey: process.env.NEXT_PUBLIC_MAILSLOT_WRITE_KEY,
  endpoint: process.env.NEXT_PUBLIC_MAILSLOT_ENDPOINT!,
});
