// Sessions, unique events, consent and origin: what is remembered, for how long, and never before consent.
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { expect, type Site, test } from '../fixtures/test.ts';

const put = (site: Site, script: string, more: { path?: string; early?: string } = {}) =>
  addonPage(site, { path: '/shop', script: `${script} window.ready = true;`, ...more });

async function open(page: Page, url: string) {
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
}

const track = (page: Page, collection = 'visits', event: object = {}) =>
  page.evaluate(([to, it]) => (window as any).target.track(to, it), [collection, event] as const);

const made = async (page: Page, collection: string) => (await madeEvents(page, collection)).map(({ event }) => event);
const stored = (page: Page) =>
  page.evaluate(() => [sessionStorage['mailslot:session'], localStorage['mailslot:unique']]);

test.describe('sessions', () => {
  const START = 'window.stop = addons.sessions(target, window.options);';

  test('each event has its session, age and number, on all pages of a tab', async ({ page, site }) => {
    const url = await put(site, START);
    await open(page, url);
    await track(page);
    await track(page);
    await expect.poll(() => made(page, 'session_starts')).toHaveLength(1);
    await expect.poll(() => stored(page)).not.toEqual([undefined, undefined]);
    await open(page, `${url}?next`);
    await track(page);
    const [one, two, three] = (await made(page, 'visits')) as [any, any, any];
    const [start] = await made(page, 'session_starts');
    expect(one.session).toMatch(/^[\da-z]{8,14}$/);
    expect([one.session_event, two.session_event, three.session_event]).toEqual([1, 2, 3]);
    expect(new Set([one.session, two.session, three.session, start!.session])).toEqual(new Set([one.session]));
    expect(start!.session_event).toBe(0);
    expect(await made(page, 'session_starts')).toHaveLength(1);
  });

  test('a session ends after half an hour without input, and after a day; the next event begins another', async ({
    page,
    site,
  }) => {
    await page.clock.install();
    await open(page, await put(site, START));
    const id = async () => {
      await track(page);
      return (await made(page, 'visits')).at(-1)!.session as string;
    };
    const first = await id();
    await page.clock.fastForward(29 * 60_000);
    await page.keyboard.press('a');
    await page.clock.fastForward(29 * 60_000);
    expect(await id()).toBe(first);
    await page.clock.fastForward(31 * 60_000);
    // Input does not keep an expired session alive.
    await page.keyboard.press('a');
    const second = await id();
    expect(second).not.toBe(first);
    expect((await made(page, 'visits')).at(-1)).toMatchObject({ session_event: 1, session_age: 0 });
    for (let n = 0; n < 60; n++) {
      await page.clock.fastForward(25 * 60_000);
      await page.keyboard.press('a');
    }
    expect(await id()).not.toBe(second);
  });

  test('tabs share a session, which goes with the last of them', async ({ page, context, site }) => {
    const url = await put(site, START);
    await open(page, url);
    await track(page);
    await expect.poll(() => made(page, 'session_starts')).toHaveLength(1);
    await expect.poll(async () => (await stored(page))[0]).toBeTruthy();
    const other = await context.newPage();
    await open(other, url);
    // The other tab has answered by now.
    await other.evaluate(() => new Promise((done) => setTimeout(done, 300)));
    await track(other);
    const [{ session }] = (await made(page, 'visits')) as [any];
    expect((await made(other, 'visits'))[0]!.session).toBe(session);
    expect(await made(other, 'session_starts')).toEqual([]);
    await page.close();
    await other.close();
    const later = await context.newPage();
    await open(later, url);
    await track(later);
    expect((await made(later, 'visits'))[0]!.session).not.toBe(session);
  });

  test('tabs take the session that another one has begun, and a tab in the background no expired one', async ({
    page,
    context,
    site,
  }) => {
    const url = await put(site, START);
    const other = await context.newPage();
    for (const tab of [page, other]) {
      await tab.clock.install();
      await open(tab, url);
      await track(tab);
      await tab.clock.fastForward(100);
    }
    const idOf = async (tab: Page) => (await made(tab, 'visits')).at(-1)!.session as string;
    const both = await Promise.all([page, other].map(idOf));
    await page.clock.fastForward(31 * 60_000);
    await other.clock.fastForward(31 * 60_000);
    await track(page);
    await page.clock.fastForward(100);
    const next = await idOf(page);
    expect(both).not.toContain(next);
    // Its message has arrived by then.
    await other.evaluate(
      () =>
        new Promise((done) => {
          const channel = new BroadcastChannel('mailslot:session');
          channel.onmessage = done;
          channel.postMessage(0);
        }),
    );
    await track(other);
    expect(await idOf(other)).toBe(next);
  });

  test('a new campaign begins a session; a direct visit and an internal link do not', async ({ page, site }) => {
    const url = await put(site, START);
    const visit = async (address: string) => {
      await open(page, address);
      await track(page);
      await page.evaluate(() => new Promise((done) => setTimeout(done, 200)));
      return (await made(page, 'visits')).at(-1)!.session as string;
    };
    const direct = await visit(url);
    expect(await visit(`${url}?page=2`)).toBe(direct);
    const mail = await visit(`${url}?utm_source=mail&utm_content=jane@post.example`);
    expect(mail).not.toBe(direct);
    expect(await visit(`${url}?utm_source=mail&utm_content=jane@post.example`)).toBe(mail);
    expect(await visit(url)).toBe(mail);
    expect(await visit(`${url}?utm_source=other`)).not.toBe(mail);
    expect(JSON.stringify(await stored(page))).not.toMatch(/jane|mail\b/);
  });

  test('nothing is written before an event was stored; then the id is that of the held events', async ({
    page,
    site,
  }) => {
    await page.clock.install();
    await open(page, await put(site, START, { early: 'window.outcome = "held";' }));
    await track(page);
    await page.clock.fastForward(10_000);
    await expect.poll(() => made(page, 'session_starts')).toHaveLength(1);
    expect(await stored(page)).toEqual([undefined, undefined]);
    await page.evaluate(() => Object.assign(window, { outcome: 'stored' }));
    await track(page);
    await page.clock.fastForward(10_000);
    await expect.poll(async () => (await stored(page))[0]).toBeTruthy();
    const starts = await made(page, 'session_starts');
    // The same event again, which a collector counts once.
    expect(new Set(starts.map(({ keen }) => keen.uniqueness_token)).size).toBe(1);
    const visits = await made(page, 'visits');
    expect(new Set(visits.map(({ session }) => session)).size).toBe(1);
    await page.evaluate(() => (window as any).stop());
    await track(page);
    expect((await made(page, 'visits')).at(-1)!.session).toBeUndefined();
  });
});

