import { views } from 'mailslot/views';
import { afterEach, expect, test, vi } from 'vitest';
import { createBuyButton } from './shop';
import { createShopTracker } from './tracker';

afterEach(() => vi.restoreAllMocks());

test('with enabled: false nothing is sent, and nothing warns', async () => {
  const spies = [vi.spyOn(globalThis, 'fetch'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
  const tracker = createShopTracker(false);
  const stop = views(tracker);
  createBuyButton(tracker).click();
  expect(await tracker.track('purchases', { item: 'stamp', price: 1.2 })).toBe('dropped');
  expect(await tracker.flush()).toEqual({ delivered: 0, kept: 0, givenUp: 0 });
  stop();
  await tracker.close();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});

test('a click tracks a purchase', () => {
  const tracker = createShopTracker(false);
  const track = vi.spyOn(tracker, 'track');
  createBuyButton(tracker).click();
  expect(track).toHaveBeenCalledExactlyOnceWith('purchases', { item: 'stamp', price: 1.2 });
});

test('without IndexedDB an event waits in memory, and is sent', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const tracker = createShopTracker(true);
  expect(await tracker.track('purchases', { item: 'stamp', price: 1.2 })).toBe('held');
  expect(warn).toHaveBeenCalledOnce();
  expect(await tracker.flush()).toEqual({ delivered: 1, kept: 0, givenUp: 0 });
  await tracker.close();
});
