// The add-ons in Chromium, Firefox and WebKit, each driven in its own way.
import { made, SHOWN, untilMade } from '../fixtures/addon-tabs.ts';
import { addonPage } from '../fixtures/addons.ts';
import { expect, test, until } from '../fixtures/test.ts';
import { engineNames, findEngine } from '../reliability/engines/engines.ts';

for (const name of engineNames) {
  test(`all rules that ${name} has an API for`, async ({ site }) => {
    test.setTimeout(240_000);
    const engine = findEngine(name);
    test.skip(!engine, `${name} is not installed`);
    const url = await addonPage(site, {
      path: '/shop',
      title: 'The shop',
      early: `${SHOWN} document.hasFocus = () => true;
        document.addEventListener('click', (event) => event.preventDefault());
        document.addEventListener('submit', (event) => event.preventDefault());`,
      script: `addons.sessions(target);
        addons.views(target, { local: true, hash: true });
        addons.clicks(target, { all: true });
        for (const start of [addons.engagement, addons.forms, addons.errors, addons.frustration, addons.vitals]) start(target);
        addons.elements(target, { minTime: 50 });
        addons.origin(target);
        window.ready = true;`,
      body: `<p data-mailslot-view="hero" style="height: 50px">Stamps</p>
        <button id="buy" name="buy">Buy</button><a id="out" href="https://other.example/a?b">out</a>
        <svg width="20" height="20"><a id="svg" href="https://svg.example/x"><rect width="20" height="20"/></a></svg>
        <form name="order"><input name="name"><button>Go</button></form><div style="height: 3000px"></div>`,
    });
    const browser = await engine!.start();
    try {
      const tab = await browser.open(url);
      await until('the add-ons', () => tab.evaluate(() => Boolean((window as any).ready), undefined));
      const [load] = await untilMade(tab, 'pageviews', 1);
      expect(load!.event).toMatchObject({ navigation: 'load', path: '/shop', title: 'The shop', session_event: 1 });
      // Nothing intersects in a page that is not drawn.
      const isDrawn = !(await tab.evaluate(() => (window as any).wasHidden as boolean, undefined));
      if (isDrawn) await untilMade(tab, 'element_views', 1);

      await tab.evaluate(() => {
        for (const id of ['buy', 'buy', 'buy', 'out', 'svg']) {
          const element = document.getElementById(id)!;
          (element.firstElementChild ?? element).dispatchEvent(
            new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }),
          );
        }
        dispatchEvent(new ErrorEvent('error', { error: new TypeError('x'), message: 'x', filename: '/app.js' }));
        const field = document.querySelector('input')!;
        field.value = 'secret';
        field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
      }, undefined);
      await untilMade(tab, 'frustrations', 2);

      await tab.evaluate(() => history.pushState(null, '', '/cart'), undefined);
      const [, push] = await untilMade(tab, 'pageviews', 2);
      expect(push!.event).toMatchObject({ navigation: 'push', path: '/cart', previous: '/shop' });
      await tab.evaluate(() => history.back(), undefined);
      const [, , traverse] = await untilMade(tab, 'pageviews', 3);
      expect(traverse!.event).toMatchObject({ navigation: 'traverse', path: '/shop', previous: '/cart' });
      const hasApi = await tab.evaluate(() => 'navigation' in window, undefined);
      await tab.evaluate(() => history.replaceState(null, '', '/list'), undefined);
      if (hasApi) expect((await untilMade(tab, 'pageviews', 4)).at(-1)!.event.navigation).toBe('replace');
      await tab.evaluate(() => void (location.hash = '#/x'), undefined);
      const hashed = (await untilMade(tab, 'pageviews', hasApi ? 5 : 4)).at(-1)!;
      expect(hashed.event.url).toBe(`${site.url}/list#/x`);

      const all = await made(tab);
      const collections = new Set(all.map(({ collection }) => collection));
      for (const collection of 'clicks outbound_clicks engagements form_starts form_abandons errors session_starts'.split(
        ' ',
      )) {
        expect([...collections], collection).toContain(collection);
      }
      expect(JSON.stringify(all)).not.toContain('secret');
      const byView = all.filter(({ event }) => event.view === load!.event.view);
      expect(byView.map(({ collection }) => collection)).toEqual(
        expect.arrayContaining([
          'pageviews',
          'clicks',
          'outbound_clicks',
          'engagements',
          'form_starts',
          'form_abandons',
        ]),
      );
      expect(new Set(all.map(({ event }) => event.session)).size).toBe(1);
    } finally {
      await browser.close();
    }
  });

  test(`${name}: reload, the way back, and one view for each`, async ({ site }) => {
    test.setTimeout(240_000);
    const engine = findEngine(name);
    test.skip(!engine, `${name} is not installed`);
    const url = await addonPage(site, {
      path: '/shop',
      early: SHOWN,
      script: `addons.views(target, { local: true }); window.ready = true;`,
    });
    const browser = await engine!.start();
    try {
      const tab = await browser.open(url);
      await untilMade(tab, 'pageviews', 1);
      await tab.go(`${site.url}/other.html`);
      await tab.back();
      const [, back] = await untilMade(tab, 'pageviews', 2);
      expect(back!.event.navigation).toMatch(/^(restore|back_forward)$/);
      await tab.reload();
      const [, , reload] = await untilMade(tab, 'pageviews', 3);
      expect(reload!.event.navigation).toBe('reload');
      const ids = (await made(tab, 'pageviews')).map(({ event }) => event.view);
      expect(new Set(ids).size).toBe(3);
    } finally {
      await browser.close();
    }
  });
}
