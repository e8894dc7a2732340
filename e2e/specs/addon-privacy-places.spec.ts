// Each place of a page that can hold what is private, with a secret of its own: none of them is in an event, a storage or a request.
import { createHash } from 'node:crypto';
import type { Page } from 'playwright/test';
import { addonPage } from '../fixtures/addons.ts';
import { allAddons, everything, leave } from '../fixtures/all-addons.ts';
import { expect, test } from '../fixtures/test.ts';

/** An e-mail address, a token or a number of a card that no other place has. */
const mail = (place: string) => `jane.${place.replace(/\W+/g, '.')}@private.example`;
const token = (place: string) =>
  `t0K${createHash('sha256').update(place).digest('base64url')}`.replace(/[-_]/g, 'x').slice(0, 32);
const words = (place: string) => `secret words ${place.replace(/\W+/g, ' ')}`;
const card = (place: string) =>
  `4${BigInt(`0x${createHash('sha256').update(place).digest('hex').slice(0, 16)}`)}0000000000000000`.slice(0, 16);
const spaced = (digits: string) => digits.replace(/(.{4})(?=.)/g, '$1 ');

interface Place {
  /** The secrets of the place; none of them may get out, in no encoding. */
  secrets: [string];
  html?: string;
  /** Runs in the page, with the secrets. */
  act?(secrets: [string]): void;
  /** The source of an image, which comes once the add-ons have started. */
  source?(secrets: [string]): string;
}

const field = (name: string, secret: string, attributes: string): [string, Place] => [
  name,
  { secrets: [secret], html: `<form><input ${attributes} data-fill="${secret}"><button>Go</button></form>` },
];
const html = (name: string, secret: string, content: (it: string) => string): [string, Place] => [
  name,
  { secrets: [secret], html: content(secret) },
];
const act = (name: string, secret: string, run: (secrets: [string]) => void): [string, Place] => [
  name,
  { secrets: [secret], act: run },
];

const image = (name: string, secret: string, source: (secrets: [string]) => string): [string, Place] => [
  name,
  { secrets: [secret], source },
];

