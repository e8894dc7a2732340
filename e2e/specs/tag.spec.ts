// How the script tag is found, in every way that tags are written, what it is not taken for, and what it says.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import type { Tracker } from '../../src/types.ts';
import { root } from '../fixtures/paths.ts';
import { type Collector, expect, html, type Site, test } from '../fixtures/test.ts';

const dist = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');

type Mailslot = Tracker['track'] & Tracker & { t?: unknown };
type TestPage = Window & { mailslot: Mailslot; shopslot: Mailslot; early: unknown };

const EARLY = `<script>${dist('stub.js')}</script><script>window.early = mailslot('visits', { n: 0 });</script>`;

/** The tag's attributes for this collector. */
const data = ({ projectId, keys, url }: Collector) =>
  `data-project-id="${projectId}" data-write-key="${keys.write}" data-endpoint="${url}" data-flush-interval="0"`;

/** What the page says on its console, and the errors that escape. */
function listen(page: Page): string[] {
  const messages: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`uncaught: ${error.message}`));
  return messages;
}

const open = (page: Page, site: Site, body: string, path = '/tag.html') => page.goto(site.page(path, html({ body })));

const outcome = (page: Page) => page.evaluate(() => (window as unknown as TestPage).early);

const inject = (way: string) => `<script>
  const tag = document.createElement('script');
  Object.assign(tag.dataset, JSON.parse(document.querySelector('[type="application/json"]').textContent));
  tag.src = '/mailslot.js';
  ${way}
</script>`;

const dataset = ({ projectId, keys, url }: Collector) =>
  `<script type="application/json">${JSON.stringify({ projectId, writeKey: keys.write, endpoint: url, flushInterval: 0 })}</script>`;

/** A script that makes the tag with `setAttribute`. */
const fromHtml = (attributes: string, way: string) => `<script>
  const tag = document.createElement('script');
  tag.setAttribute('src', '/mailslot.js');
  for (const [, name, value] of ${JSON.stringify(attributes)}.matchAll(/(\\S+)="([^"]*)"/g)) tag.setAttribute(name, value);
  ${way}
</script>`;

