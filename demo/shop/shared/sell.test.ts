import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from 'mailslot';
import { createMailbox } from 'mailslot/testing';
import type { ShopTracker } from '../panel/shop-tracker.ts';
import type { Panel } from '../panel/start-panel.ts';
import type { ShopEvents } from './events.ts';
import { findGoods } from './goods.ts';
import { sell } from './sell.ts';

/** A button outside of a stamp, which nothing animates. */
const button = { closest: () => null } as unknown as HTMLButtonElement;

function openShop() {
  const box = createMailbox<ShopEvents>();
  const tracker = box.tracker({ extend: { shop: 'spa' } });
  const outcomes: Promise<Outcome>[] = [];
  const panel: Panel = {
    showOutcome: (_, outcome) => void outcomes.push(outcome),
    showProblem: () => {},
    noteEvent: () => {},
  };
  const shopTracker = { ...tracker, track: tracker.track as ShopTracker['track'], tryKey: () => {} };
  return { box, outcomes, sell: (id: string) => sell(shopTracker, panel, findGoods(id)!, button) };
}

test('a sale is one purchase with item, price and currency', async () => {
  const shop = openShop();
  shop.sell('ink');
  assert.deepEqual(await shop.box.next('purchases'), { item: 'ink', price: 9.8, currency: 'GBP', shop: 'spa' });
  assert.equal(shop.box.events().length, 1);
  assert.deepEqual(await Promise.all(shop.outcomes), ['held']);
  await shop.box.close();
});

test('sales without a network come when it is back, each once and in their order', async () => {
  const shop = openShop();
  shop.box.offline();
  for (const id of ['ink', 'twine', 'ink']) shop.sell(id);
  await shop.box.flush();
  assert.deepEqual(shop.box.events(), []);
  shop.box.online();
  const items = [];
  for (let n = 0; n < 3; n++) items.push((await shop.box.next('purchases')).item);
  assert.deepEqual(items, ['ink', 'twine', 'ink']);
  assert.equal(shop.box.events().length, 3);
  await shop.box.close();
});
