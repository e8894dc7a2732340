// Clicks that HTML declares, links, and everything else on request; without the text or the values of anything.
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { expect, type Site, test } from '../fixtures/test.ts';

async function open(page: Page, site: Site, body: string, options: object = {}) {
  const url = await addonPage(site, {
    path: '/shop',
    // The page goes nowhere, and its own listeners let no other of the document hear of a click.
    early: `document.addEventListener('click', (event) => { event.preventDefault(); event.stopImmediatePropagation(); }, true);
      for (const type of ['auxclick', 'submit']) document.addEventListener(type, (event) => event.preventDefault());`,
    script: `window.stop = addons.clicks(target, ${JSON.stringify(options)});`,
    body,
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).stop);
}

const made = async (page: Page) => (await madeEvents(page)).map(({ collection, event }) => [collection, event]);

test('a declared click is the event of its nearest declaration, with its properties', async ({ page, site }) => {
  await open(
    page,
    site,
    `<div data-mailslot="cards"><p data-mailslot="signups" data-mailslot-plan="pro" data-mailslot-list-price="12.50"
        data-mailslot-trial="true" data-mailslot-code="007" data-mailslot-view="x" data-mailslot-repeat>
        <a href="https://other.example/"><b id="go">Go</b></a></p><i id="card">Card</i></div>
      <div data-mailslot-ignore><button id="ignored" data-mailslot="ignored">x</button></div>`,
  );
  await page.evaluate(() => {
    for (const id of ['go', 'card', 'ignored']) document.getElementById(id)!.click();
  });
  expect(await made(page)).toEqual([
    ['signups', { path: '/shop', plan: 'pro', list_price: 12.5, trial: true, code: '007' }],
    ['cards', { path: '/shop' }],
  ]);
});

test('a declared form is an event when it is submitted', async ({ page, site }) => {
  await open(
    page,
    site,
    `<form data-mailslot="searches" data-mailslot-from="top"><input name="q" value="secret"><button id="go">Go</button></form>`,
  );
  await page.click('input');
  await page.evaluate(() => (document.querySelector('form') as HTMLFormElement).requestSubmit());
  expect(await made(page)).toEqual([['searches', { path: '/shop', from: 'top' }]]);
});

test('links to other hosts and to files, also in SVG, in shadow roots and with the middle button', async ({
  page,
  site,
}) => {
  await open(
    page,
    site,
    `<a id="out" href="https://other.example/a/b?token=1#c"><b>out</b></a>
     <svg width="20" height="20"><a id="svg" xlink:href="https://svg.example/x"><rect width="20" height="20"/></a></svg>
     <a id="file" href="/files/List.PDF?token=1">file</a> <a id="named" download="x" href="/report">named</a>
     <a id="extra" href="/x.parquet">extra</a> <a id="own" href="/own">own</a> <a id="mail" href="mailto:jane@post.example">mail</a>
     <a id="bad" href="http://">bad</a> <a id="plain">plain</a> <div id="host"></div>`,
    { extensions: ['parquet'] },
  );
  await page.evaluate(() => {
    const root = document.getElementById('host')!.attachShadow({ mode: 'open' });
    root.innerHTML = '<a href="https://shadow.example/"><b>in</b></a>';
    const click = (element: Element, type = 'click', button = 0) =>
      element.dispatchEvent(new MouseEvent(type, { button, bubbles: true, composed: true, cancelable: true }));
    for (const id of ['out', 'svg', 'file', 'named', 'extra', 'own', 'mail', 'bad', 'plain']) {
      const element = document.getElementById(id)!;
      click(element.firstElementChild ?? element);
    }
    click(root.querySelector('b')!);
    click(document.getElementById('out')!, 'auxclick', 1);
    click(document.getElementById('out')!, 'auxclick', 2);
  });
  const out = ['outbound_clicks', { host: 'other.example', url: 'https://other.example/a/b' }];
  expect(await made(page)).toEqual([
    out,
    ['outbound_clicks', { host: 'svg.example', url: 'https://svg.example/x' }],
    ['downloads', { path: '/files/List.PDF', extension: 'pdf' }],
    ['downloads', { path: '/report', extension: '' }],
    ['downloads', { path: '/x.parquet', extension: 'parquet' }],
    ['outbound_clicks', { host: 'shadow.example', url: 'https://shadow.example/' }],
    out,
  ]);
});

