// One pageviews event for each thing that a visitor saw.
import type { Page } from 'playwright/test';
import { type AddonPage, addonPage, madeEvents } from '../fixtures/addons.ts';
import { expect, html, type Site, test, until } from '../fixtures/test.ts';
import { startUndrivenBrowser } from '../fixtures/undriven-browser.ts';

const START = `window.stop = addons.views(target, {
  skip: addons.exclusions({ local: true, ...window.options }), ...window.options });`;
const NO_NAVIGATION_API = 'Object.defineProperty(window, "navigation", { value: undefined });';

/** Opens a page with `views`, and waits for its first view. */
async function open(page: Page, site: Site, options: object = {}, more: Partial<AddonPage> = {}) {
  const url = await addonPage(site, {
    path: '/shop',
    title: 'The shop',
    script: START,
    ...more,
    early: `window.options = ${JSON.stringify(options)}; ${more.early ?? ''}`,
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).stop);
  return url;
}

const views = async (page: Page) =>
  (await madeEvents(page, 'pageviews')).map(({ event }) => [event.navigation, event.path]);

/** Waits for exactly these views, and a moment longer than a view can take. */
async function expectViews(page: Page, expected: string[][]) {
  await expect.poll(() => views(page)).toEqual(expected);
  await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  expect(await views(page)).toEqual(expected);
}

const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, hidden);

test('a load and a reload are a view each', async ({ page, site }) => {
  const url = await open(page, site, {}, { path: '/shop/index.html' });
  await expectViews(page, [['load', '/shop/index.html']]);
  await page.reload();
  await expectViews(page, [
    ['load', '/shop/index.html'],
    ['reload', '/shop/index.html'],
  ]);
  const [load, reload] = await madeEvents(page, 'pageviews');
  expect(load!.event).toMatchObject({
    title: 'The shop',
    referrer: '',
    previous: '',
    url: url.replace('/index.html', ''),
  });
  expect(reload!.event.view).not.toBe(load!.event.view);
  expect(Math.abs(Date.parse(load!.event.keen.timestamp) - load!.time)).toBeLessThan(30_000);
});

test('the way back to a page that is not in the cache is back_forward', async ({ page, site }) => {
  const url = await open(page, site);
  await expectViews(page, [['load', '/shop']]);
  await page.goto(`${site.url}/other.html`);
  await page.goBack();
  expect(page.url()).toBe(url);
  await expectViews(page, [
    ['load', '/shop'],
    ['back_forward', '/shop'],
  ]);
});

test('a page out of the back/forward cache is a view, and keeps nothing out of the cache', async ({
  browserProcess,
  site,
}) => {
  const page = await browserProcess.newPage();
  await page.addInitScript(() => addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted })));
  await open(page, site);
  await expectViews(page, [['load', '/shop']]);
  await page.goto(`${site.url}/other.html`);
  await page.goBack({ waitUntil: 'commit' });
  await expect.poll(() => page.evaluate(() => (window as any).persisted)).toBe(true);
  await expectViews(page, [
    ['load', '/shop'],
    ['restore', '/shop'],
  ]);
  const [load, restore] = await madeEvents(page, 'pageviews');
  expect(restore!.event).toMatchObject({ previous: '/shop', referrer: '' });
  expect(restore!.event.view).not.toBe(load!.event.view);
});

test('a prerendered page is a view once it is shown, and none before', async ({ site }) => {
  const report = `target.track = async (to, { navigation, path }) => fetch('/seen?' + [to, navigation, path, document.prerendering]);`;
  const url = await addonPage(site, { path: '/shop', script: `${report} ${START} fetch('/prepared')` });
  const never = await addonPage(site, { path: '/never', script: `${report} ${START} fetch('/prepared-never')` });
  site.file('/go.json', { body: 'false' });
  const rules = JSON.stringify({ prerender: [{ source: 'list', urls: [url, never], eagerness: 'immediate' }] });
  site.file('/from.js', {
    body: `while (!(await (await fetch('/go.json')).json())) await new Promise((done) => setTimeout(done, 50));
      location.href = ${JSON.stringify(url)};`,
  });
  const from = site.page(
    '/from.html',
    html({
      head: `<script type="speculationrules">${rules}</script>`,
      body: '<script type="module" src="/from.js"></script>',
    }),
  );
  const seen = () => site.requests.map(({ path }) => path).filter((path) => path.startsWith('/seen'));
  const browser = startUndrivenBrowser(from);
  try {
    for (const prepared of ['/prepared', '/prepared-never']) {
      await until(prepared, () => site.requests.some(({ path }) => path === prepared), 30_000);
    }
    expect(seen()).toEqual([]);
    site.file('/go.json', { body: 'true' });
    await expect.poll(seen).toEqual(['/seen?pageviews,prerender,/shop,false']);
  } finally {
    await browser.close();
  }
});

