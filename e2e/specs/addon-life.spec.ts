// All add-ons together: they wait for consent with the tag's stub, and a stop and a start count nothing twice.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { root } from '../fixtures/paths.ts';
import { expect, html, test } from '../fixtures/test.ts';

const STUB = `<script>${readFileSync(join(root, 'dist/stub.js'), 'utf8')}</script>`;
const ALL = 'origin consent sessions views clicks engagement forms elements errors frustration vitals unique'.split(
  ' ',
);
const BODY = `<form name="order"><input name="colour"><button id="go">Go</button></form><p data-mailslot-view="hero">x</p>
  <button id="declared" data-mailslot="signups">x</button><button id="plain" name="plain">x</button>
  <a id="out" href="https://other.example/">x</a><a id="file" href="/list.pdf">x</a>`;
/** The page goes nowhere. */
const STAY = `for (const type of ['click', 'submit']) document.addEventListener(type, (event) => event.preventDefault());
  document.hasFocus = () => true;`;

/** Does once what each add-on makes an event of. */
async function usePage(page: Page) {
  await page.evaluate(async () => {
    for (const id of ['declared', 'plain', 'out', 'file']) document.getElementById(id)!.click();
    const field = document.querySelector('input')!;
    field.value = 'red';
    field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    document.querySelector('form')!.requestSubmit();
    const failed = new Promise((done) => addEventListener('error', done, { once: true, capture: true }));
    document.body.append(Object.assign(new Image(), { src: '/none.png' }));
    await failed;
    // Longer than a title, an element or a session may take.
    await new Promise((done) => setTimeout(done, 1500));
  });
}

const leave = (page: Page) =>
  page.evaluate(() => {
    for (const name of ['visibilityState', 'hidden'])
      Object.defineProperty(document, name, { value: name === 'hidden' || 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    dispatchEvent(new PageTransitionEvent('pagehide'));
  });

/** Everything that the page's origin stores. */
const stored = (page: Page) =>
  page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    cookie: document.cookie,
  }));
const NOTHING = { databases: [], local: [], session: [], cookie: '' };

test('with the stub and data-add, nothing is stored or sent before consent, and nothing is left after its end', async ({
  page,
  site,
  collector,
  faults,
}) => {
  const url = site.page(
    '/shop',
    html({
      head: `${STUB}<script>${STAY}</script><script async src="/mailslot.js" data-project-id="${collector.projectId}"
        data-write-key="${collector.keys.write}" data-endpoint="${faults.url}" data-flush-interval="0" data-consent="pending"
        data-add="${ALL.join(' ')}" data-views-local data-clicks-all data-elements-min-time="50"></script>`,
      body: BODY,
    }),
  );
  await page.goto(url);
  await page.waitForFunction((names) => names.every((name) => (window as any).mailslot.addons?.[name]), ALL);
  const before = Date.now();
  await usePage(page);
  await page.evaluate(() => (window as any).mailslot.addons.unique.track('visits', { n: 1 }));
  expect(await page.evaluate(() => (window as any).mailslot.pending())).toBeGreaterThan(8);
  expect(await stored(page)).toEqual(NOTHING);
  expect(faults.requests).toEqual([]);

  await page.evaluate(() => (window as any).mailslot.addons.consent.set('granted'));
  await page.evaluate(() => (window as any).mailslot.flush());
  for (const name of 'pageviews signups clicks outbound_clicks downloads form_starts form_submissions errors visits'.split(
    ' ',
  )) {
    await expect.poll(() => collector.count(name), name).toBe(1);
  }
  await expect.poll(() => collector.count('session_starts')).toBe(1);
  const [view] = await collector.events('pageviews');
  const [signup] = await collector.events('signups');
  expect(signup).toMatchObject({ view: view!.view, session: view!.session });
  expect(Date.parse(view!.keen.timestamp)).toBeLessThan(before + 1000);
  expect((await stored(page)).local).toContain('mailslot:consent');

  await page.evaluate(() => (window as any).mailslot.addons.consent.set('denied'));
  await usePage(page);
  await leave(page);
  const sent = faults.posts.length;
  await page.evaluate(() => (window as any).mailslot.flush());
  // Only that the visitor has said no.
  await expect.poll(() => stored(page)).toEqual({ ...NOTHING, local: ['mailslot:consent'] });
  expect(faults.posts.length).toBe(sent);
});

const START = `
  const options = { views: { local: true }, clicks: { all: true }, elements: { minTime: 50 } };
  window.startAll = () => {
    const stops = ${JSON.stringify(ALL.filter((name) => name !== 'unique'))}.map((name) => addons[name](target, options[name]));
    return () => stops.forEach((stop) => stop());
  };`;

