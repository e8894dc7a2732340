// A stop and a start on the same page, as StrictMode and hot reloading make them: the events are those of one start.
import type { BrowserContext, Page } from 'playwright/test';
import { addonPage, type MadeEvent, madeEvents } from '../fixtures/addons.ts';
import { expect, type Site, test } from '../fixtures/test.ts';

const ALL = 'origin consent sessions views clicks engagement forms elements errors frustration vitals'.split(' ');
const BODY = `<form name="order"><input name="colour"><button>Go</button></form><form name="search"><input name="words"></form>
  <p data-mailslot-view="hero">x</p><button id="declared" data-mailslot="signups">x</button>
  <button id="plain" name="plain">x</button><a id="out" href="https://other.example/">x</a>`;
const EARLY = `for (const type of ['click', 'submit']) document.addEventListener(type, (event) => event.preventDefault());
  document.hasFocus = () => true;
  window.begin = () => {
    const options = { views: { local: true }, clicks: { all: true }, elements: { minTime: 50 } };
    const stops = ${JSON.stringify(ALL)}.map((name) => addons[name](target, options[name]));
    return () => stops.forEach((stop) => stop());
  };`;

/** What differs between two runs. */
const VOLATILE =
  /^(keen|view|session|session_age|session_event|first|last|ms|engaged_ms|lcp|inp|cls|fcp|ttfb|navigation_id)$/;

/** The events of one kind after the other: the order of timers is not a rule. */
const comparable = (events: MadeEvent[]) =>
  events
    .map(({ collection, event }) =>
      JSON.stringify([collection, Object.entries(event).filter(([name]) => !VOLATILE.test(name))]),
    )
    .sort();

/** Opens a page whose add-ons start in the way that `script` says. */
async function open(page: Page, site: Site, script: string) {
  await page.goto(await addonPage(site, { path: '/shop', early: EARLY, body: BODY, script }));
  await page.waitForFunction(() => (window as any).stop);
}

/** Does once what each add-on makes an event of. `meanwhile` comes after the first half, with a form that is begun. */
async function visit(page: Page, meanwhile: () => unknown = () => {}): Promise<string[]> {
  const wait = (collection: string) => expect.poll(() => madeEvents(page, collection), collection).not.toEqual([]);
  const fill = (name: string) =>
    page.evaluate((field) => {
      const input = document.querySelector<HTMLInputElement>(`[name=${field}]`)!;
      input.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
      input.form!.name === 'order' && input.form!.requestSubmit();
    }, name);
  await wait('element_views');
  await wait('pageviews');
  // A stop before would make it at once, without the properties of add-ons that were stopped first.
  await wait('session_starts');
  await fill('words');
  await page.evaluate(meanwhile);
  await fill('words');
  await fill('colour');
  await page.evaluate(async () => {
    for (const id of ['declared', 'plain', 'out']) document.getElementById(id)!.click();
    for (let n = 0; n < 4; n++) document.getElementById('out')!.click();
    const failed = new Promise((done) => addEventListener('error', done, { once: true, capture: true }));
    document.body.append(Object.assign(new Image(), { src: '/none.png' }));
    await failed;
    // The second view of an element would be made in this time.
    await new Promise((done) => setTimeout(done, 500));
  });
  await wait('frustrations');
  await page.evaluate(() => {
    for (const name of ['visibilityState', 'hidden'])
      Object.defineProperty(document, name, { value: name === 'hidden' || 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    dispatchEvent(new PageTransitionEvent('pagehide'));
  });
  await wait('vitals');
  const events = await madeEvents(page);
  expect(new Set(events.flatMap(({ event }) => event.view ?? [])).size).toBe(1);
  return comparable(events);
}

/** The events of a page, in a tab of its own, because a tab remembers its session. */
async function eventsOf(context: BrowserContext, site: Site, script: string, meanwhile?: () => unknown) {
  const page = await context.newPage();
  await open(page, site, script);
  const events = await visit(page, meanwhile);
  await page.close();
  return events;
}

/** As a router does once its first page is rendered. */
const REDIRECT = `await new Promise((done) => setTimeout(done)); history.replaceState(null, '', '/en/shop');`;
const COLLECTIONS =
  'pageviews engagements signups clicks outbound_clicks form_starts form_submissions form_abandons element_views errors frustrations vitals session_starts';

test('StrictMode: start, stop and start', async ({ context, site }) => {
  const once = await eventsOf(context, site, `window.stop = begin(); ${REDIRECT}`);
  expect(new Set(once.map((event) => JSON.parse(event)[0]))).toEqual(new Set(COLLECTIONS.split(' ')));
  expect(await eventsOf(context, site, `begin()(); window.stop = begin(); ${REDIRECT}`)).toEqual(once);
  // Nor does a second call of what was stopped matter.
  const script = `const first = begin(); first(); first(); window.stop = begin(); first(); ${REDIRECT}`;
  expect(await eventsOf(context, site, script)).toEqual(once);
});

test('hot reloading: a stop and a start on a page that is in use', async ({ context, site }) => {
  const script = 'window.stop = begin();';
  const once = await eventsOf(context, site, script);
  const twice = await eventsOf(context, site, script, () => {
    const { stop, begin } = window as any;
    stop();
    Object.assign(window, { stop: begin() });
  });
  // Of engagement, what was seen before the stop is an event of its own, and others add it up.
  const others = (events: string[]) => events.filter((event) => !event.startsWith('["engagements"'));
  expect(others(twice)).toEqual(others(once));
});

test('a start on another page begins anew', async ({ page, site }) => {
  await open(page, site, 'window.stop = begin();');
  await expect.poll(() => madeEvents(page, 'element_views')).toHaveLength(1);
  await page.evaluate(() => {
    (window as any).stop();
    history.pushState(null, '', '/cart');
    Object.assign(window, { stop: (window as any).begin() });
  });
  await expect.poll(() => madeEvents(page, 'element_views')).toHaveLength(2);
});

test('two stopped trackers go on with a state each', async ({ page, site }) => {
  await open(
    page,
    site,
    `const other = { track: (collection) => { (window.others ??= []).push(collection); } };
     const start = () => [target, other].map((tracker) => addons.elements(tracker, { minTime: 50 }));
     for (const stop of start()) { stop(); stop(); }
     window.stop = start();`,
  );
  await expect.poll(() => page.evaluate(() => (window as any).others)).toEqual(['element_views']);
  await expect.poll(() => madeEvents(page, 'element_views')).toHaveLength(1);
});

test('sessions: the begin of a session is an event, even if a stop follows', async ({ page, site }) => {
  await open(
    page,
    site,
    `const stop = addons.sessions(target); target.track('visits', {}); stop(); window.stop = addons.sessions(target);`,
  );
  await expect.poll(() => madeEvents(page, 'session_starts')).toHaveLength(1);
});

for (const [what, early] of [
  ['with', ''],
  ['without', `Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } });`],
] as const) {
  test(`origin: ${what} storage, ?mailslot=off holds for a second start`, async ({ page, site }) => {
    const script = 'addons.origin(target)(); window.stop = addons.origin(target);';
    const url = await addonPage(site, { path: '/shop', early, script });
    const visit = async (query: string) => {
      await page.goto(url + query);
      await page.waitForFunction(() => (window as any).stop);
      return page.evaluate(() => (window as any).target.track('visits', {}));
    };
    expect(await visit('?mailslot=off')).toBe('dropped');
    expect(page.url()).toBe(url);
    if (!early) expect(await visit('')).toBe('dropped');
    expect(await visit('?mailslot=on')).toBe('stored');
  });
}
