import { tracker } from './tracker';

document.querySelector('#buy')?.addEventListener('click', () => {
  tracker.track('purchases', { item: 'stamp', price: 1.2 });
});
