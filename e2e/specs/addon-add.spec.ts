// `data-add`: the tag loads the files of add-ons, which are beside its own.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { root } from '../fixtures/paths.ts';
import { type Collector, expect, html, test, until } from '../fixtures/test.ts';
import { engineNames, findEngine } from '../reliability/engines/engines.ts';

const dist = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');
const hashes = JSON.parse(dist('integrity.json')) as Record<string, string>;
const STUB = `<script>${dist('stub.js')}</script>`;
const EARLY_CODE = `window.early = mailslot('visits', { n: 0 });`;
const EARLY = `<script>${EARLY_CODE}</script>`;
/** What a policy lists to allow an inline script. */
const sha256 = (code: string) => `sha256-${createHash('sha256').update(code).digest('base64')}`;

/** The attributes of a tag for this collector. */
const data = ({ projectId, keys, url }: Collector, add = 'views clicks') =>
  `data-project-id="${projectId}" data-write-key="${keys.write}" data-endpoint="${url}" data-flush-interval="0"
    data-add="${add}" data-views-local data-views-hash data-clicks-all`;

function listen(page: Page): string[] {
  const messages: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`uncaught: ${error.message}`));
  return messages;
}

const BUTTON = '<button name="buy">Buy</button>';

/** Uses a page as a visitor would, and waits for the events of both add-ons, made with the options of the tag. */
async function useShop(page: Page, collector: Collector, events = { pageviews: 2, clicks: 1 }) {
  await page.waitForFunction(() => (window as any).mailslot?.addons?.clicks && (window as any).mailslot.addons.views);
  await page.click('button');
  await page.evaluate(() => void (location.hash = '#/cart'));
  for (const [name, count] of Object.entries(events)) await expect.poll(() => collector.count(name)).toBe(count);
}

const POLICIES: Record<string, (collector: Collector) => { csp: string; nonce?: string }> = {
  'own scripts': ({ url }) => ({
    csp: `default-src 'none'; script-src 'self' '${hashes['stub.js']}' '${sha256(EARLY_CODE)}'; connect-src ${url}`,
  }),
  nonces: ({ url }) => ({ csp: `default-src 'none'; script-src 'nonce-abc'; connect-src ${url}`, nonce: 'abc' }),
  'nonces and strict-dynamic': ({ url }) => ({
    csp: `default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; connect-src ${url}`,
    nonce: 'abc',
  }),
};
for (const [what, policy] of Object.entries(POLICIES)) {
  test(`under a policy of ${what}, with Trusted Types and hashes`, async ({ page, site, collector }) => {
    const messages = listen(page);
    const { csp, nonce } = policy(collector);
    const attributes = nonce ? ` nonce="${nonce}"` : '';
    const preload = (file: string) =>
      `<link rel="modulepreload" href="/${file}" integrity="${hashes[file]}"${attributes}>`;
    const url = site.page('/shop/a.html', {
      html: html({
        head: `${preload('addons/views.js')}${preload('addons/clicks.js')}
          ${(STUB + EARLY).replaceAll('<script', `<script${attributes}`)}
          <script async src="/mailslot.js" integrity="${hashes['mailslot.js']}" crossorigin="anonymous" ${data(collector)}${attributes}></script>`,
        body: BUTTON,
      }),
      headers: {
        'content-security-policy': `${csp}; require-trusted-types-for 'script'; trusted-types 'none'; img-src data:`,
      },
    });
    await page.goto(url);
    expect(await page.evaluate(() => (window as any).early)).toBe('stored');
    await useShop(page, collector);
    expect(await collector.events('clicks')).toEqual([expect.objectContaining({ name: 'buy' })]);
    expect((await collector.events('pageviews')).map(({ navigation }) => navigation)).toEqual(['load', 'push']);
    expect(messages).toEqual([]);
    // The preload and the import are one request.
    expect(site.requests.filter(({ path }) => path === '/addons/views.js')).toHaveLength(1);
  });
}

const inject = (attributes: string, way: string) => `<script>
  const holder = document.createElement('div');
  holder.innerHTML = ${JSON.stringify(`<script src="/mailslot.js" ${attributes}></script>`).replace(/<\//g, '<\\/')};
  const tag = document.createElement('script');
  for (const { name, value } of holder.firstChild.attributes) tag.setAttribute(name, value);
  ${way}
</script>`;

