import { tracker } from './tracker';

document.querySelector('#buy')?.addEventListener('click', () => {
  void tracker.track('purchases', { item: 'stamp', price: 1.2 });
});
