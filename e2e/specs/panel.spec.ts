// mailslot/panel on a site of its own: floating, under a strict policy, from an import, a tag and a bookmarklet.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { root } from '../fixtures/paths.ts';
import { type Collector, expect, html, type Site, test } from '../fixtures/test.ts';

const headers = {
  'content-security-policy':
    "default-src 'none'; img-src data:; connect-src http:; require-trusted-types-for 'script'; trusted-types 'none'; " +
    `script-src 'self' '${JSON.parse(readFileSync(join(root, 'dist/integrity.json'), 'utf8'))['stub.js']}'`,
};

/** A page with a script tag; its URL. `more` are further scripts. */
function tagPage(site: Site, { projectId, keys }: Collector, endpoint: string, more = '', attributes = ''): string {
  const head = `<script>${readFileSync(join(root, 'dist/stub.js'), 'utf8')}</script>
    <script async src="/mailslot.js" data-endpoint="${endpoint}" data-project-id="${projectId}"
      data-write-key="${keys.write}" ${attributes}></script>${more}`;
  return site.page('/panel.html', { html: html({ head }), headers });
}

const part = (page: Page, name: string) => page.locator(`[data-part="${name}"]`);

test('a tag: what waits, what was answered, and what was refused, without the key and without HTML', async ({
  page,
  site,
  collector,
  faults,
}) => {
  faults.next({ status: 503 });
  await page.goto(tagPage(site, collector, faults.url, '<script async src="/addons/panel.js"></script>'));
  await expect(part(page, 'queue-empty')).toHaveText(/^Nothing waits/);
  const text = '<img src=x onerror=alert(1)>';
  await page.evaluate((value) => window.mailslot('views', { text: value }), text);
  await expect(part(page, 'sent').getByRole('listitem').first()).toContainText('503');
  await expect(part(page, 'waiting')).toHaveText('1');
  await expect(part(page, 'queue').getByRole('listitem')).toContainText(text);
  expect(await page.locator('img').count()).toBe(0);
  await page.evaluate(() => window.mailslot.flush());
  await expect(part(page, 'acknowledged')).toHaveText('1');
  await expect(part(page, 'queue').getByRole('listitem')).toHaveCount(0);
  await page.evaluate(() => window.mailslot('views', { 'a.b': 1 }).then(() => window.mailslot.flush()));
  await expect(part(page, 'sent').getByRole('listitem').first()).toContainText('InvalidPropertyNameError');
  await expect(part(page, 'problem')).toHaveText('Problem “rejected”, status 200, for 1 events.');
  await expect(part(page, 'setup')).toContainText(`projectId: ${collector.projectId}`);
  const shown = await page.evaluate(() => document.querySelector('[data-floating]')!.shadowRoot!.textContent);
  expect(shown).not.toContain(collector.keys.write);
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain(collector.keys.write);

  // The tab's requests are still there on its next page; Close removes the panel and its timer.
  await page.reload();
  await expect(part(page, 'sent').getByRole('listitem')).toHaveCount(3);
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(page.locator('[data-floating]')).toHaveCount(0);
});

test('an import, and its stop leaves nothing', async ({ page, site, collector }) => {
  const { projectId, keys, url: endpoint } = collector;
  site.file('/app.js', {
    body: `import { createTracker } from '/npm.js';
      window.tracker = createTracker(${JSON.stringify({ projectId, writeKey: keys.write, endpoint })});
      window.start = () => import('/panel.js').then(({ panel }) => panel(window.tracker)).then((stop) => (window.stop = stop));`,
  });
  const head = '<script type="module" src="/app.js"></script>';
  await page.goto(site.page('/app.html', { html: html({ head }), headers }));
  const call = (name: 'start' | 'stop') =>
    page.evaluate(async (what) => void (await (window as unknown as Record<string, () => unknown>)[what]!()), name);
  await page.waitForFunction(() => 'start' in window);
  await call('start');
  await page.evaluate(() => window.tracker.track('views', { a: 1 }).then(() => window.tracker.flush()));
  await expect(part(page, 'acknowledged')).toHaveText('1');
  await expect(part(page, 'setup')).toContainText('from: an import');
  await call('stop');
  await expect(page.locator('[data-floating]')).toHaveCount(0);
  await page.evaluate(() => window.tracker.track('views', { a: 2 }).then(() => window.tracker.flush()));
  expect(await page.evaluate(() => JSON.parse(sessionStorage['mailslot:panel']).totals.requests)).toBe(1);
});