test('sessions: what a denial has removed does not come back', async ({ page, site }) => {
  await page.clock.install();
  await open(page, await put(site, 'addons.sessions(target); window.choice = addons.consent(target);'));
  await track(page);
  await page.clock.fastForward(100);
  await expect.poll(async () => (await stored(page))[0]).toBeTruthy();
  // The click on "Deny" can be an event too.
  await track(page);
  await page.evaluate(() => (window as any).choice.set('denied'));
  await page.keyboard.press('a');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await page.clock.fastForward(10_000);
  expect(await stored(page)).toEqual([undefined, undefined]);
});

test('unique: the same event once per period, in all tabs, and nothing is remembered of what was not stored', async ({
  page,
  context,
  site,
}) => {
  await page.clock.install();
  const url = await put(site, 'window.once = addons.unique(target, { period: 60000 });', {
    early: 'window.outcome = "held";',
  });
  await open(page, url);
  const once = (tab: Page, event: object) => tab.evaluate((it) => (window as any).once.track('signups', it), event);
  expect(await once(page, { mail: 'jane@post.example' })).toBe('held');
  expect(await once(page, { mail: 'jane@post.example' })).toBe('dropped');
  expect((await stored(page))[1]).toBeUndefined();
  await page.evaluate(() => Object.assign(window, { outcome: 'dropped' }));
  expect(await once(page, { n: 1 })).toBe('dropped');
  await page.evaluate(() => Object.assign(window, { outcome: 'stored' }));
  expect(await once(page, { n: 1 })).toBe('stored');
  expect((await stored(page))[1]).not.toContain('jane');
  const other = await context.newPage();
  await other.clock.install();
  await open(other, url);
  expect(await once(other, { n: 1 })).toBe('dropped');
  await page.clock.fastForward(61_000);
  expect(await once(page, { n: 1 })).toBe('stored');
});

