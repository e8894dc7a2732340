// The rules of each add-on that a script can make happen, in Chromium, Firefox and WebKit, after a stop and a second start.
import { made, SHOWN, untilMade } from '../fixtures/addon-tabs.ts';
import { addonPage } from '../fixtures/addons.ts';
import { expect, test, until } from '../fixtures/test.ts';
import { engineNames, findEngine } from '../reliability/engines/engines.ts';

const BODY = `<div data-mailslot="cards"><p data-mailslot="signups" data-mailslot-plan="pro" data-mailslot-price="12.5"><b id="go">x</b></p></div>
  <div data-mailslot-ignore><button id="ignored">x</button></div>
  <a id="file" href="/List.PDF?token=1">x</a>
  <img usemap="#map" alt="" width="9" height="9"><map name="map"><area id="area" href="https://area.example/x?y" coords="0,0,9,9"></map>
  <a id="out" href="https://other.example/a?b"><b>x</b></a><div id="host"></div>
  <label id="label"><input type="checkbox" name="news"> x</label><button id="secret" name="card-4711">x</button>
  <form name="order"><input name="name" required><input name="colour"></form>
  <form id="search" data-mailslot="searches"><input name="words"></form>`;

const START = `
  const options = { views: { local: true, extend: addons.campaign }, clicks: { all: true } };
  const names = 'origin consent sessions views clicks engagement forms elements errors frustration vitals'.split(' ');
  const start = () => {
    const stops = names.map((name) => [name, addons[name](target, options[name])]);
    window.stops = Object.fromEntries(stops);
    return () => stops.forEach(([, stop]) => stop());
  };
  start()();
  window.stop = start();
  window.once = addons.unique(target);
  window.ready = true;`;

/** What a visitor does; all of it in one task, so that no slow machine makes other events of it. */
function act() {
  const page = window as any;
  const find = (id: string) => document.getElementById(id)!;
  const fire = (element: Element, type: string, init: object = {}) =>
    element.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true, cancelable: true, ...init }));
  for (const id of ['go', 'ignored', 'file', 'area', 'secret']) find(id).click();
  fire(find('out').firstElementChild!, 'auxclick', { button: 1 });
  fire(find('out'), 'auxclick', { button: 2 });
  const shadow = find('host').attachShadow({ mode: 'open' });
  shadow.innerHTML = '<a href="https://shadow.example/"><b>x</b></a>';
  fire(shadow.querySelector('b')!, 'click');
  find('label').click();
  const [order, search] = document.forms as any;
  const input = (field: HTMLInputElement, value: string) => {
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  };
  input(order.elements.colour, 'secret-red');
  // It is not valid, so the browser does not submit it.
  order.requestSubmit();
  input(search.elements.words, 'secret-words');
  search.requestSubmit();
  const raise = (message: string) =>
    dispatchEvent(new ErrorEvent('error', { error: new TypeError(message), message, filename: '/app.js?token=1' }));
  raise('no item 1');
  raise('no item 2');
  dispatchEvent(
    new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: new RangeError('far') }),
  );
  page.once.track('visits', { n: 1 });
  page.once.track('visits', { n: 1 });
  page.stops.consent.set('granted');
  dispatchEvent(new PageTransitionEvent('pagehide'));
  page.stop();
  find('go').click();
}

for (const name of engineNames) {
  test(`${name}: clicks, forms, errors, unique events, consent and campaigns`, async ({ site }) => {
    test.setTimeout(240_000);
    const engine = findEngine(name);
    test.skip(!engine, `${name} is not installed`);
    const url = await addonPage(site, {
      path: '/shop',
      early: `${SHOWN} document.hasFocus = () => true;
        document.addEventListener('submit', (event) => event.preventDefault());
        for (const type of ['click', 'auxclick']) document.addEventListener(type, (event) => {
          if (event.composedPath().some(({ localName }) => /^(a|area)$/.test(localName))) event.preventDefault();
        });`,
      body: BODY,
      script: START,
    });
    const browser = await engine!.start();
    try {
      const tab = await browser.open(`${url}?utm_source=mail&gclid=secret-id`);
      await until('the add-ons', () => tab.evaluate(() => Boolean((window as any).ready), undefined));
      await untilMade(tab, 'pageviews', 1);
      await tab.evaluate(act, undefined);
      const events = await made(tab);
      const of = (...collections: string[]) =>
        events
          .filter(({ collection }) => collections.includes(collection))
          .map(({ collection, event }) => [collection, event]);
      const event = (collection: string, properties: Record<string, unknown>) => [
        collection,
        expect.objectContaining(properties),
      ];

      expect(of('pageviews')).toEqual([
        event('pageviews', { campaign: { source: 'mail' }, click: 'gclid', url: `${site.url}/shop` }),
      ]);
      expect(of('cards', 'signups', 'downloads', 'outbound_clicks', 'clicks', 'searches')).toEqual([
        event('signups', { plan: 'pro', price: 12.5 }),
        event('downloads', { path: '/List.PDF', extension: 'pdf' }),
        event('outbound_clicks', { url: 'https://area.example/x' }),
        event('clicks', { selector: expect.stringMatching(/button#secret$/) }),
        event('outbound_clicks', { url: 'https://other.example/a' }),
        event('outbound_clicks', { url: 'https://shadow.example/' }),
        event('clicks', { name: 'news' }),
        event('searches', { path: '/shop' }),
      ]);
      expect(of('form_starts', 'form_submissions', 'form_abandons')).toEqual([
        event('form_starts', { form: 'order' }),
        event('form_starts', { form: 'search' }),
        event('form_submissions', { form: 'search' }),
        event('form_abandons', { form: 'order', filled: 1, last_field: 'colour' }),
      ]);
      expect(of('errors')).toEqual([
        event('errors', {
          kind: 'error',
          type: 'TypeError',
          message: 'no item 1',
          stack: expect.stringContaining('raise'),
        }),
        // With the names of functions, in each browser's own way.
        event('errors', {
          kind: 'rejection',
          type: 'RangeError',
          message: 'far',
          stack: expect.stringContaining('act'),
        }),
        event('errors', { kind: 'error', type: 'TypeError', count: 1 }),
      ]);
      expect(of('visits')).toHaveLength(1);
      expect(of('session_starts')).toHaveLength(1);
      expect(of('engagements')).toEqual([event('engagements', { path: '/shop' })]);
      expect(of('frustrations')).toEqual([event('frustrations', { kind: 'error' })]);
      expect(await tab.evaluate(() => (window as any).consents as string[], undefined)).toEqual(['granted']);
      const ids = (property: string) => new Set(events.flatMap(({ event }) => event[property] ?? []));
      expect([ids('view').size, ids('session').size]).toEqual([1, 1]);
      expect(JSON.stringify(events)).not.toMatch(/secret-|4711|token=/);
    } finally {
      await browser.close();
    }
  });
}