for (const [way, body] of [
  ['async', (it: string) => `<script async src="/mailslot.js?v=a/b" ${it}></script>`],
  ['plain, without the stub', (it: string) => `<script src="/mailslot.js" ${it}></script>`],
  ['module', (it: string) => `<script type="module" src="/mailslot.js" ${it}></script>`],
  ['createElement, moved', (it: string) => inject(it, 'document.head.append(tag); document.body.append(tag);')],
  ['twice', (it: string) => `<script src="/mailslot.js" ${it}></script>`.repeat(2)],
  [
    'beside the file of an add-on',
    (it: string) => `<script async src="/addons/views.js"></script><script async src="/mailslot.js" ${it}></script>`,
  ],
  [
    'among elements with the names of properties',
    (it: string) => `<img alt="" name="currentScript"><img alt="" name="querySelectorAll"><a id="mailslot"></a>
      <a id="HTMLScriptElement"></a><script src="/mailslot.js" ${it}></script>`,
  ],
  [
    'another site, with crossorigin',
    (it: string, other: string) => `<script async src="${other}/mailslot.js" crossorigin ${it}></script>`,
  ],
] as const) {
  test(`the tag: ${way}`, async ({ page, site, collector }) => {
    const messages = listen(page);
    const content = body(data(collector), site.otherUrl);
    await page.goto(
      site.page('/shop/a.html', html({ body: (way.includes('without') ? '' : STUB) + BUTTON + content })),
    );
    await useShop(page, collector);
    expect(messages).toEqual([]);
    expect(new Set(site.requests.flatMap(({ path }) => path.match(/\/addons\/\w+\.js$/) ?? []))).toEqual(
      new Set(['/addons/views.js', '/addons/clicks.js']),
    );
  });
}

test('a line break or a comma between the names is as good as a space', async ({ page, site, collector }) => {
  const tag = `<script src="/mailslot.js" ${data(collector, '\n  views,\n  clicks\n')}></script>`;
  await page.goto(site.page('/shop/a.html', html({ body: STUB + BUTTON + tag })));
  await useShop(page, collector);
});

test('each tag has its own add-ons and their options', async ({ page, site, collector }) => {
  const tags = `<script src="/mailslot.js" ${data(collector)}></script>
    <script src="/mailslot.js" ${data(collector)
      .replace('data-views-hash', 'data-global="shopslot"')
      .replace(/"[^"]*" data-write/, '"other" data-write')}></script>`;
  await page.goto(site.page('/shop/a.html', html({ body: STUB + BUTTON + tags })));
  await page.waitForFunction(() => (window as any).shopslot?.addons?.clicks);
  const made = await page.evaluate(() => {
    const events: unknown[] = [];
    for (const name of ['mailslot', 'shopslot'])
      (window as any)[name].use({ beforeTrack: (event: any, to: string) => void events.push([name, to, event.url]) });
    Object.assign(window, { events });
    return events;
  });
  expect(made).toEqual([]);
  await page.evaluate(() => history.pushState(null, '', '/cart'));
  await page.evaluate(() => void (location.hash = '#/x'));
  const views = () =>
    page.evaluate(() => (window as any).events.filter(([, to]: any) => to === 'pageviews') as string[][]);
  await expect.poll(views).toEqual(
    expect.arrayContaining([
      ['mailslot', 'pageviews', `${site.url}/cart`],
      ['shopslot', 'pageviews', `${site.url}/cart`],
      ['mailslot', 'pageviews', `${site.url}/cart#/x`],
    ]),
  );
  const urls = (await views()).filter(([name]) => name === 'shopslot').map(([, , url]) => url);
  expect(urls).not.toContain(`${site.url}/cart#/x`);
});

test('a file that does not come is said once, and nothing else suffers', async ({ page, site, collector }) => {
  const messages = listen(page);
  const tag = `<script src="/mailslot.js" ${data(collector, 'views veiws clicks')}></script>`;
  await page.goto(site.page('/shop/a.html', html({ body: STUB + EARLY + BUTTON + tag })));
  await useShop(page, collector);
  // The browser's own message has no address.
  const own = messages.filter((message) => !/^error: Failed to load resource: .*404/.test(message));
  expect(own).toEqual([expect.stringMatching(/^warning: mailslot: TypeError: .*\/addons\/veiws\.js/)]);
});

for (const [what, head] of [
  ['a modulepreload', `<link rel="modulepreload" href="/addons/views.js" integrity="${hashes['addons/views.js']}">`],
  [
    'an import map',
    `<script type="importmap">${JSON.stringify({ integrity: { '/addons/views.js': hashes['addons/views.js'] } })}</script>`,
  ],
] as const) {
  test(`a file that somebody has changed does not run: the hash of ${what}`, async ({ page, site, collector }) => {
    const messages = listen(page);
    site.file('/addons/views.js', { body: `${dist('addons/views.js')}\nwindow.changed = true;` });
    const tag = `<script src="/mailslot.js" ${data(collector)}></script>`;
    await page.goto(site.page('/shop/a.html', html({ head, body: STUB + BUTTON + tag })));
    await expect
      .poll(() => messages.filter((message) => /^warning: mailslot: TypeError: .*\/addons\/views\.js/.test(message)))
      .toHaveLength(1);
    await page.waitForFunction(() => (window as any).mailslot.addons?.clicks);
    expect(await page.evaluate(() => [(window as any).changed, (window as any).mailslot.addons.views])).toEqual([
      undefined,
      undefined,
    ]);
  });
}