const PLACES: Record<string, Place> = Object.fromEntries([
  // Fields.
  field('autofilled address', words('street'), 'name="street" autocomplete="street-address"'),
  field('autofilled card', spaced(card('autofill')), 'name="number" autocomplete="cc-number"'),
  field('one-time code', 'zx81qq', 'name="otp" autocomplete="one-time-code"'),
  field('e-mail field', mail('email field'), 'type="email" name="m"'),
  field('search field', words('search'), 'type="search" name="q"'),
  field('telephone', '+49 170 55501234', 'type="tel" name="tel"'),
  field('field with a private name', words('named'), `name="${mail('name of a field')}"`),
  html(
    'select',
    words('select'),
    (it) => `<form><select name="s"><option>none</option><option>${it}</option></select></form>`,
  ),
  html('text area', words('textarea'), (it) => `<form><textarea name="note" data-fill="${it}"></textarea></form>`),
  html(
    'list of values',
    words('datalist'),
    (it) => `<input list="values"><datalist id="values"><option value="${it}"></datalist>`,
  ),
  html(
    'hidden field',
    token('hidden'),
    (it) => `<form><input type="hidden" name="csrf" value="${it}"><button>Go</button></form>`,
  ),
  html('checkbox', words('checkbox'), (it) => `<form><input type="checkbox" name="yes" value="${it}"></form>`),
  html('submit button', words('submit'), (it) => `<form><input type="submit" value="${it}"></form>`),
  html(
    'default value',
    words('default'),
    (it) => `<form><input name="d" value="${it}" placeholder="${it}"><button>Go</button></form>`,
  ),
  // Texts and attributes.
  html('contenteditable', words('editable'), (it) => `<div contenteditable data-fill="${it}">x</div>`),
  html('text of a button', words('button'), (it) => `<button>${it}</button>`),
  html('label', words('label'), (it) => `<label aria-label="${it}" title="${it}">${it}<input name="l"></label>`),
  html('heading', words('heading'), (it) => `<h2 style="font-size: 60px">${it}</h2>`),
  html('card in a text', spaced(card('text')), (it) => `<p role="button" data-mailslot-view="card">${it}</p>`),
  html('summary', words('summary'), (it) => `<details><summary>${it}</summary>x</details>`),
  html('e-mail in a name', mail('name'), (it) => `<button name="${it}">x</button>`),
  html('encoded e-mail in a name', mail('encoded name'), (it) => `<button name="${encodeURIComponent(it)}">x</button>`),
  html('token in a name', token('name'), (it) => `<button name="${it}">x</button>`),
  html(
    'e-mail as the name of a form',
    mail('form'),
    (it) => `<form name="${it}"><input name="a"><button>Go</button></form>`,
  ),
  html(
    'token as the id of a form',
    token('form'),
    (it) => `<form id="${it}"><input name="a"><button>Go</button></form>`,
  ),
  html('token as the name of a field', token('field'), (it) => `<form><input name="${it}" data-fill="a"></form>`),
  html('id', token('id'), (it) => `<button id="${it}">x</button>`),
  html('class', token('class'), (it) => `<button class="${it}">x</button>`),
  html(
    'other attributes',
    words('attribute'),
    (it) => `<button data-user="${it}" aria-description="${it}" value="${it}">x</button>`,
  ),
  // What HTML declares.
  html('text of a declared button', words('declared'), (it) => `<button data-mailslot="signups">${it}</button>`),
  html(
    'field of a declared form',
    words('declared form'),
    (it) => `<form data-mailslot="orders"><input name="o" data-fill="${it}"><button>${it}</button></form>`,
  ),
  html(
    'e-mail in a declared property',
    mail('declared'),
    (it) => `<button data-mailslot="signups" data-mailslot-owner="${it}">x</button>`,
  ),
  html(
    'card in a declared property',
    card('declared'),
    (it) => `<button data-mailslot="signups" data-mailslot-card="${it}">x</button>`,
  ),
  html(
    'token in a declared property',
    token('declared'),
    (it) => `<button data-mailslot="signups" data-mailslot-session="${it}">x</button>`,
  ),
  html(
    'e-mail in a declared form',
    mail('declared form'),
    (it) => `<form data-mailslot="orders" data-mailslot-by="${it}"><button>Go</button></form>`,
  ),
  html('e-mail as the name of an element in sight', mail('view'), (it) => `<p data-mailslot-view="${it}">x</p>`),
  html(
    'e-mail in a property of an element in sight',
    mail('viewed'),
    (it) => `<p data-mailslot-view="p" data-mailslot-owner="${it}">x</p>`,
  ),
  // Links.
  html('query of a link', token('link query'), (it) => `<a href="https://other.example/a?t=${it}#${it}">x</a>`),
  html('path of a link', token('link path'), (it) => `<a href="https://other.example/reset/${it}">x</a>`),
  html('e-mail in the path of a link', mail('link'), (it) => `<a href="https://other.example/${it}">x</a>`),
  html(
    'e-mail that is encoded twice in a link',
    mail('twice'),
    (it) => `<a href="https://other.example/${encodeURIComponent(encodeURIComponent(it))}">x</a>`,
  ),
  html('card in the path of a link', spaced(card('link')), (it) => `<a href="https://other.example/${it}">x</a>`),
  html('user of a link', 'jane:open-sesame', (it) => `<a href="https://${it}@other.example/">x</a>`),
  html('mailto', mail('mailto'), (it) => `<a href="mailto:${it}">x</a>`),
  html('data of a link', words('data link'), (it) => `<a download href="data:text/plain,${it}">x</a>`),
  html('name of a download', mail('download'), (it) => `<a download="${it}.pdf" href="/files/a.pdf">x</a>`),
  html('path of a download', token('download'), (it) => `<a href="/files/${it}.pdf">x</a>`),
  html(
    'link in SVG',
    token('svg'),
    (it) =>
      `<svg width="20" height="20"><a href="https://other.example/${it}"><rect width="20" height="20"/></a></svg>`,
  ),
  // Resources that fail.
  image('query of a resource', token('resource'), ([it]) => `/none.png?t=${it}`),
  image('path of a resource', mail('resource'), ([it]) => `/none/${it}.png`),
  image('data of a resource', words('data'), ([it]) => `data:image/png,${it}`),
  // Errors.
  act(
    'e-mail in a message',
    mail('message'),
    ([it]) => void dispatchEvent(new ErrorEvent('error', { error: new Error(`no ${it}`), message: `no ${it}` })),
  ),
  act(
    'address in a message',
    token('fetch'),
    ([it]) =>
      void dispatchEvent(
        new ErrorEvent('error', { error: new Error(`GET https://a.example/x?code=${it.slice(0, 9)}&t=${it}`) }),
      ),
  ),
  act(
    'e-mail as the name of an error',
    mail('error'),
    ([it]) => void dispatchEvent(new ErrorEvent('error', { error: Object.assign(new Error('x'), { name: it }) })),
  ),
  act(
    'file of an error',
    token('file'),
    ([it]) =>
      void dispatchEvent(
        new ErrorEvent('error', { error: new Error('y'), filename: `https://a.example/${it}.js?t=${it}` }),
      ),
  ),
  act(
    'stack of an error',
    token('stack'),
    ([it]) =>
      void dispatchEvent(
        new ErrorEvent('error', {
          error: Object.assign(new Error('z'), { stack: `Error: z\n    at f (https://a.example/app.js?t=${it}:1:2)` }),
        }),
      ),
  ),
  act(
    'cause of an error',
    mail('cause'),
    ([it]) => void dispatchEvent(new ErrorEvent('error', { error: new Error('w', { cause: new Error(it) }) })),
  ),
  act(
    'reason of a rejection',
    words('reason'),
    ([it]) =>
      void dispatchEvent(
        new PromiseRejectionEvent('unhandledrejection', {
          promise: Promise.resolve(),
          reason: { it, toString: () => it },
        }),
      ),
  ),
  act(
    'text as a reason',
    mail('reason'),
    ([it]) =>
      void dispatchEvent(new PromiseRejectionEvent('unhandledrejection', { promise: Promise.resolve(), reason: it })),
  ),
  // Addresses and titles.
  act('token in a hash route', token('hash'), ([it]) => void (location.hash = `#/reset/${it}`)),
  act(
    'token of OAuth in the hash',
    token('oauth'),
    ([it]) => void (location.hash = `#access_token=${it}&token_type=bearer`),
  ),
  act('e-mail in a hash route', mail('hash'), ([it]) => void (location.hash = `#/users/${it}`)),
  act('query', words('query'), ([it]) => history.pushState(null, '', `/query?q=${it}`)),
  act('e-mail in a query that makes pages', mail('page'), ([it]) => history.pushState(null, '', `/page?mail=${it}`)),
  act('token in a query that makes pages', token('page'), ([it]) => history.pushState(null, '', `/page?token=${it}`)),
  act('e-mail in a path', mail('path'), ([it]) => history.pushState(null, '', `/users/${encodeURIComponent(it)}`)),
  act('card in a path', spaced(card('path')), ([it]) => history.pushState(null, '', `/cards/${it}`)),
  act('card in a path, as a form encodes it', spaced(card('plus')), ([it]) =>
    history.pushState(null, '', `/cards/${it.replaceAll(' ', '+')}`),
  ),
  act('state of the history', words('state'), ([it]) => history.pushState({ it }, '', '/state')),
  act('e-mail in the title', mail('title'), ([it]) => {
    history.pushState(null, '', '/title');
    document.title = `Inbox of ${it}`;
  }),
  act('card in the title', spaced(card('title')), ([it]) => {
    history.pushState(null, '', '/title-2');
    document.title = `Card ${it}`;
  }),
  act('unique event', mail('unique'), () => {}),
]);

