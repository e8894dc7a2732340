import { createTracker } from 'mailslot';
import { type ViewEvents, views } from 'mailslot/views';

interface ShopEvents extends ViewEvents {
  purchases: { item: string; price: number };
}

export default defineNuxtPlugin(() => {
  // On the server it drops events.
  const tracker = createTracker<ShopEvents>(useRuntimeConfig().public.mailslot);
  views(tracker);
  return { provide: { tracker } };
});
