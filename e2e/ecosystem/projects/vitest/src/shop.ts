import type { Tracker } from 'mailslot';
import type { ShopEvents } from './tracker';

export function createBuyButton(tracker: Tracker<ShopEvents>): HTMLButtonElement {
  const button = document.createElement('button');
  button.addEventListener('click', () => tracker.track('purchases', { item: 'stamp', price: 1.2 }));
  return button;
}
