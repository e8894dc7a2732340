'use client';

import { tracker } from '../lib/tracker';

export const Buy = () => (
  <button type="button" onClick={() => tracker.track('purchases', { item: 'stamp', price: 1.2 })}>
    Buy
  </button>
);
