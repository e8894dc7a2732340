// The Web Vitals of a view in one event, with the attributions that help and nothing private.
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { expect, test } from '../fixtures/test.ts';

const setHidden = (page: Page, state: 'hidden' | 'visible') =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    Object.defineProperty(document, 'hidden', { value: value === 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);

test('one event at the first hide, another only if a value changed', async ({ page, site }) => {
  const url = await addonPage(site, {
    path: '/shop',
    script: 'window.stop = addons.vitals(target); window.ready = true;',
    body: `<style>body { margin: 0 }</style><div id="grow"></div><h1 class="css-1a2b hero" id="user-4711" style="font-size: 90px">Stamps</h1>
      <button id="buy" onclick="const end = performance.now() + 120; while (performance.now() < end);">Buy</button>`,
  });
  await page.goto(`${url}?token=secret`);
  await page.waitForFunction(() => (window as any).ready);
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length);
  // Not soon after input, so it counts as a shift.
  await page.evaluate(async () => {
    const shifted = new Promise((done) =>
      new PerformanceObserver(done).observe({ type: 'layout-shift', buffered: true }),
    );
    document.getElementById('grow')!.style.height = '200px';
    await shifted;
  });
  await page.click('#buy');
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200))));
  await setHidden(page, 'hidden');
  const [event, ...others] = (await madeEvents(page, 'vitals')).map((made) => made.event);
  expect(others).toEqual([]);
  expect(event!.navigation_type).toBe('navigate');
  for (const name of ['lcp', 'inp', 'cls', 'fcp', 'ttfb']) {
    expect(event![name].value, name).toBeGreaterThanOrEqual(0);
    expect(event![name].rating, name).toMatch(/^(good|needs-improvement|poor)$/);
  }
  expect(event!.inp.value).toBeGreaterThanOrEqual(100);
  expect(event!.inp).toMatchObject({ interactionTarget: 'html>body>button#buy', interactionType: 'pointer' });
  expect(event!.lcp).toMatchObject({ target: 'html>body>h1.hero', resourceLoadDuration: 0 });
  expect(event!.cls.value).toBeGreaterThan(0);
  expect(JSON.stringify(event)).not.toMatch(/secret|4711/);

  await setHidden(page, 'visible');
  await setHidden(page, 'hidden');
  expect(await madeEvents(page, 'vitals')).toHaveLength(1);
  // A slower interaction changes a value.
  await setHidden(page, 'visible');
  await page.evaluate(() => {
    document.getElementById('buy')!.onclick = () => {
      const end = performance.now() + 400;
      while (performance.now() < end);
    };
  });
  await page.click('#buy');
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200))));
  await setHidden(page, 'hidden');
  const [, again, ...rest] = (await madeEvents(page, 'vitals')).map((made) => made.event);
  expect(rest).toEqual([]);
  expect(again!.inp.value).toBeGreaterThan(event!.inp.value);
  expect(again).toMatchObject({ navigation_type: 'navigate', lcp: event!.lcp, fcp: event!.fcp, ttfb: event!.ttfb });
  await page.evaluate(() => (window as any).stop());
});

test('a measure that the browser does not have is left out, and no text says undefined', async ({ page, site }) => {
  const url = await addonPage(site, {
    path: '/shop',
    // Without long animation frames web-vitals sets the totals of an interaction to undefined.
    early: `const { supportedEntryTypes } = PerformanceObserver;
      Object.defineProperty(PerformanceObserver, 'supportedEntryTypes', {
        value: supportedEntryTypes.filter((type) => type !== 'long-animation-frame'),
      });`,
    script: `addons.vitals({
        track: (collection, event) => {
          window.members = Object.entries(event.inp).map(([name, value]) => [name, String(value)]);
          return target.track(collection, event);
        },
      }); window.ready = true;`,
    body: `<button id="buy" onclick="const end = performance.now() + 120; while (performance.now() < end);">Buy</button>`,
  });
  await page.goto(url);
  await page.waitForFunction(() => (window as any).ready);
  await page.click('#buy');
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200))));
  await setHidden(page, 'hidden');
  const [made] = await madeEvents(page, 'vitals');
  expect(made!.event.inp).toMatchObject({
    interactionTarget: 'html>body>button#buy',
    processingDuration: expect.any(Number),
  });
  expect(Object.keys(made!.event.inp).filter((name) => name.startsWith('total'))).toEqual([]);
  expect(JSON.stringify(made!.event)).not.toMatch(/undefined|null|NaN/);
  // Not in the event either, for hooks that go through its members.
  expect((await page.evaluate('members')) as string[][]).not.toContainEqual([expect.any(String), 'undefined']);
});