test('all: a selector of what a person wrote, a safe name, a position, and no text', async ({ page, site }) => {
  await open(
    page,
    site,
    `<main class="css-1x2y list"><form id="user-4711"><button name="buy" class="primary Button_x3f9" value="secret">Buy 4111</button>
       <label><input type="checkbox" name="news"> News</label><label id="label"><input name="text"> Text</label>
       <button name="cvv" id="cvv">x</button><button name="jane@post.example" id="mail">x</button>
       <button name="order-12345" id="order">x</button><p id="p">text</p></form></main>`,
    { all: true },
  );
  await page.evaluate(() => {
    for (const selector of ['button', 'label', 'label input', '#label', '#cvv', '#mail', '#order', '#p']) {
      document.querySelector<HTMLElement>(selector)!.click();
    }
  });
  const clicks = (await made(page)) as [string, any][];
  expect(clicks.map(([collection, { selector, name }]) => [collection, selector, name])).toEqual([
    ['clicks', 'main.list>form>button.primary', 'buy'],
    ['clicks', 'form>label>input', 'news'],
    ['clicks', 'main.list>form>label#label', undefined],
    ['clicks', 'main.list>form>button#cvv', undefined],
    ['clicks', 'main.list>form>button#mail', undefined],
    ['clicks', 'main.list>form>button#order', undefined],
  ]);
  await page.mouse.click(1, 1);
  for (const [, { x, y }] of clicks) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(y).toBeLessThanOrEqual(100);
  }
  expect(JSON.stringify(clicks)).not.toMatch(/4111|4711|secret|jane/);
});

test('without options other clicks do not count, and a stop leaves nothing', async ({ page, site }) => {
  await open(page, site, `<button id="a">x</button><button data-mailslot="b" id="b">x</button>`);
  await page.evaluate(() => {
    document.getElementById('a')!.click();
    (window as any).stop();
    document.getElementById('b')!.click();
  });
  expect(await made(page)).toEqual([]);
});

test('each usual extension is a download, in any case, and a page is none', async ({ page, site }) => {
  // Those that other trackers take for files too.
  const files =
    'pdf xlsx docx txt rtf csv exe key pps ppt pptx 7z pkg rar gz zip avi mov mp4 mpeg wmv midi mp3 wav wma dmg'.split(
      ' ',
    );
  const pages = ['html', 'php', 'jpg', 'xpdf', 'pdfx'];
  await open(
    page,
    site,
    [...files, ...pages].map((name) => `<a href="/a.b/c.${name.toUpperCase()}?x=.pdf#.pdf">x</a>`).join(''),
  );
  await page.evaluate(() => document.querySelectorAll('a').forEach((link) => link.click()));
  expect((await made(page)).map(([, event]) => (event as any).extension)).toEqual(files);
});

test('an area of an image map is a link', async ({ page, site }) => {
  await open(
    page,
    site,
    '<img usemap="#map" width="9" height="9"><map name="map"><area id="area" href="https://other.example/x" coords="0,0,9,9"></map>',
  );
  await page.evaluate(() => document.getElementById('area')!.click());
  expect(await made(page)).toEqual([['outbound_clicks', { host: 'other.example', url: 'https://other.example/x' }]]);
});

test('no click and no submission is held up', async ({ page, site }) => {
  const url = await addonPage(site, {
    path: '/shop',
    script: `const prevented = window.prevented = [];
      addons.clicks(target, { all: true });
      for (const type of ['click', 'submit'])
        addEventListener(type, (event) => { prevented.push(event.defaultPrevented); event.preventDefault(); });
      window.ready = true;`,
    body: `<a href="https://other.example/">x</a><form data-mailslot="orders"><button>Go</button></form>`,
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
  await page.click('a');
  await page.evaluate(() => document.querySelector('form')!.requestSubmit());
  expect(await page.evaluate(() => (window as any).prevented)).toEqual([false, false]);
  expect((await made(page)).map(([collection]) => collection)).toEqual(['outbound_clicks', 'orders']);
});