test.describe('consent', () => {
  const consents = (page: Page) => page.evaluate(() => (window as any).consents ?? []);
  const set = (page: Page, state: string) => page.evaluate((to) => (window as any).choice.set(to), state);

  test('the choice is remembered with time and version, and told to other tabs', async ({ page, context, site }) => {
    const url = await put(site, 'window.choice = addons.consent(target, { version: "2" });');
    await open(page, url);
    expect(await consents(page)).toEqual([]);
    const other = await context.newPage();
    await open(other, url);
    await page.evaluate(() => Object.assign(sessionStorage, { 'mailslot:session': 'x' }));
    await set(page, 'granted');
    await expect.poll(() => consents(other)).toEqual(['granted']);
    const choice = await page.evaluate(() => (window as any).choice.get());
    expect(choice).toMatchObject({ state: 'granted', version: '2' });
    expect(Math.abs(Date.parse(choice.time) - Date.now())).toBeLessThan(60_000);
    await open(page, url);
    expect(await consents(page)).toEqual(['granted']);
    await set(page, 'denied');
    await expect.poll(() => consents(other)).toEqual(['granted', 'denied']);
    expect(await page.evaluate(() => sessionStorage['mailslot:session'])).toBeUndefined();
    // Another version of the policy needs another choice.
    const next = await put(site, 'window.choice = addons.consent(target, { version: "3" });', { path: '/next' });
    await open(page, next);
    expect(await consents(page)).toEqual([]);
    await set(page, 'granted');
    await set(page, 'pending');
    await open(page, next);
    expect(await consents(page)).toEqual([]);
  });

  test('the Transparency and Consent Framework decides where a page has it', async ({ page, site }) => {
    const url = await put(site, 'window.stop = addons.consent(target);', {
      early: `window.calls = []; window.__tcfapi = (...call) => calls.push(call);`,
    });
    await open(page, url);
    const decisions = await page.evaluate(() => {
      const { calls, stop } = window as any;
      const [[command, version, tell]] = calls;
      tell({ listenerId: 7, eventStatus: 'cmpuishown', gdprApplies: true, purpose: { consents: {} } }, true);
      tell({ listenerId: 7, eventStatus: 'useractioncomplete', purpose: { consents: { 1: true, 8: true } } }, true);
      tell({ listenerId: 7, eventStatus: 'tcloaded', purpose: { consents: { 1: true } } }, true);
      tell({ listenerId: 7, eventStatus: 'tcloaded', gdprApplies: false }, true);
      stop();
      return [command, version, (window as any).consents, calls[1][0], calls[1][3]];
    });
    expect(decisions).toEqual(['addEventListener', 2, ['granted', 'denied', 'granted'], 'removeEventListener', 7]);
  });

  test('Google’s consent mode decides where a page has it', async ({ page, site }) => {
    const url = await put(site, 'window.stop = addons.consent(target);', {
      early: `window.dataLayer = []; window.original = dataLayer.push; function gtag() { dataLayer.push(arguments); }
        gtag('consent', 'default', { analytics_storage: 'denied' });`,
    });
    await open(page, url);
    expect(await consents(page)).toEqual([]);
    const rest = await page.evaluate(() => {
      const { gtag, dataLayer, stop, original } = window as any;
      gtag('event', 'x');
      gtag('consent', 'update', { analytics_storage: 'granted' });
      gtag('consent', 'update', { analytics_storage: 'denied' });
      stop();
      gtag('consent', 'update', { analytics_storage: 'granted' });
      return [(window as any).consents, dataLayer.length, dataLayer.push === original];
    });
    expect(rest).toEqual([['granted', 'denied'], 5, true]);
  });
});