test('options of listed add-ons are none of the tracker; any other unknown one is still said', async ({
  page,
  site,
  collector,
}) => {
  const messages = listen(page);
  const tag = (more: string, add = 'views sessions errors') =>
    `<script src="/mailslot.js" ${data(collector, add).replace('data-clicks-all', '')} ${more}></script>`;
  const open = async (path: string, content: string) => {
    await page.goto(site.page(path, html({ body: STUB + content })));
    await page.waitForFunction(() => (window as any).mailslot.addons?.errors);
  };
  await open('/a.html', tag('data-sessions-idle="60000" data-errors-resources="false"'));
  expect(messages).toEqual([]);
  await open('/b.html', tag('data-flush-intervall="1" data-forms-x="1"'));
  expect(messages).toEqual([
    expect.stringContaining('data-flush-intervall is no option'),
    expect.stringContaining('data-forms-x is no option'),
  ]);
});

test('without a key nothing is loaded', async ({ page, site, collector }) => {
  const tag = `<script src="/mailslot.js" ${data(collector).replace(collector.keys.write, 'read_0123456789abcdef')}></script>`;
  await page.goto(site.page('/shop/a.html', html({ body: STUB + tag })));
  expect(await page.evaluate(() => (window as any).mailslot('visits', { n: 1 }))).toBe('dropped');
  expect(site.requests.filter(({ path }) => path.includes('/addons/'))).toEqual([]);
});

test('a file that comes late, without the stub, and before mailslot.js', async ({ page, site, collector }) => {
  await page.goto(site.page('/shop/a.html', html({ body: BUTTON })));
  await page.evaluate(
    async (attributes) => {
      const insert = (content: string) =>
        new Promise((done) => {
          const tag = document.createElement('script');
          const holder = document.createElement('div');
          holder.innerHTML = `<i ${content}></i>`;
          for (const { name, value } of holder.firstElementChild!.attributes) tag.setAttribute(name, value);
          tag.onload = done;
          document.head.append(tag);
        });
      await insert('src="/addons/views.js" data-local');
      await insert(`src="/mailslot.js" ${attributes}`);
    },
    data(collector).replace(/data-add="[^"]*"/, ''),
  );
  await expect.poll(() => collector.count('pageviews')).toBe(1);
});

test('from another site a tag needs `crossorigin`, as its hash does', async ({ page, site, collector }) => {
  const messages = listen(page);
  const tag = `<script src="${site.otherUrl}/mailslot.js" ${data(collector)}></script>`;
  await page.goto(site.page('/shop/a.html', html({ body: STUB + EARLY + tag })));
  expect(await page.evaluate(() => (window as any).early)).toBe('stored');
  await expect
    .poll(() => messages)
    .toEqual(
      ['views', 'clicks'].map((name) => expect.stringMatching(`^warning: mailslot: TypeError: .*/addons/${name}\\.js`)),
    );
});

for (const name of engineNames.filter((engine) => engine !== 'chromium')) {
  test(`${name} loads the files with the tag’s options, unless their hash is another one`, async ({
    site,
    collector,
  }) => {
    test.setTimeout(240_000);
    const engine = findEngine(name);
    test.skip(!engine, `${name} is not installed`);
    // Firefox 140 takes the hash of the preload, and WebKit that of the import map.
    const map = JSON.stringify({
      integrity: { '/addons/clicks.js': hashes['addons/clicks.js'], '/addons/forms.js': hashes['addons/views.js'] },
    });
    const url = site.page('/shop/a.html', {
      html: html({
        head: `<script src="/shown.js"></script><link rel="modulepreload" href="/addons/views.js" integrity="${hashes['addons/views.js']}">
          <link rel="modulepreload" href="/addons/forms.js" integrity="${hashes['addons/views.js']}">
          <script type="importmap">${map}</script>${STUB}<script async src="/mailslot.js" ${data(collector, 'forms views clicks')}></script>`,
        body: BUTTON,
      }),
      headers: {
        'content-security-policy': `default-src 'none'; script-src 'self' '${hashes['stub.js']}' '${sha256(map)}'; connect-src ${collector.url}; require-trusted-types-for 'script'; img-src data:`,
      },
    });
    // Debian's WebKit has no window that is shown.
    site.file('/shown.js', {
      body: `Object.defineProperty(document, 'hidden', { value: false, configurable: true });`,
    });
    const browser = await engine!.start();
    try {
      const tab = await browser.open(url);
      await until('the add-ons', () =>
        tab.evaluate(
          () => Boolean((window as any).mailslot.addons?.views && (window as any).mailslot.addons.clicks),
          undefined,
        ),
      );
      await tab.evaluate(() => document.querySelector('button')!.click(), undefined);
      await tab.evaluate(() => void (location.hash = '#/cart'), undefined);
      await expect.poll(() => collector.count('pageviews')).toBe(2);
      await expect.poll(() => collector.count('clicks')).toBe(1);
      expect(await tab.evaluate(() => Object.keys((window as any).mailslot.addons).sort(), undefined)).toEqual([
        'clicks',
        'views',
      ]);
    } finally {
      await browser.close();
    }
  });
}
