// Time, depth, elements in sight and forms: what a visitor does on a page, until they leave it.
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { expect, type Site, test } from '../fixtures/test.ts';

const FOCUS = 'document.hasFocus = () => window.focused !== false;';

async function open(page: Page, site: Site, { script = '', body = '', early = '' }) {
  const url = await addonPage(site, {
    path: '/shop',
    body,
    script: `${script} window.ready = true;`,
    early: FOCUS + early,
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
}

const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, hidden);

const made = async (page: Page, collection?: string) => (await madeEvents(page, collection)).map(({ event }) => event);

test.describe('engagement', () => {
  /** A page of three viewports whose clock a test moves. */
  const start = async (
    page: Page,
    site: Site,
    body = '<div style="height: 300vh; margin: 0">x</div>',
    options = {},
  ) => {
    await open(page, site, {
      early: 'window.now = 0; performance.now = () => window.now;',
      script: `window.stop = addons.engagement(target, ${JSON.stringify(options)});`,
      body: `<style>body { margin: 0 }</style>${body}`,
    });
  };
  const pass = (page: Page, ms: number) => page.evaluate((more) => void ((window as any).now += more), ms);

  test('the clock runs while the page is visible and has the focus; deltas are sent at hidden', async ({
    page,
    site,
  }) => {
    await start(page, site);
    await pass(page, 4000);
    await page.evaluate(() => {
      Object.assign(window, { focused: false });
      dispatchEvent(new Event('blur'));
    });
    await pass(page, 60_000);
    await page.evaluate(() => {
      Object.assign(window, { focused: true });
      dispatchEvent(new Event('focus'));
    });
    await pass(page, 1000);
    await setHidden(page, true);
    await pass(page, 60_000);
    await setHidden(page, false);
    await pass(page, 2000);
    // Too short, and no deeper.
    await setHidden(page, true);
    await setHidden(page, false);
    await pass(page, 1500);
    await setHidden(page, true);
    expect(await made(page)).toEqual([
      { path: '/shop', engaged_ms: 5000, scroll: 33, reached_end: false },
      { path: '/shop', engaged_ms: 3500, scroll: 33, reached_end: false },
    ]);
  });

  test('depth is the deepest point in per cent; a deeper one is sent at once', async ({ page, site }) => {
    await start(page, site);
    await setHidden(page, true);
    await setHidden(page, false);
    await page.evaluate(async () => {
      const scrolled = new Promise((done) => addEventListener('scroll', done, { once: true }));
      scrollTo(0, innerHeight * 2);
      await scrolled;
      await new Promise((done) => setTimeout(done, 300));
      scrollTo(0, 0);
    });
    await setHidden(page, true);
    expect(await made(page)).toEqual([
      { path: '/shop', engaged_ms: 0, scroll: 33, reached_end: false },
      { path: '/shop', engaged_ms: 0, scroll: 100, reached_end: true },
    ]);
  });

  test('a page shorter than the viewport is seen whole, and pagehide sends too', async ({ page, site }) => {
    await start(page, site, 'short');
    await pass(page, 100);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    // In the back/forward cache.
    await pass(page, 3_600_000);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await pass(page, 3000);
    await setHidden(page, true);
    expect(await made(page)).toEqual([
      { path: '/shop', engaged_ms: 100, scroll: 100, reached_end: true },
      { path: '/shop', engaged_ms: 3000, scroll: 100, reached_end: true },
    ]);
  });

  test('a stretch without input ends after half an hour', async ({ page, site }) => {
    await start(page, site, 'short');
    await pass(page, 1000);
    await page.evaluate(() => dispatchEvent(new Event('keydown')));
    await pass(page, 7_200_000);
    await setHidden(page, true);
    expect((await made(page))[0]!.engaged_ms).toBe(1_801_000);
  });

  test('depth is of the page as high as it is by then', async ({ page, site }) => {
    await start(page, site, 'short');
    await page.evaluate(() => {
      const more = Object.assign(document.createElement('div'), { textContent: 'more' });
      more.style.height = '300vh';
      document.body.replaceChildren(more);
    });
    await setHidden(page, true);
    expect((await made(page))[0]).toMatchObject({ scroll: 33, reached_end: false });
  });

  test('an inner scroller can be the one that counts', async ({ page, site }) => {
    await start(
      page,
      site,
      '<div id="list" style="height: 100px; overflow: auto"><div style="height: 400px">x</div></div>',
      { scrollRoot: '#list' },
    );
    await page.evaluate(async () => {
      const list = document.getElementById('list')!;
      const scrolled = new Promise((done) => list.addEventListener('scroll', done, { once: true }));
      list.scrollTop = 100;
      await scrolled;
    });
    await setHidden(page, true);
    expect((await made(page))[0]).toMatchObject({ scroll: 50, reached_end: false });
  });

  test('before the next view, for the old one', async ({ page, site }) => {
    await open(page, site, {
      script: `addons.views(target, { local: true }); window.stop = addons.engagement(target);`,
      body: 'short',
    });
    await expect.poll(() => made(page, 'pageviews')).toHaveLength(1);
    await page.evaluate(() => history.pushState(null, '', '/cart'));
    await expect.poll(() => made(page, 'pageviews')).toHaveLength(2);
    await setHidden(page, true);
    const [{ view: first }, { view: second }] = (await made(page, 'pageviews')) as [any, any];
    expect((await made(page, 'engagements')).map(({ path, view }) => [path, view])).toEqual([
      ['/shop', first],
      ['/cart', second],
    ]);
  });

  test('a redirect belongs to the view that it leads to', async ({ page, site }) => {
    await open(page, site, {
      script: `addons.engagement(target); addons.views(target); history.replaceState(null, '', '/en/shop');`,
      body: 'short',
    });
    await expect.poll(() => made(page, 'pageviews')).toHaveLength(1);
    await setHidden(page, true);
    const [view] = await made(page, 'pageviews');
    expect(await made(page, 'engagements')).toEqual([expect.objectContaining({ path: '/en/shop', view: view!.view })]);
  });

  test('a page that nobody has seen has none, and a stop leaves nothing', async ({ page, site }) => {
    await start(page, site, 'short');
    await pass(page, 100);
    await page.evaluate(() => (window as any).stop());
    expect(await made(page)).toHaveLength(1);
    await setHidden(page, true);
    expect(await made(page)).toHaveLength(1);
    await page.evaluate(() => {
      const { addons, target } = window as any;
      addons.engagement(target);
      dispatchEvent(new PageTransitionEvent('pagehide'));
    });
    expect(await made(page)).toHaveLength(1);
  });
});

test.describe('elements', () => {
  const TALL = `<style>body { margin: 0 }</style><div style="height: 200vh">top</div>
    <section id="small" data-mailslot-view="small" data-mailslot-kind="ad" style="height: 100px">small</section>
    <div style="height: 100vh"></div>
    <section data-mailslot-view="tall" style="height: 500vh">tall</section>`;
  const scrollTo = (page: Page, viewports: number) =>
    page.evaluate((count) => window.scrollTo(0, innerHeight * count), viewports);

  test('once a view, after half of it was in sight for long enough in total', async ({ page, site }) => {
    await open(page, site, { body: TALL, script: 'window.stop = addons.elements(target, { minTime: 300 });' });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
    expect(await made(page)).toEqual([]);
    await scrollTo(page, 1.5);
    await expect.poll(() => made(page)).toEqual([{ element: 'small', kind: 'ad' }]);
    await scrollTo(page, 0);
    await scrollTo(page, 1.5);
    // Taller than the viewport: half of the viewport is enough.
    await scrollTo(page, 2.7);
    await expect.poll(() => made(page)).toEqual([{ element: 'small', kind: 'ad' }, { element: 'tall' }]);
    // A new view counts again, and an element that comes later counts too.
    await page.evaluate(() => {
      dispatchEvent(new Event('mailslot:leave'));
      const later = Object.assign(document.createElement('b'), { textContent: 'later' });
      later.dataset.mailslotView = 'later';
      later.style.cssText = 'position: fixed; top: 0; display: block; height: 50px';
      document.body.append(later);
    });
    await expect
      .poll(async () =>
        (await made(page))
          .slice(2)
          .map(({ element }) => element)
          .sort(),
      )
      .toEqual(['later', 'tall']);
  });

  test('in sight is half of the area, also beside the viewport; of a mark without height it is the place', async ({
    page,
    site,
  }) => {
    const slide = (name: string, left: string) =>
      `<section data-mailslot-view="${name}" style="position: absolute; top: 0; left: ${left}; width: 50vw; height: 100px">${name}</section>`;
    await open(page, site, {
      body: `<style>body { margin: 0; overflow: hidden }</style>${slide('hidden', '-40vw')}${slide('most', '60vw')}
        <div data-mailslot-view="mark" style="height: 0"></div><div style="height: 200vh"></div><div data-mailslot-view="end" style="height: 0"></div>`,
      script: 'window.stop = addons.elements(target, { minTime: 50 });',
    });
    await expect.poll(() => made(page)).toHaveLength(2);
    await page.evaluate(() => new Promise((done) => setTimeout(done, 300)));
    expect((await made(page)).map(({ element }) => element).sort()).toEqual(['mark', 'most']);
  });

  test('a break begins the time anew, and a second look does not count', async ({ page, site }) => {
    // Only the test moves the page's timers.
    await page.clock.install();
    await open(page, site, { body: TALL, script: 'window.stop = addons.elements(target);' });
    /** Scrolls, and waits until the browser has told all observers. */
    const scrollUntil = (viewports: number, isSeen: boolean) =>
      page.evaluate(
        ([count, seen]) =>
          new Promise((done) => {
            const element = document.getElementById('small')!;
            new IntersectionObserver(([entry]) => entry!.isIntersecting === seen && done(0)).observe(element);
            window.scrollTo(0, innerHeight * (count as number));
          }),
        [viewports, isSeen] as const,
      );
    await scrollUntil(1.5, true);
    await page.clock.fastForward(900);
    await scrollUntil(0, false);
    await page.clock.fastForward(200);
    await scrollUntil(1.5, true);
    await page.clock.fastForward(900);
    expect(await made(page)).toEqual([]);
    await page.clock.fastForward(200);
    expect(await made(page)).toEqual([{ element: 'small', kind: 'ad' }]);
    await scrollUntil(0, false);
    await scrollUntil(1.5, true);
    await page.clock.fastForward(5000);
    expect(await made(page)).toHaveLength(1);
  });

  test('a hidden page stops the clock', async ({ page, site }) => {
    await open(page, site, {
      body: '<section data-mailslot-view="x" style="height: 100px">x</section>',
      early: 'Object.defineProperty(document, "hidden", { value: true, configurable: true });',
      script: 'window.stop = addons.elements(target, { minTime: 200 });',
    });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 600)));
    expect(await made(page)).toEqual([]);
    await setHidden(page, false);
    await expect.poll(() => made(page)).toEqual([{ element: 'x' }]);
    await page.evaluate(() => {
      (window as any).stop();
      dispatchEvent(new Event('mailslot:leave'));
    });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
    expect(await made(page)).toHaveLength(1);
  });
});