test.describe('origin', () => {
  const START = 'window.stop = addons.origin(target, window.options);';
  const visits = async (page: Page) => (await made(page, 'visits')).map(({ suspect }) => suspect);

  test('signs of bots are marked, and nothing is dropped', async ({ page, site }) => {
    const early = (code: string) => `
      Object.defineProperty(navigator, 'webdriver', { value: false, configurable: true });
      Object.defineProperty(window, 'outerWidth', { value: innerWidth, configurable: true });
      ${code}`;
    const cases: [string, number | undefined][] = [
      ['', undefined],
      [`Object.defineProperty(navigator, 'webdriver', { value: true });`, 1],
      // Not every browser says whether it is automated.
      [
        `Object.defineProperty(navigator, 'webdriver', { value: undefined }); Object.defineProperty(window, 'outerWidth', { value: 0 });`,
        2,
      ],
      [`Object.defineProperty(window, 'outerWidth', { value: 0 });`, 2],
      [
        `Object.defineProperty(window, 'outerWidth', { value: 0 }); Object.defineProperty(document, 'prerendering', { value: true });`,
        undefined,
      ],
      [`Object.defineProperty(window, 'outerWidth', { value: innerWidth - 1 });`, 4],
      [`Object.defineProperty(window, 'screen', { value: { width: 800, height: 600 } });`, 8],
    ];
    const expected = [];
    for (const [code, suspect] of cases) {
      await open(page, await put(site, START, { early: early(code) }));
      await track(page);
      expected.push(suspect);
    }
    expect(await visits(page)).toEqual(expected);
  });

  test('?mailslot=off ends tracking in this browser until ?mailslot=on, and leaves the address', async ({
    page,
    site,
  }) => {
    const url = await put(site, START);
    const count = async (address: string) => {
      await open(page, address);
      const outcome = await track(page);
      return [outcome, page.url().replace(url, '')];
    };
    expect(await count(`${url}?a=1&mailslot=off#b`)).toEqual(['dropped', '?a=1#b']);
    expect(await count(url)).toEqual(['dropped', '']);
    expect(await count(`${url}?mailslot=on`)).toEqual(['stored', '']);
    expect(await count(url)).toEqual(['stored', '']);
    await page.evaluate(() => (window as any).stop());
    expect(await page.evaluate(() => (window as any).hooks.size)).toBe(0);
  });

  test('other hosts do not count', async ({ page, site }) => {
    await open(page, await put(site, START, { early: 'window.options = { hosts: ["shop.example"] };' }));
    expect(await track(page)).toBe('dropped');
  });
});

test('campaign: UTM names, a referrer’s name, and which click id was there but not its value', async ({
  page,
  site,
}) => {
  const url = await put(site, '');
  const read = async (query: string, options: object = {}) => {
    await open(page, `${url}?${query}`);
    return page.evaluate((given) => (window as any).addons.campaign(given), options);
  };
  const id = 'Cj0KCQjw4PKhBhCUARIsAHq2';
  expect(await read(`utm_source=mail&utm_medium=email&utm_content=to+jane@post.example&utm_x=1&gclid=${id}`)).toEqual({
    campaign: { source: 'mail', medium: 'email', content: 'to *' },
    click: 'gclid',
  });
  expect(await read('ref=friend&utm_term=x')).toEqual({ campaign: { source: 'friend', term: 'x' } });
  expect(await read('ref=friend&utm_source=mail')).toEqual({ campaign: { source: 'mail' } });
  expect(await read(`fbclid=${id}`, { clickIds: 'value' })).toEqual({ click: 'fbclid', click_id: id });
  expect(await read('token=1')).toEqual({});
});
