import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { findBrowser } from '../../scripts/browsers.mjs';
import { until } from '../../scripts/testing/until.ts';
import { temporaryFolder } from '../fixtures/paths.ts';
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
export const buyAndGoOn = async (visit: Visit): Promise<void> => goOn(visit, await openShop(visit));

async function goOn(visit: Visit, page: Page): Promise<void> {
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

/** Edits of a component and, if it can be replaced, of the tracker in a development server. The page stays. */
export const editAndBuy =
  (component: string, tracker?: string) =>
  async (visit: Visit): Promise<void> => {
    const page = await openShop(visit);
    await page.evaluate(() => document.documentElement.setAttribute('data-same-page', ''));
    edit(visit, component, '<h1>Shop</h1>', '<h1>Store</h1>');
    await page.getByRole('heading', { name: 'Store' }).waitFor();
    await page.getByRole('button', { name: 'Buy' }).click();

    if (tracker) {
      const update = page.waitForEvent('console', {
        predicate: (message) => /hot updated: .*provider/.test(message.text()),
      });
      edit(visit, tracker, 'endpoint:', 'extend: { release: 2 },\n  endpoint:');
      await update;
      // What the components show after a further edit, they show with the new tracker.
      edit(visit, component, '<h1>Store</h1>', '<h1>Market</h1>');
      await page.getByRole('heading', { name: 'Market' }).waitFor();
      await page.getByRole('button', { name: 'Buy' }).click();
    }
    assert.equal(await page.locator('html[data-same-page]').count(), 1, 'the page was loaded anew');
    await visit.expectEvents({
      pageviews: [{ path: '/', navigation: 'load' }],
      purchases: [PURCHASE, ...(tracker ? [{ ...PURCHASE, release: 2 }] : [])],
    });
  };

/** An event of a click that another thread tracks. */
export async function buyInWorker({ open, expectEvents }: Visit): Promise<void> {
  const page = await open('/');
  await page.getByRole('button', { name: 'Buy' }).click();
  await expectEvents({ purchases: [PURCHASE] });
}

/** A click is an entry of the data layer, for which the container injects a tag that tracks. */
export async function buyByTagManager({ open, expectEvents }: Visit): Promise<void> {
  const page = await open('/');
  await page.getByRole('button', { name: 'Buy' }).click();
  await expectEvents({ purchases: [PURCHASE] });
}

/** Events of the background's start and of a click in the popup, in a browser that has the extension. */
export async function buyInExtension({ project, watch, expectEvents }: Visit): Promise<void> {
  const profile = temporaryFolder();
  const { executablePath, args } = findBrowser('chromium')!;
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath,
    args: [...args, `--disable-extensions-except=${project.folder}`, `--load-extension=${project.folder}`],
  });
  try {
    const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
    const page = await context.newPage();
    watch(page);
    await page.goto(`chrome-extension://${new URL(worker.url()).host}/popup.html`);
    await page.getByRole('button', { name: 'Buy' }).click();
    await expectEvents({ installs: [{ reason: 'install' }], purchases: [PURCHASE] });
  } finally {
    await context.close();
    profile.remove();
  }
}

function edit({ project }: Visit, file: string, from: string, to: string): void {
  const path = join(project.folder, file);
  const text = readFileSync(path, 'utf8');
  assert.ok(text.includes(from), `${file} has no “${from}”`);
  writeFileSync(path, text.replace(from, to));
}

/** The same in Next, where components on the server and code at the edge have the tracker too, and drop their events. */
export async function buyInNext(visit: Visit): Promise<void> {
  const page = await openShop(visit);
  await page.getByText('Cached: dropped').waitFor();
  await page.getByText('Request: dropped').waitFor();
  assert.equal((await page.request.get(page.url())).headers()['x-outcome'], 'dropped', 'at the edge');
  await goOn(visit, page);
}