test.describe('forms', () => {
  const FORM = `<form name="order"><input name="name" required><input name="mail" type="email"><input name="card-number">
    <input type="hidden" name="token" value="hidden-secret"><input type="checkbox" name="news"><textarea name="note"></textarea>
    <input type="password" name="password"><button>Go</button></form>`;
  const start = (page: Page, site: Site, body = FORM) =>
    open(page, site, {
      body,
      early: `addEventListener('submit', (event) => event.preventDefault());`,
      script: 'window.stop = addons.forms(target);',
    });

  test('a start, a submission once it is valid, and no value', async ({ page, site }) => {
    await start(page, site);
    await page.fill('[name=name]', 'Jane Doe');
    await page.fill('[name=mail]', 'no address');
    // The browser does not submit it.
    await page.click('button');
    await page.fill('[name=mail]', 'jane@post.example');
    await page.click('button');
    const events = await madeEvents(page);
    expect(events.map(({ collection, event }) => [collection, event.form])).toEqual([
      ['form_starts', 'order'],
      ['form_submissions', 'order'],
    ]);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')));
    expect(await madeEvents(page)).toHaveLength(2);
    expect(JSON.stringify(events)).not.toMatch(/Jane|jane|secret/);
  });

  test('an abandon counts fields, and names the last', async ({ page, site }) => {
    await start(page, site);
    await page.fill('[name=mail]', 'jane');
    await page.check('[name=news]');
    await page.fill('[name=note]', 'secret');
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide')));
    const [, abandon] = await madeEvents(page);
    expect(abandon).toMatchObject({
      collection: 'form_abandons',
      event: { form: 'order', filled: 3, last_field: 'note' },
    });
    await page.fill('[name=card-number]', '4111111111111111');
    await page.evaluate(() => dispatchEvent(new Event('mailslot:leave')));
    const last = (await madeEvents(page)).at(-1)!;
    expect(last.event.last_field).toBeUndefined();
    expect(JSON.stringify(await madeEvents(page))).not.toMatch(/jane|4111|secret/);
  });

  test('a form whose fields hide its properties, without a name, and one that is not validated', async ({
    page,
    site,
  }) => {
    await start(page, site, '<form novalidate><input name="name" required><input name="id"><button>Go</button></form>');
    await page.fill('[name=id]', 'x');
    await page.click('button');
    expect((await madeEvents(page)).map(({ collection, event }) => [collection, event.form])).toEqual([
      ['form_starts', '0'],
      ['form_submissions', '0'],
    ]);
  });
});