/** Uses everything on the page once or twice, as a visitor would. */
async function usePlaces(page: Page) {
  await page.evaluate(async () => {
    const pause = () => new Promise((done) => setTimeout(done));
    for (const element of document.querySelectorAll<HTMLElement>('[data-fill]')) {
      const text = element.dataset.fill!;
      if ('value' in element) element.value = text;
      else element.textContent = text;
      element.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true, data: text }));
      element.dispatchEvent(new Event('change', { bubbles: true }));
    }
    for (const select of document.querySelectorAll('select')) {
      select.selectedIndex = 1;
      select.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    }
    for (const element of document.querySelectorAll('body *')) {
      for (let n = 0; n < 3; n++)
        element.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }));
      if (element instanceof HTMLFormElement)
        element.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
      element.scrollIntoView();
      await pause();
    }
  });
}

/** All forms in which a secret could get out. */
const formsOf = (secret: string) => [
  secret,
  encodeURIComponent(secret),
  encodeURIComponent(encodeURIComponent(secret)),
  secret.replaceAll(' ', '+'),
  secret.replaceAll(' ', ''),
  btoa(secret),
  Buffer.from(secret).toString('hex'),
  JSON.stringify(secret).slice(1, -1),
];

test('no secret of any place gets out', async ({ page, site, collector, faults }) => {
  const names = Object.keys(PLACES);
  const url = await addonPage(site, {
    path: '/home',
    early: `for (const type of ['click', 'submit']) document.addEventListener(type, (event) => event.preventDefault());`,
    body: names.map((name) => PLACES[name]!.html ?? '').join('\n'),
    script: allAddons(collector, faults),
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
  await usePlaces(page);
  for (const name of names) {
    const { act: run, source, secrets } = PLACES[name]!;
    if (source)
      await page.evaluate((src) => document.body.append(Object.assign(new Image(), { src })), source(secrets));
    // The page's own code would be looked through otherwise.
    if (run) await page.evaluate(`(${run})(${JSON.stringify(secrets)})`);
    if (run) await page.evaluate(() => new Promise((done) => setTimeout(done, 60)));
  }
  await page.evaluate((text) => (window as any).once.track('visits', { n: 1, text: text.length }), mail('unique'));
  await page.evaluate(() => new Promise((done) => setTimeout(done, 1200)));
  await leave(page);
  const found = await everything(page, faults);
  const collections = new Set(found.events.map((text) => JSON.parse(text)[0]));
  for (const name of 'pageviews signups orders clicks outbound_clicks downloads engagements form_starts form_submissions element_views errors frustrations session_starts vitals visits'.split(
    ' ',
  )) {
    expect([...collections], name).toContain(name);
  }
  const texts = { events: found.events.join('\n'), stored: found.stored, sent: found.sent };
  const leaks = names.flatMap((name) =>
    PLACES[name]!.secrets.flatMap((secret) =>
      Object.entries(texts).flatMap(([where, text]) => {
        const form = formsOf(secret).find((one) => text.includes(one));
        return form
          ? [`${name}, in ${where}: ${text.slice(Math.max(0, text.indexOf(form) - 120), text.indexOf(form) + 60)}`]
          : [];
      }),
    ),
  );
  expect(leaks.filter((leak) => / in events/.test(leak))).toEqual([]);
  expect(leaks).toEqual([]);
});