const WAYS: [way: string, body: (attributes: string, collector: Collector) => string][] = [
  ['async', (it) => `<script async src="/mailslot.js" ${it}></script>`],
  ['defer', (it) => `<script defer src="/mailslot.js" ${it}></script>`],
  ['plain', (it) => `<script src="/mailslot.js" ${it}></script>`],
  ['module', (it) => `<script type="module" src="/mailslot.js" ${it}></script>`],
  [
    'module and nomodule',
    (it) =>
      `<script type="module" src="/mailslot.js" ${it}></script><script nomodule src="/mailslot.js" ${it}></script>`,
  ],
  ['an import of the file', (it) => `<script type="module" ${it}>import '/mailslot.js';</script>`],
  ['an import() of the file', (it) => `<script ${it}>import('/mailslot.js');</script>`],
  ['concatenated into a file with the attributes', (it) => `<script src="/site.js" ${it}></script>`],
  [
    'concatenated into a file beside a tag',
    (it) => `<script type="text/plain" ${it}></script><script src="/site.js"></script>`,
  ],
  ['inline', (it) => `<script ${it}>${dist('mailslot.js')}</script>`],
  ['document.write', (it) => `<script>document.write('<script src="/mailslot.js" ${it}><' + '/script>')</script>`],
  ['createElement', (_, to) => dataset(to) + inject('document.head.append(tag);')],
  ['createElement, removed at once', (_, to) => dataset(to) + inject('document.head.append(tag); tag.remove();')],
  ['createElement, moved', (_, to) => dataset(to) + inject('document.head.append(tag); document.body.append(tag);')],
  ['insertBefore', (_, to) => dataset(to) + inject('document.body.insertBefore(tag, document.body.firstChild);')],
  ['setAttribute', (it) => fromHtml(it, 'document.body.appendChild(tag);')],
  ['setAttribute, type=module', (it) => fromHtml(it, `tag.type = 'module'; document.body.appendChild(tag);`)],
  ['a clone', (it) => fromHtml(it, 'document.body.appendChild(tag.cloneNode());')],
  ['replaceWith', (it) => fromHtml(it, 'document.currentScript.replaceWith(tag);')],
  [
    'a fragment of HTML',
    (it) => `<script>
      const html = '<div><script src="/mailslot.js" ${it}></' + 'script></div>';
      document.body.append(document.createRange().createContextualFragment(html));</script>`,
  ],
  [
    'document.write of two lines, async',
    (it) =>
      `<script>document.writeln('<script async'); document.writeln('src=/mailslot.js ${it}></' + 'script>')</script>`,
  ],
  ['single quotes', (it) => `<script src='/mailslot.js' ${it.replaceAll('"', "'")}></script>`],
  ['no quotes', (it) => `<script src=/mailslot.js ${it.replaceAll('"', '')}></script>`],
  [
    'capitals',
    (it) => `<SCRIPT SRC="/mailslot.js" ${it.replace(/[\w-]+(?==)/g, (name) => name.toUpperCase())}></SCRIPT>`,
  ],
  ['a line for each attribute', (it) => `<script\n  src="/mailslot.js"\n  ${it.replaceAll(' ', '\n\t')}\n></script>`],
  [
    'an attribute twice',
    (it) => `<script src="/mailslot.js" ${it} data-project-id="second" data-write-key="x"></script>`,
  ],
  ['in an SVG', (it) => `<svg><script href="/mailslot.js" ${it}></script></svg>`],
  [
    'in a template that is cloned',
    (it) => `<template><script src="/mailslot.js" ${it}></script></template>
    <script>document.body.append(document.querySelector('template').content.cloneNode(true));</script>`,
  ],
  [
    'in noscript too',
    (it) => `<noscript><script src="/mailslot.js" ${it}></script></noscript><script src="/mailslot.js" ${it}></script>`,
  ],
  ['twice', (it) => `<script async src="/mailslot.js" ${it}></script>`.repeat(2)],
  ['twice, as modules', (it) => `<script type="module" src="/mailslot.js" ${it}></script>`.repeat(2)],
  [
    'in body and as a module of another URL',
    (it) => `<script src="/mailslot.js" ${it}></script><script type="module" src="/mailslot.js?again" ${it}></script>`,
  ],
  ['eval', (it) => `<script ${it}>eval(${JSON.stringify(dist('mailslot.js')).replaceAll('</', '<\\/')})</script>`],
  [
    'fetched and run as text',
    (it) =>
      `<script ${it}>fetch('/mailslot.js').then((file) => file.text()).then((text) => { const tag = document.createElement('script'); tag.text = text; document.head.append(tag); })</script>`,
  ],
];

for (const [way, body] of WAYS) {
  test(`the tag works: ${way}`, async ({ page, site, collector }) => {
    const messages = listen(page);
    site.file('/site.js', { body: `window.own = 1;\n${dist('mailslot.js')}\nwindow.own = 2;` });
    await open(page, site, `${EARLY}<div>${body(data(collector), collector)}</div>`);
    expect(await outcome(page)).toBe('stored');
    await expect.poll(() => collector.count('visits')).toBe(1);
    expect(messages).toEqual([]);
  });
}

const FILES = readdirSync(join(root, 'dist/addons')).filter((file) => file.endsWith('.js'));
for (const file of ['mailslot.js', ...FILES.map((name) => `addons/${name}`)]) {
  test(`code before and behind the file stays as it is: ${file}`, async ({ page, site, collector }) => {
    const messages = listen(page);
    const behind = 'undeclared = 1; window.isSloppy = (function () { return this === window; })();';
    for (const before of ['window.own = (() => 1)()', 'window.own = (() => 1)()\n']) {
      site.file('/site.js', { body: `${before}${dist(file)}\n${behind}` });
      await open(page, site, `<script src="/site.js" ${data(collector)}></script>`);
      expect(await page.evaluate('[own, undeclared, isSloppy]')).toEqual([1, 1, true]);
    }
    expect(messages).toEqual([]);
  });
}

test('the tag works in XHTML', async ({ page, site, collector }) => {
  const tag = `<script src="/mailslot.js" ${data(collector)}></script>`;
  const body = `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>${tag}</body></html>`;
  await page.goto(site.page('/x.xhtml', { html: body, headers: { 'content-type': 'application/xhtml+xml' } }));
  expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 0 }))).toBe('stored');
});

