// The mailbox of mailslot/testing in a real page: it answers in place of a collector that is nowhere.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMailbox } from 'mailslot/testing';
import { root } from '../fixtures/paths.ts';
import { openDocument } from '../fixtures/readme.ts';
import { test as base, expect, html } from '../fixtures/test.ts';

interface ShopEvents {
  purchases: { item: string; price: number };
  views: { page: string };
}

const test = base.extend({
  baseURL: async ({ site }, use) => {
    site.page(
      '/',
      html({
        head: `<script>${readFileSync(join(root, 'dist/stub.js'), 'utf8')}</script>
          <script async src="/mailslot.js" data-endpoint="https://collector.example" data-project-id="shop"
            data-write-key="write_0c1f" data-flush-interval="0"></script>`,
        body: `<button onclick="mailslot('purchases', { item: 'stamp', price: 1.2 })">Buy</button>`,
      }),
    );
    await use(site.url);
  },
});

const documentation = openDocument('src/tools/testing/README.md');

test('the documentation’s test of a shop passes', async ({ page }) => {
  const snippet = documentation.snippet('Playwright', 'ts');
  const [, body] = /async \(\{ page \}\) => \{\n([^]*)\n\}\);/.exec(snippet) ?? [];
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...values: unknown[]) => unknown;
  await new AsyncFunction('page', 'expect', 'createMailbox', body!)(page, expect, createMailbox);
});

test('weather reaches the page, and what waits comes afterwards', async ({ page, context }) => {
  const box = createMailbox<ShopEvents>();
  await box.route(context);
  await page.goto('/');
  const buy = page.getByRole('button', { name: 'Buy' });
  box.status(503, { times: 1, retryAfter: 1 });
  await buy.click();
  expect(await box.next('purchases', { timeout: 30_000 })).toEqual({ item: 'stamp', price: 1.2 });

  box.offline();
  const failed = page.waitForEvent('requestfailed');
  await buy.click();
  await failed;
  expect(box.events()).toHaveLength(1);
  box.online();
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  expect(await box.next('purchases', { timeout: 30_000 })).toEqual({ item: 'stamp', price: 1.2 });

  box.refuseKey();
  const refused = page.waitForResponse((response) => response.status() === 401);
  await buy.click();
  await refused;
  expect(await page.evaluate(() => window.mailslot.pending())).toBe(1);
  box.online();
  await page.evaluate(() => window.mailslot.setWriteKey('write_1c1f'));
  await box.next('purchases', { timeout: 30_000 });
  expect(box.events('purchases')).toHaveLength(3);
  await box.close();
});

test('after close() the page has its own network again', async ({ page, faults, site, collector }) => {
  const url = site.page(
    '/closed.html',
    html({
      head: `<script type="module">
    import { createTracker } from '/npm.js';
    window.tracker = createTracker({ projectId: '${collector.projectId}', writeKey: '${collector.keys.write}',
      endpoint: '${faults.url}' });</script>`,
    }),
  );
  const box = createMailbox();
  await box.route(page);
  await page.goto(url);
  await page.evaluate(() => window.tracker.track('views', { page: 'boxed' }).then(() => window.tracker.flush()));
  expect(await box.next('views')).toEqual({ page: 'boxed' });
  expect(faults.requests).toHaveLength(0);
  await box.close();
  await page.evaluate(() => window.tracker.track('views', { page: 'real' }).then(() => window.tracker.flush()));
  expect((await collector.events('views')).map((event) => event.page)).toEqual(['real']);
});
