import type { Slot } from '../panel/shop-tracker.ts';
import type { Panel } from '../panel/start-panel.ts';
import type { Goods } from './goods.ts';

/** A purchase: tracked, then the stamp is cancelled as the post would do it. */
export function sell(slot: Slot, panel: Panel, goods: Goods, button: HTMLButtonElement): void {
  panel.tracked(
    `Purchase of “${goods.name}”`,
    slot.track('purchases', { item: goods.id, price: goods.price, currency: 'GBP' }),
  );
  const stamp = button.closest('.stamp');
  stamp?.classList.remove('is-cancelled');
  // Reading a size makes the browser see the class gone, so that the animation starts again.
  void (stamp as HTMLElement | null)?.offsetWidth;
  stamp?.classList.add('is-cancelled');
}