for (const [what, content] of [
  ['a tag whose attributes were dropped', '<script async src="/mailslot.js"></script>'],
  ['a module without a tag', '<script type="module" src="/mailslot.js"></script>'],
  ['other elements', (it: string) => `<div ${it}></div><meta ${it}><script type="module" src="/mailslot.js"></script>`],
  [
    'a tag in a shadow root',
    (it: string) => `<div id="host"></div><script>
      const tag = document.createElement('script');
      tag.src = '/mailslot.js';
      for (const [, name, value] of ${JSON.stringify(it)}.matchAll(/(\\S+)="([^"]*)"/g)) tag.setAttribute(name, value);
      host.attachShadow({ mode: 'open' }).append(tag);</script>`,
  ],
] as const) {
  test(`what is missing is said in words, and calls settle: ${what}`, async ({ page, site, collector }) => {
    const messages = listen(page);
    await open(page, site, EARLY + (typeof content === 'string' ? content : content(data(collector))));
    expect(await outcome(page)).toBe('dropped');
    expect(messages).toEqual([
      expect.stringMatching(/^error: .*data-project-id and data-write-key.*createElement.*dataset/),
    ]);
    const after = await page.evaluate(async () => {
      const { mailslot } = window as unknown as TestPage;
      mailslot.use({ extend: {} })();
      await mailslot.setConsent('granted');
      return [
        await mailslot('visits', { n: 1 }),
        await mailslot.flush(),
        await mailslot.pending(),
        await mailslot.close(),
      ];
    });
    expect(after).toEqual(['dropped', { delivered: 0, kept: 0, givenUp: 0 }, 0, undefined]);
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
    expect(collector.log).toEqual([]);
    expect(messages).toHaveLength(1);
  });
}

const evil = 'data-project-id="evil" data-write-key="evil" data-endpoint="http://127.0.0.1:9"';
for (const [what, clobber] of [
  ['an image called currentScript', `<img alt="" name="currentScript" ${evil}>`],
  ['a form called currentScript', `<form name="currentScript" ${evil}></form>`],
  ['two embeds called currentScript', `<embed name="currentScript" ${evil}><embed name="currentScript" ${evil}>`],
  ['an image called querySelectorAll', `<img alt="" name="querySelectorAll"><img alt="" name="querySelector">`],
  ['an object called scripts', `<object name="scripts" ${evil}></object><form name="getElementsByTagName"></form>`],
  ['an element with the id mailslot', `<a id="mailslot" ${evil}></a>`],
  [
    'elements with the id mailslot',
    `<a id="mailslot" ${evil}></a><a id="mailslot" name="q"></a><a id="mailslot" name="track"></a>`,
  ],
  ['a form with the id mailslot', `<form id="mailslot"><input name="q"><input name="t"><input name="p"></form>`],
  [
    'other names',
    `<a id="HTMLScriptElement"></a><a id="Document"></a><a id="sessionStorage"></a><img alt="" name="head">`,
  ],
] as const) {
  for (const type of ['text/javascript', 'module']) {
    test(`no other element decides where events go: ${what}, ${type}`, async ({ page, site, collector }) => {
      const messages = listen(page);
      const tag = `<script type="${type}" src="/mailslot.js" ${data(collector)}></script>`;
      await open(page, site, `${clobber}${EARLY}${tag}`);
      expect(await outcome(page)).toBe('stored');
      expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 1 }))).toBe('stored');
      await expect.poll(() => collector.count('visits')).toBe(2);
      // Without the stub too.
      await open(page, site, `${clobber}${tag}`, '/no-stub.html');
      expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 2 }))).toBe('stored');
      await expect.poll(() => collector.count('visits')).toBe(3);
      expect(messages).toEqual([]);
    });
  }
}

test('the tag is left as it was found', async ({ page, site, collector }) => {
  const messages = listen(page);
  const tag = `<script src="/mailslot.js" ${data(collector)} data-turbo-track="reload" data-cfasync="false" data-nscript="x"></script>`;
  await page.goto(site.page('/left.html', html({ head: tag })));
  expect(await page.evaluate(() => document.querySelector('script')!.outerHTML)).toBe(tag);
  expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 0 }))).toBe('stored');
  expect(messages).toEqual([]);
});

