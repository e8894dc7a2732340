import type { Page } from 'playwright';
import { until } from '../../scripts/testing/until.ts';
import type { Visit } from './row.ts';

export const PURCHASE = { item: 'stamp', price: 1.2 };

/** Opens a page, and waits for its view: then the app has started, also one that a server has rendered. */
export async function openShop({ open, collector }: Visit, path = '/'): Promise<Page> {
  const page = await open(path);

  await until('the view of the page', async () => (await collector.count('pageviews')) > 0, 60_000);
  return page;
}

/** A page's view, and an event of a click. */
export async function buy(visit: Visit): Promise<void> {
  const page = await openShop(visit);
  await page.getByRole('button', { name: 'Buy' }).click();
  await visit.expectEvents({ pageviews: [{ path: '/' }], purchases: [PURCHASE] });
}

/** The same, and the view of another route, without a load. */
export async function buyAndGoOn(visit: Visit): Promise<void> {
  const page = await openShop(visit);
  await page.getByRole('button', { name: 'Buy' }).click();
  await page.getByRole('link', { name: 'About' }).click();
  await page.getByRole('heading', { name: 'About' }).waitFor();
  await visit.expectEvents({
    pageviews: [
      { path: '/', navigation: 'load' },
      { path: '/about', navigation: 'push' },
    ],
    purchases: [PURCHASE],
  });
}