test('a page in a background tab is a view when it is shown', async ({ page, site }) => {
  await open(
    page,
    site,
    {},
    { early: 'Object.defineProperty(document, "hidden", { value: true, configurable: true });' },
  );
  await page.evaluate(() => history.pushState(null, '', '/redirected'));
  await expectViews(page, []);
  const shown = Date.now();
  await setHidden(page, false);
  await expectViews(page, [['load', '/redirected']]);
  const [load] = await madeEvents(page, 'pageviews');
  expect(Date.parse(load!.event.keen.timestamp)).toBeGreaterThanOrEqual(shown - 1000);
});

for (const [how, early] of [
  ['with the Navigation API', ''],
  ['without the Navigation API', NO_NAVIGATION_API],
] as const) {
  test.describe(how, () => {
    test('push and traverse are views; a push of the same page is none', async ({ page, site }) => {
      await open(page, site, {}, { early });
      await expectViews(page, [['load', '/shop']]);
      await page.evaluate(() => history.pushState(null, '', '/shop/stamps'));
      const pushed = [
        ['load', '/shop'],
        ['push', '/shop/stamps'],
      ];
      await expectViews(page, pushed);
      const [load, push] = await madeEvents(page, 'pageviews');
      expect(push!.event).toMatchObject({ previous: '/shop', referrer: '' });
      expect(push!.event.view).toBe(load!.event.view.replace(/1$/, '2'));

      await page.evaluate(() => {
        history.pushState(null, '', '/shop/stamps/');
        history.pushState(null, '', '/shop/stamps/index.html');
        history.pushState(null, '', '/shop/stamps?token=1#part');
      });
      await expectViews(page, pushed);
      await page.evaluate(() => history.go(-4));
      await expectViews(page, [...pushed, ['traverse', '/shop']]);
    });

    test('query names and the hash make pages only on request', async ({ page, site }) => {
      await open(page, site, { query: ['page', 'sort'], hash: true }, { early });
      await page.evaluate(() => history.pushState(null, '', '?secret=1&page=2&other=3&sort=up#/cart'));
      await expectViews(page, [
        ['load', '/shop'],
        ['push', '/shop'],
      ]);
      const [, push] = await madeEvents(page, 'pageviews');
      expect(push!.event.url).toBe(`${site.url}/shop?page=2&sort=up#/cart`);
      await page.evaluate(() => history.pushState(null, '', '?secret=2&page=2&sort=up#/cart'));
      expect(await views(page)).toHaveLength(2);
    });

    test('a hash router makes views', async ({ page, site }) => {
      await open(page, site, { hash: true }, { early });
      await expectViews(page, [['load', '/shop']]);
      await page.evaluate(() => (location.hash = '#/cart'));
      await expect.poll(async () => (await views(page)).length).toBe(2);
      await page.goBack();
      await expect.poll(async () => (await views(page)).length).toBe(3);
      const urls = (await madeEvents(page, 'pageviews')).map(({ event }) => event.url.replace(site.url, ''));
      expect(urls).toEqual(['/shop', '/shop#/cart', '/shop']);
    });

    test('a restart (StrictMode, hot reloading) counts nothing twice', async ({ page, site }) => {
      await open(page, site, {}, { early, script: `${START} stop(); ${START}` });
      await expectViews(page, [['load', '/shop']]);
      await page.evaluate(() => {
        const { stop, addons, target } = window as any;
        stop();
        history.pushState(null, '', '/elsewhere');
        Object.assign(window, { stop: addons.views(target, { local: true }) });
      });
      await expectViews(page, [
        ['load', '/shop'],
        ['push', '/elsewhere'],
      ]);
      expect(await page.evaluate(() => (window as any).hooks.size)).toBe(1);
    });
  });
}