test('two projects on one page work, each with its own global', async ({ page, site, collector }) => {
  const messages = listen(page);
  const tag = (attributes: string) => `<script src="/mailslot.js" ${attributes}></script>`;
  const second = data({ ...collector, projectId: 'second' } as Collector);
  await open(page, site, EARLY + tag(data(collector)) + tag(`${second} data-global="shopslot" data-consent="pending"`));
  const outcomes = await page.evaluate(async () => {
    const { mailslot, shopslot } = window as unknown as TestPage;
    return [await mailslot('visits', { n: 1 }), await shopslot('visits', { n: 2 }), await shopslot.pending()];
  });
  expect(outcomes).toEqual(['stored', 'held', 1]);
  await expect.poll(() => collector.count('visits')).toBe(2);
  expect(messages).toEqual([]);

  // Modules run once for a URL, and then take both tags.
  await open(
    page,
    site,
    [data(collector), `${second} data-global="shopslot"`].map((it) => tag(`type="module" ${it}`)).join(''),
    '/m.html',
  );
  expect(await page.evaluate(() => ['mailslot', 'shopslot'].every((name) => name in window))).toBe(true);

  // The same project again is harmless; another one without a global of its own is named.
  await open(page, site, EARLY + tag(data(collector)) + tag(data(collector)), '/same.html');
  expect(await outcome(page)).toBe('stored');
  expect(messages).toEqual([]);
  await open(page, site, EARLY + tag(data(collector)) + tag(second), '/other.html');
  expect(await outcome(page)).toBe('stored');
  expect(messages).toEqual([expect.stringMatching(/^error: mailslot:second .*data-global/)]);
});

test('attributes that are no option are named; an empty number is the default', async ({ page, site, collector }) => {
  const messages = listen(page);
  const named = (attribute: string) =>
    expect.stringMatching(new RegExp(`^warning: mailslot: ${attribute} .*mailslot.use`));
  const cases: [attributes: string, expected: unknown[]][] = [
    ['data-max-age="" data-max-queue="" data-max-batch=""', []],
    ['data-extend="abc" data-on-error="x"', [named('data-extend'), named('data-on-error')]],
    ['data-before-track="f"', [named('data-before-track')]],
    ['data-consent-state="pending"', [named('data-consent-state')]],
    ['data-flush-intervall="5" data-to-string="x"', [named('data-flush-intervall'), named('data-to-string')]],
    ['data-turbo-eval="false" data-turbolinks-track="reload" data-cfasync="false" data-cf-beacon="x"', []],
    ['data-n-head="ssr" data-hid="x" data-v-7ba5bd90 data-rocket-src="x" data-cookieconsent="x" data-no-defer', []],
    ['data-wp-strategy="async" data-astro-exec data-astro-rerun', []],
    ...['', ' ', 'unique ', ' unique', ' unique  origin ', ',(', '+'].map((add): [string, unknown[]] => [
      `data-add="${add}" data-unique-period="day" data-flush-intervall="5"`,
      [...(add.includes('unique') ? [] : [named('data-unique-period')]), named('data-flush-intervall')],
    ]),
  ];
  for (const [index, [attributes, expected]] of cases.entries()) {
    await open(
      page,
      site,
      `${EARLY}<script src="/mailslot.js" ${data(collector)} ${attributes}></script>`,
      `/${index}.html`,
    );
    expect(await outcome(page), attributes).toBe('stored');
    expect(messages.splice(0), attributes).toEqual(expected);
  }
  for (const attribute of ['data-read-key', 'data-master-key', 'data-secret-key']) {
    await open(
      page,
      site,
      `${EARLY}<script src="/mailslot.js" ${data(collector)} ${attribute}="c0ffee"></script>`,
      `/${attribute}.html`,
    );
    expect(await outcome(page), attribute).toBe('dropped');
    expect(messages.splice(0), attribute).toEqual([expect.stringMatching(/^error: KeyError/)]);
  }
});

