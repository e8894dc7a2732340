import type { ShopTracker } from '../panel/shop-tracker.ts';
import type { Panel } from '../panel/start-panel.ts';
import type { Goods } from './goods.ts';

/** Tracks a purchase and animates a postmark on the stamp with the button. */
export function sell(tracker: ShopTracker, panel: Panel, goods: Goods, button: HTMLButtonElement): void {
  panel.showOutcome(
    `Purchase of “${goods.name}”`,
    tracker.track('purchases', { item: goods.id, price: goods.price, currency: 'GBP' }),
  );
  const stamp = button.closest<HTMLElement>('.stamp');
  stamp?.classList.remove('is-cancelled');
  // Reading a size forces a layout without the class, so that the animation restarts.
  void stamp?.offsetWidth;
  stamp?.classList.add('is-cancelled');
}