test('replace is a view if the path differs', async ({ page, site }) => {
  await open(page, site);
  await expectViews(page, [['load', '/shop']]);
  await page.evaluate(() => {
    history.replaceState({ scroll: 1 }, '');
    history.replaceState(null, '', '?sort=up');
  });
  await expectViews(page, [['load', '/shop']]);
  await page.evaluate(() => history.replaceState(null, '', '/cart'));
  await expectViews(page, [
    ['load', '/shop'],
    ['replace', '/cart'],
  ]);
});

test('a redirect is one view: nobody saw the page before it', async ({ page, site }) => {
  await open(page, site, {}, { script: `${START} history.replaceState(null, '', '/en/shop');` });
  await expectViews(page, [['load', '/en/shop']]);
  await page.evaluate(() => {
    history.pushState(null, '', '/login');
    history.replaceState(null, '', '/account');
  });
  await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  await page.evaluate(() => {
    history.replaceState(null, '', '/between');
    history.pushState(null, '', '/cart');
  });
  await expectViews(page, [
    ['load', '/en/shop'],
    ['push', '/account'],
    ['push', '/cart'],
  ]);
  const previous = (await madeEvents(page, 'pageviews')).map(({ event }) => event.previous);
  expect(previous).toEqual(['', '/en/shop', '/account']);
});

test('the title is the one that the router sets after the navigation; the time is that of the navigation', async ({
  page,
  site,
}) => {
  await open(page, site);
  await expectViews(page, [['load', '/shop']]);
  const [before, after] = await page.evaluate(async () => {
    const start = Date.now();
    history.pushState(null, '', '/stamps');
    const end = Date.now();
    // Not every change of the head is one of the title.
    document.head.append(document.createElement('style'));
    await new Promise((done) => setTimeout(done, 120));
    document.title = 'Stamps';
    return [start, end];
  });
  await expectViews(page, [
    ['load', '/shop'],
    ['push', '/stamps'],
  ]);
  const [, push] = await madeEvents(page, 'pageviews');
  expect(push!.event.title).toBe('Stamps');
  const time = Date.parse(push!.event.keen.timestamp);
  expect(time).toBeGreaterThanOrEqual(before!);
  expect(time).toBeLessThanOrEqual(after!);
});

test('a view that waits for its title is tracked when the page hides', async ({ page, site }) => {
  await open(page, site);
  await expectViews(page, [['load', '/shop']]);
  const made = await page.evaluate(() => {
    history.pushState(null, '', '/stamps');
    document.title = 'Stamps';
    dispatchEvent(new PageTransitionEvent('pagehide'));
    return sessionStorage.made;
  });
  expect(JSON.parse(made)[1]).toMatchObject({ event: { path: '/stamps', title: 'Stamps' } });
});

test('each later event of a view carries its id, and the leave fires while the old one counts', async ({
  page,
  site,
}) => {
  await open(page, site);
  await expectViews(page, [['load', '/shop']]);
  const views = await page.evaluate(async () => {
    const { target } = window as any;
    addEventListener('mailslot:leave', () => target.track('leaves', { path: '/shop' }));
    target.track('purchases', { item: 'stamp' });
    history.pushState(null, '', '/thanks');
    target.track('thanks', {});
    (window as any).stop();
    await null;
    target.track('after', {});
    return JSON.parse(sessionStorage.made).map(({ collection, event }: any) => [collection, event.view]);
  });
  const [[, first]] = views;
  const second = first.replace(/1$/, '2');
  expect(views).toEqual([
    ['pageviews', first],
    ['purchases', first],
    ['leaves', first],
    ['thanks', second],
    ['pageviews', second],
    ['after', undefined],
  ]);
});

test('the referrer has no query, and of another site only its origin', async ({ page, site }) => {
  const url = await open(page, site);
  for (const [from, referrer] of [
    [`${site.url}/from.html?token=1`, `${site.url}/from.html`],
    [`${site.otherUrl}/from.html?token=1`, site.otherUrl],
  ] as const) {
    site.page('/from.html', {
      html: html({ body: `<a href="${url}">on</a>` }),
      headers: { 'referrer-policy': 'unsafe-url' },
    });
    await page.goto(from);
    await page.click('a');
    await expect.poll(async () => (await madeEvents(page, 'pageviews')).at(-1)?.event.referrer).toBe(referrer);
  }
});