test('all are stopped and started again (StrictMode, hot reloading): each event is made once', async ({
  page,
  site,
}) => {
  const script = `${START} startAll()(); window.stop = startAll(); window.ready = true;`;
  await page.goto(await addonPage(site, { path: '/shop', early: STAY, body: BODY, script }));
  await page.waitForFunction(() => (window as any).ready);
  await usePage(page);
  const count = async () => {
    const counts: Record<string, number> = {};
    for (const { collection } of await madeEvents(page)) counts[collection] = (counts[collection] ?? 0) + 1;
    return counts;
  };
  const once = Object.fromEntries(
    'pageviews signups clicks outbound_clicks downloads form_starts form_submissions errors session_starts'
      .split(' ')
      .map((name) => [name, 1]),
  );
  expect(await count()).toMatchObject(once);
  expect(new Set((await madeEvents(page)).flatMap(({ event }) => event.view ?? [])).size).toBe(1);

  // Once more, as an edited module does, in a page that has been used.
  await page.evaluate(() => {
    (window as any).stop();
    Object.assign(window, { stop: (window as any).startAll() });
  });
  await page.evaluate(() => document.getElementById('declared')!.click());
  expect(await count()).toMatchObject({ ...once, signups: 2 });
  expect(new Set((await madeEvents(page)).flatMap(({ event }) => event.view ?? [])).size).toBe(1);
});

test('nothing is thrown into the page, though the tracker throws', async ({ page, site }) => {
  const escaped: string[] = [];
  page.on('pageerror', (error) => escaped.push(String(error)));
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  const script = `target.track = () => { for (const { extend } of hooks) extend?.('x'); throw new Error('broken'); };
    ${START} startAll()(); window.stop = startAll(); window.ready = true;`;
  await page.goto(await addonPage(site, { path: '/shop', early: STAY, body: BODY, script }));
  await page.waitForFunction(() => (window as any).ready);
  await usePage(page);
  await leave(page);
  await page.evaluate(() => (window as any).stop());
  await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
  expect(escaped).toEqual([]);
  expect(said.filter((text) => /mailslot:.*broken/.test(text)).length).toBeGreaterThan(8);
});

test('after a stop, listeners, hooks, globals and timers are as before', async ({ page, site }) => {
  // Counts what the add-ons add and do not remove, by any way of removal; the test's driver adds listeners too.
  const early = `${STAY}
    window.added = new Set();
    const isOurs = () => new Error().stack.includes('/addons.js');
    { const { addEventListener, removeEventListener } = EventTarget.prototype;
      EventTarget.prototype.addEventListener = function (type, listener, options) {
        const entry = [type, listener];
        if (!options?.once && isOurs()) { added.add(entry); options?.signal && addEventListener.call(options.signal, 'abort', () => added.delete(entry)); }
        return addEventListener.call(this, type, listener, options);
      };
      EventTarget.prototype.removeEventListener = function (type, listener, options) {
        for (const entry of added) if (entry[0] === type && entry[1] === listener) added.delete(entry);
        return removeEventListener.call(this, type, listener, options);
      };
      window.timers = new Set();
      const { setTimeout: set, clearTimeout: clear } = window;
      window.setTimeout = (run, ...rest) => {
        const timer = set(() => { timers.delete(timer); run(...rest.slice(1)); }, rest[0]);
        if (isOurs()) timers.add(timer);
        return timer;
      };
      window.clearTimeout = (timer) => { timers.delete(timer); clear(timer); };
      window.observers = 0;
      for (const name of ['MutationObserver', 'IntersectionObserver', 'ResizeObserver']) {
        const { observe, disconnect } = window[name].prototype;
        const live = new Set();
        window[name].prototype.observe = function (...args) { if (!live.has(this) && isOurs()) { live.add(this); observers++; } return observe.apply(this, args); };
        window[name].prototype.disconnect = function () { if (live.delete(this)) observers--; return disconnect.call(this); };
      }
    }
    window.state = () => ({ added: [...added].map(([type]) => type).sort(), observers, hooks: hooks.size, timers: timers.size,
      globals: Object.keys(window).filter((name) => !['stop', 'ready', 'before'].includes(name)).length,
      pushState: Object.hasOwn(history, 'pushState') });`;
  // web-vitals cannot be stopped, so it has started before.
  const script = `${START} addons.vitals(target)(); 
    // Until web-vitals has added all of its listeners.
    for (let last; last !== (last = JSON.stringify(state())); ) await new Promise((done) => setTimeout(done, 500));
    window.before = state();
    window.stop = startAll(); window.ready = true;`;
  await page.goto(await addonPage(site, { path: '/shop', early, body: BODY, script }));
  await page.waitForFunction(() => (window as any).ready);
  await usePage(page);
  const { before, after, during } = await page.evaluate(async () => {
    const { state, stop, before: first } = window as any;
    document.getElementById('plain')!.click();
    history.pushState(null, '', '/cart');
    document.body.append(Object.assign(document.createElement('p'), { innerHTML: '<b data-mailslot-view="b">x</b>' }));
    document.dispatchEvent(new Event('scroll'));
    dispatchEvent(new ErrorEvent('error', { error: new TypeError('x'), message: 'x', filename: '/app.js' }));
    const now = state();
    stop();
    await null;
    return { before: first, during: now, after: state() };
  });
  expect(during.added.length).toBeGreaterThan(before.added.length + 10);
  expect(during.timers).toBeGreaterThan(3);
  expect(during.observers).toBeGreaterThan(before.observers);
  expect(after).toEqual(before);
  const made = (await madeEvents(page)).length;
  await usePage(page);
  await leave(page);
  expect(await madeEvents(page)).toHaveLength(made);
});
