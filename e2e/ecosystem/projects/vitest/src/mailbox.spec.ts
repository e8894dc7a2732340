import { createMailbox } from 'mailslot/testing';
import { afterAll, afterEach, expect, test } from 'vitest';
import { createBuyButton } from './shop';
import type { ShopEvents } from './tracker';

const box = createMailbox<ShopEvents>();
const tracker = box.tracker();
afterEach(() => box.clear());
afterAll(() => box.close());

test('a purchase is tracked', async () => {
  createBuyButton(tracker).click();
  expect(await box.next('purchases')).toEqual({ item: 'stamp', price: 1.2 });
});

test('a purchase without a network comes later', async () => {
  box.offline();
  createBuyButton(tracker).click();
  await box.flush();
  expect(box.events()).toEqual([]);
  box.online();
  expect(await box.next('purchases')).toMatchObject({ item: 'stamp' });
});