for (const [why, options, path] of [
  ['local', { local: false }, '/shop'],
  ['hosts', { hosts: ['shop.example'] }, '/shop'],
  ['exclude', { exclude: ['/admin/**'] }, '/admin/users/1'],
  ['exclude', { exclude: ['/*/edit', '/+.('] }, '/page/edit'],
] as const) {
  test(`${path} does not count by ${JSON.stringify(options)}, which the console says once`, async ({ page, site }) => {
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    await open(page, site, options, { path });
    await page.evaluate(async () => {
      history.pushState(null, '', location.pathname.replace('users', 'groups'));
      await new Promise((done) => setTimeout(done, 400));
      (window as any).target.track('purchases', {});
    });
    expect((await madeEvents(page)).map(({ collection, event }) => [collection, event.view])).toEqual([
      ['purchases', undefined],
    ]);
    expect(said.filter((text) => text.startsWith('mailslot'))).toEqual([`mailslot: no views: ${why}`]);
  });
}

test('patterns match within a segment with * and across with **', async ({ page, site }) => {
  await open(page, site, { exclude: ['/admin/*', '/api**'] });
  for (const path of ['/admin/a', '/admin/a/b', '/apis/x', '/xadmin/a']) {
    await page.evaluate((to) => history.pushState(null, '', to), path);
    await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  }
  expect((await views(page)).map(([, path]) => path)).toEqual(['/shop', '/admin/a/b', '/xadmin/a']);
});

test('a frame counts only on request', async ({ page, site }) => {
  const framed = await addonPage(site, { path: '/framed', script: START });
  const counted = await addonPage(site, {
    path: '/counted',
    early: 'window.options = { frames: true };',
    script: START,
  });
  site.page('/frames.html', html({ body: `<iframe src="${framed}"></iframe><iframe src="${counted}"></iframe>` }));
  await page.goto(`${site.url}/frames.html`);
  await expectViews(page, [['load', '/counted']]);
});

test('nothing that looks private is in a view', async ({ page, site }) => {
  const secret = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9';
  await open(page, site, { hash: true, query: ['q'] });
  await page.evaluate((token) => {
    document.title = `Inbox of jane@post.example, card 4111 1111 1111 1111`;
    history.pushState(null, '', `/reset/${token}/jane%40post.example?q=jane@post.example&token=${token}#id=${token}`);
  }, secret);
  await expect.poll(async () => (await views(page)).length).toBe(2);
  const [, push] = await madeEvents(page, 'pageviews');
  expect(JSON.stringify(push)).not.toMatch(/eyJ|jane|4111/);
  expect(push!.event.path).toBe('/reset/*/*');
});

test('the campaign is the one at the begin of the view, though the page cleans its address', async ({ page, site }) => {
  const url = await addonPage(site, {
    path: '/shop',
    script: `window.stop = addons.views(target, { extend: addons.campaign });
      history.replaceState(null, '', '/shop');
      history.replaceState(null, '', '/en/shop');`,
  });
  await page.goto(`${url}?utm_source=mail`);
  await expectViews(page, [['load', '/en/shop']]);
  const [load] = await madeEvents(page, 'pageviews');
  expect(load!.event.campaign).toEqual({ source: 'mail' });
});

test('two trackers on a page have each view', async ({ page, site }) => {
  await open(page, site, {}, { script: `addons.views(target, {}); ${START}` });
  await expectViews(page, [
    ['load', '/shop'],
    ['load', '/shop'],
  ]);
});

test('nothing is thrown into the page, whatever the tracker does', async ({ page, site }) => {
  const errors: Error[] = [];
  page.on('pageerror', (error) => errors.push(error));
  await open(page, site, {}, { script: `target.track = () => { throw new Error('broken'); }; ${START}` });
  const before = await page.evaluate(() => {
    history.pushState(null, '', '/stamps');
    return location.pathname;
  });
  expect(before).toBe('/stamps');
  await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  await page.evaluate(() => (window as any).stop());
  expect(errors).toEqual([]);
});
