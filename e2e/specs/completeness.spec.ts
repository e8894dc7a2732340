// Missing events on the dashboard: the collector finds gaps in the events' numbers, and a gap closes when the late
// event arrives.
import type { Page } from 'playwright/test';
import { type Collector, expect, lostAnswer, test, until } from '../fixtures/test.ts';

/** Opens the dashboard: its verdict, and the cells of each day (received, repeats, missing, share). */
async function openDashboard(page: Page, collector: Collector) {
  await page.goto(collector.dashboard);
  return {
    verdict: page.locator('#missing-verdict'),
    cells: page.locator('#missing-rows td'),
    empty: page.getByText('Days appear here once a page with mailslot has sent events'),
  };
}

// With a script tag the request that hangs fails as the page is left, and goes out again together with the second event.
test.use({ delivery: 'npm' });

test('a late event is missing until it arrives', async ({ context, page, openTracker, faults, collector, site }) => {
  const dashboard = await openDashboard(await context.newPage(), collector);
  await expect(dashboard.empty).toBeVisible();

  const tracker = await openTracker(page, { options: { endpoint: faults.url } });
  // The request with the first event hangs, and meanwhile the page is left with a second event.
  faults.always(({ body }) => (body.includes('"n":1') ? { hang: true } : undefined));
  await tracker.track('views', { n: 1 });
  await until('the first request', () => faults.posts.length === 1);
  await tracker.track('purchases', { n: 2 });
  await page.goto(site.page('/elsewhere.html', '<p>elsewhere</p>'));
  await expect(dashboard.verdict).toHaveText('1 event missing on 1 page, 50% of what was tracked');
  await expect(dashboard.cells).toHaveText(['1', '0', '1', '50%']);
  expect([await collector.count('views'), await collector.count('purchases')]).toEqual([0, 1]);

  // The next page finds the first event in the queue, and the second one if its answer came too late.
  faults.always(undefined);
  await page.goto(tracker.url);
  await expect(dashboard.verdict).toHaveText('Nothing is missing');
  await expect(dashboard.cells).toHaveText(['2', /^[01]$/, '0', '0%']);
  expect(await collector.count('views')).toBe(1);
});

test('an event that is sent twice is counted once, and its repeat is shown', async ({
  context,
  page,
  openTracker,
  faults,
  collector,
}) => {
  const tracker = await openTracker(page, { options: { endpoint: faults.url } });
  faults.next(lostAnswer);
  await tracker.track('views', { n: 1 });
  await tracker.flush();
  await until('the second attempt', async () => (await tracker.pending()) === 0);
  const dashboard = await openDashboard(await context.newPage(), collector);
  await expect(dashboard.verdict).toHaveText('Nothing is missing');
  await expect(dashboard.cells).toHaveText(['1', '1', '0', '0%']);
  expect(await collector.count('views')).toBe(1);
});

test('an event that was given up stays missing', async ({ context, page, openTracker, collector }) => {
  const tracker = await openTracker(page);
  for (const event of [{ n: 1 }, { $n: 2 }, { n: 3 }]) await tracker.track('views', event);
  await tracker.flush();
  const dashboard = await openDashboard(await context.newPage(), collector);
  await expect(dashboard.verdict).toHaveText('1 event missing on 1 page, 33% of what was tracked');
});