test('what a page has put on all objects is no attribute of the tag', async ({ page, site, collector }) => {
  const messages = listen(page);
  const pollution = `<script>
    for (const name of ['add', 'global', 'projectId', 'writeKey', 'consent', 'dataset'])
      Object.defineProperty(Object.prototype, name, { value() {}, writable: true, configurable: true, enumerable: true });</script>`;
  // An attribute that is no option.
  const tag = `<script src="/mailslot.js" ${data(collector)} data-turbo-track="reload"></script>`;
  await open(page, site, `${pollution}${EARLY}${tag}`);
  expect(await outcome(page)).toBe('stored');
  await expect.poll(() => collector.count('visits')).toBe(1);
  expect(messages).toEqual([]);
  await open(page, site, `${pollution}${EARLY}<script src="/mailslot.js"></script>`, '/no-tag.html');
  expect(await outcome(page)).toBe('dropped');
  expect(messages).toEqual([expect.stringMatching(/^error: .*data-project-id and data-write-key/)]);
});

test('a tag without a key is off, and the console says so once', async ({ page, site, collector }) => {
  const messages = listen(page);
  for (const [index, more] of ['', 'data-project-id=""'].entries()) {
    const tag = `<script src="/mailslot.js" ${more} ${data({ ...collector, keys: { ...collector.keys, write: '' } })}></script>`;
    await open(page, site, EARLY + tag, `/key-${index}.html`);
    expect(await outcome(page)).toBe('dropped');
    const after = await page.evaluate(async () => {
      const { mailslot } = window as unknown as TestPage;
      return [await mailslot('visits', { n: 1 }), await mailslot.flush(), await mailslot.pending()];
    });
    expect(after).toEqual(['dropped', { delivered: 0, kept: 0, givenUp: 0 }, 0]);
    expect(messages.splice(0)).toEqual(['error: mailslot is off: writeKey is missing']);
    expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  }
  expect(collector.log).toEqual([]);
});

test('a tag that starts nothing does not stand in the way of one that does', async ({ page, site, collector }) => {
  const messages = listen(page);
  const tag = `<script src="/mailslot.js" ${data(collector)}></script>`;
  const wrong = tag.replace('data-flush-interval="0"', 'data-flush-interval="soon"');
  for (const [path, before] of Object.entries({ '/stub.html': EARLY, '/no-stub.html': '' })) {
    await open(page, site, before + wrong + tag, path);
    expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 1 })), path).toBe(
      'stored',
    );
    expect(messages.splice(0), path).toEqual([expect.stringMatching(/^error: TypeError: mailslot: flushInterval/)]);
    // The early call was dropped, and the second start does not make it again.
    if (before) expect(await outcome(page)).toBe('dropped');
    await page.evaluate(() => (window as unknown as TestPage).mailslot.flush());
    expect((await collector.events('visits')).map(({ n }) => n).filter((n) => n !== 1)).toEqual([]);
  }
});

test('what was kept waits while a tag does not start', async ({ page, site, collector }) => {
  await page.goto(site.page('/empty.html', html({})));
  await page.evaluate(
    (projectId) =>
      sessionStorage.setItem(
        `mailslot:${projectId}`,
        `undefined,{"0":"visits","1":{"n":7},"k":"track","t":${Date.now()}}`,
      ),
    collector.projectId,
  );
  const tag = `<script src="/mailslot.js" ${data(collector)}></script>`;
  await open(page, site, tag.replace('data-flush-interval="0"', 'data-flush-interval="soon"'), '/wrong.html');
  await open(page, site, tag, '/right.html');
  await expect.poll(async () => (await collector.events('visits')).map(({ n }) => n)).toEqual([7]);
});

test("with another version's stub nothing starts, and the console says so", async ({ page, site, collector }) => {
  // That of 0.1.0.
  const old = `(window.mailslot ||= Object.assign(
    (...call) => new Promise((resolve) => mailslot.q.push({ time: Date.now(), call, resolve })),
    { q: [], setConsent: (consent) => (mailslot.c = consent) },
  ));`;
  const messages = listen(page);
  const early = `const saved = mailslot; saved.setConsent('denied'); void saved('visits', { n: 0 });`;
  await open(
    page,
    site,
    `<script>${old}</script><script>${early}</script><script src="/mailslot.js" ${data(collector)}></script>
    <script>window.early = mailslot('visits', { n: 1 }); void saved('visits', { n: 2 });</script>`,
  );
  expect(await outcome(page)).toBe('dropped');
  expect(messages).toEqual(['error: mailslot: replace the stub by dist/stub.js']);
  expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
  expect(await collector.count('visits')).toBe(0);
});
