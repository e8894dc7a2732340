// Add-ons beside the script tag: one file each, with a hash of its own, under a strict policy.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../fixtures/paths.ts';
import { expect, html, test } from '../fixtures/test.ts';

const hashes = JSON.parse(readFileSync(join(root, 'dist/integrity.json'), 'utf8')) as Record<string, string>;

const tag = (name: string, attributes = '') =>
  `<script async src="/addons/${name}.js" integrity="${hashes[`addons/${name}.js`]}" crossorigin="anonymous" ${attributes}></script>`;

test('files with hashes start by themselves, under a strict policy with Trusted Types', async ({
  page,
  openTracker,
  collector,
}) => {
  await openTracker(page, {
    path: '/shop.html',
    options: { flushInterval: 0, add: 'clicks', clicksAll: 'true' } as object,
    head: [
      tag('views', 'data-local data-query="page sort"'),
      tag('views', 'data-local'),
      tag('clicks'),
      tag('vitals'),
    ].join(''),
    body: '<button name="buy">Buy</button>',
    headers: {
      'content-security-policy': `default-src 'none'; script-src 'self' '${hashes['stub.js']}'; connect-src ${collector.url}; require-trusted-types-for 'script'`,
    },
  });
  await page.waitForFunction(() => (window as any).mailslot.addons?.clicks);
  await page.click('button');
  await expect.poll(() => collector.count('pageviews')).toBe(1);
  await expect.poll(() => collector.count('clicks')).toBe(1);
  expect(await collector.events('pageviews')).toEqual([
    expect.objectContaining({ path: '/shop.html', navigation: 'load', title: '/shop.html' }),
  ]);
  expect(await collector.events('clicks')).toEqual([expect.objectContaining({ name: 'buy' })]);
});

test('a file above the tag of mailslot.js has the options of that tag', async ({ page, openTracker, collector }) => {
  await openTracker(page, {
    options: { flushInterval: 0, add: 'clicks', clicksAll: 'true' } as object,
    // Not async: it runs before the page has read the next tag.
    head: '<script src="/addons/clicks.js"></script>',
    body: '<button name="buy">Buy</button>',
  });
  await page.waitForFunction(() => (window as any).mailslot.addons?.clicks);
  await page.click('button');
  await expect.poll(() => collector.count('clicks')).toBe(1);
});

test('a file of a page without a tag starts once the page is read', async ({ page, site }) => {
  const script = 'window.mailslot = { track: (collection) => (window.tracked ??= []).push(collection) };';
  site.file('/own-tracker.js', { body: script });
  const head = '<script src="/own-tracker.js"></script><script src="/addons/clicks.js" data-all></script>';
  await page.goto(site.page('/own.html', html({ title: 'x', head, body: '<button>Buy</button>' })));
  await page.click('button');
  expect(await page.evaluate(() => (window as any).tracked)).toEqual(['clicks']);
});

test('a script can load the files that a tag lists, with the options of that tag', async ({
  page,
  openTracker,
  collector,
  site,
}) => {
  // A relative import starts at the script's own address, and Trusted Types allow it.
  site.file('/loader.js', { body: `for (const name of ['views', 'clicks']) import('./addons/' + name + '.js');` });
  await openTracker(page, {
    path: '/shop/index.html',
    options: { flushInterval: 0, add: 'views clicks', viewsLocal: '', viewsHash: 'true', clicksAll: '' } as object,
    head: '<script async src="/loader.js"></script>',
    body: '<button name="buy">Buy</button>',
    headers: {
      'content-security-policy': `default-src 'none'; script-src 'self' '${hashes['stub.js']}'; connect-src ${collector.url}; require-trusted-types-for 'script'`,
    },
  });
  await page.waitForFunction(() => (window as any).mailslot.addons?.clicks);
  await page.click('button');
  await page.evaluate(() => void (location.hash = '#/cart'));
  await expect.poll(() => collector.count('pageviews')).toBe(2);
  await expect.poll(() => collector.count('clicks')).toBe(1);
});

test('a file without mailslot.js does nothing', async ({ page, site }) => {
  const url = site.page('/alone.html', `<!doctype html><title>x</title>${tag('views')}${tag('errors')}`);
  await page.goto(url);
  expect(await page.evaluate(() => 'mailslot' in window)).toBe(false);
});
