import { createTracker, type KeyError, type Outcome, type Problem, type Tracker } from 'mailslot';
import { type ClickEvents, clicks } from 'mailslot/clicks';
import { type ViewEvents, views } from 'mailslot/views';
import 'mailslot/global';

interface ShopEvents extends ViewEvents, ClickEvents {
  purchases: { item: string; price: number };
}

export const tracker: Tracker<ShopEvents> = createTracker<ShopEvents>({
  projectId: 'PROJECT_ID',
  writeKey: 'WRITE_KEY',
  onError: ({ code, count }: Problem) => console.warn(code, count),
});
export const stop: () => void = views(tracker);
clicks(tracker);

export const outcome: Promise<Outcome> = tracker.track('purchases', { item: 'stamp', price: 1.2 });
export const pending: Promise<number> = window.mailslot.pending();
export type { KeyError };

// @ts-expect-error no such collection
tracker.track('purchase', { item: 'stamp', price: 1.2 });
// @ts-expect-error the price is a number
tracker.track('purchases', { item: 'stamp', price: '1.2' });
// @ts-expect-error a Read key
createTracker<ShopEvents>({ projectId: 'PROJECT_ID', writeKey: 'read_0123' }).track('purchases', {
  item: '',
  price: 1,
});