test('a bookmarklet: an import of the tag’s file', async ({ page, site, collector }) => {
  await page.goto(tagPage(site, collector, collector.url));
  await page.evaluate((path) => void import(path), '/addons/panel.js');
  await expect(page.locator('[data-floating]')).toHaveCount(1);
  await page.evaluate(() => window.mailslot('views', { a: 1 }).then(() => window.mailslot.flush()));
  await expect(part(page, 'acknowledged')).toHaveText('1');
});

for (const delivery of ['tag', 'import'] as const) {
  test(`${delivery}: the debug log loads the panel on demand, and its end closes it`, async ({
    page,
    site,
    collector,
  }) => {
    const requested: string[] = [];
    page.on('request', (request) => requested.push(new URL(request.url()).pathname));
    site.file('/debugged.js', {
      body: `import { debug } from '/debug.js';
        window.stopDebug = debug(mailslot, { panel: () => import('/panel.js').then(({ panel }) => panel(mailslot)) });`,
    });
    const script = { tag: 'async src="/addons/debug.js" data-panel', import: 'type="module" src="/debugged.js"' };
    const url = tagPage(site, collector, collector.url, `<script ${script[delivery]}></script>`);
    await page.goto(url);
    await page.waitForFunction(() => 'stopDebug' in window || 'debug' in ((window.mailslot as any).addons ?? {}));
    expect(requested.filter((path) => path.endsWith('/panel.js'))).toEqual([]);
    await page.goto(`${url}?mailslot=debug`);
    await expect(part(page, 'setup')).toContainText('from: a script tag');
    await page.evaluate(() => ((window as any).stopDebug ?? (window.mailslot as any).addons.debug)());
    await expect(page.locator('[data-floating]')).toHaveCount(0);
  });
}

test('a panel that cannot be loaded is a warning, and no error of the page', async ({ page, site, collector }) => {
  await page.route('**/addons/panel.js', (route) => route.abort());
  const warned = page.waitForEvent('console', (message) => message.text().startsWith('mailslot: TypeError'));
  const url = tagPage(site, collector, collector.url, '<script async src="/addons/debug.js" data-panel></script>');
  await page.goto(`${url}?mailslot=debug`);
  await warned;
  await page.evaluate(() => (window.mailslot as any).addons.debug());
});

test('a key in a wrong attribute is neither shown nor logged', async ({ page, site, collector }) => {
  const secret = 'read_0c1f2d3e4b5a69788796a5b4';
  const said: Promise<string>[] = [];
  page.on('console', (message) => {
    said.push(Promise.all(message.args().map((one) => one.jsonValue())).then((values) => JSON.stringify(values)));
  });
  const scripts = ['panel', 'debug'].map((name) => `<script async src="/addons/${name}.js"></script>`).join('');
  const attributes = `data-admin-token="${secret}" data-extra="${secret}"`;
  await page.goto(`${tagPage(site, collector, collector.url, scripts, attributes)}?mailslot=debug`);
  await expect(part(page, 'setup')).toContainText('from: a script tag');
  await page.waitForFunction(() => 'mailslot=debug' in sessionStorage);
  expect(await page.evaluate(() => document.querySelector('[data-floating]')!.shadowRoot!.textContent)).not.toContain(
    secret,
  );
  const lines = await Promise.all(said);
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join()).not.toContain(secret);
});
