import { tracker } from './tracker.ts';

Deno.test('on a server it drops events', async () => {
  const outcome = await tracker.track('purchases', { item: 'stamp', price: 1.2 });
  if (outcome !== 'dropped') throw new Error(outcome);
});
