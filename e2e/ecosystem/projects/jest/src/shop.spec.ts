import { views } from 'mailslot/views';

import { createBuyButton } from './shop';
import { createShopTracker } from './tracker';

afterEach(() => jest.restoreAllMocks());

test('with enabled: false nothing is sent, and nothing warns', async () => {
  // jsdom has no fetch.
  globalThis.fetch = jest.fn();
  const spies = [globalThis.fetch, jest.spyOn(console, 'warn'), jest.spyOn(console, 'error')];
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
  const track = jest.spyOn(tracker, 'track');
  createBuyButton(tracker).click();
  expect(track.mock.calls).toEqual([['purchases', { item: 'stamp', price: 1.2 }]]);
});

test('without IndexedDB an event waits in memory, and is sent', async () => {
  jest.spyOn(console, 'warn').mockImplementation(() => {});
  // Of an answer the tracker reads these members, and jsdom has no Response.
  const answer = { ok: true, status: 200, headers: new Map(), json: async () => ({ purchases: [{ success: true }] }) };
  const fetch = jest.fn(async () => answer as unknown as Response);
  globalThis.fetch = fetch;
  const tracker = createShopTracker(true);
  expect(await tracker.track('purchases', { item: 'stamp', price: 1.2 })).toBe('held');
  expect(await tracker.flush()).toEqual({ delivered: 1, kept: 0, givenUp: 0 });
  expect(fetch).toHaveBeenCalledTimes(1);
  await tracker.close();
});
