// `views` and the page's history: others wrap it too, before and after, and it stays as it was.
import type { Page } from 'playwright/test';
import { addonPage, madeEvents } from '../fixtures/addons.ts';
import { expect, type Site, test } from '../fixtures/test.ts';

const NO_NAVIGATION_API = 'Object.defineProperty(window, "navigation", { value: undefined });';

async function open(page: Page, site: Site, early: string) {
  const script = 'window.stop = addons.views(target, { local: true });';
  await page.goto(await addonPage(site, { path: '/shop', early, script }));
  await page.waitForFunction(() => (window as any).stop);
}

/** Waits for exactly these views, and a moment longer than a view can take. */
async function expectViews(page: Page, expected: string[][]) {
  const views = async () => (await madeEvents(page, 'pageviews')).map(({ event }) => [event.navigation, event.path]);
  await expect.poll(views).toEqual(expected);
  await page.evaluate(() => new Promise((done) => setTimeout(done, 400)));
  expect(await views()).toEqual(expected);
}

for (const [how, early] of [
  ['with the Navigation API', ''],
  ['without the Navigation API', NO_NAVIGATION_API],
] as const) {
  test.describe(how, () => {
    test('the history is left as it was, and others may wrap it meanwhile', async ({ page, site }) => {
      await open(page, site, `${early} window.original = history.pushState;`);
      const kept = await page.evaluate(() => {
        const page = window as any;
        const ours = history.pushState;
        page.stop();
        const isRestored = history.pushState === page.original && !Object.hasOwn(history, 'pushState');
        page.stop = page.addons.views(page.target, { local: true });
        const wrapped = history.pushState;
        history.pushState = function (this: History, ...args) {
          wrapped.apply(this, args);
          return 'theirs' as never;
        };
        const theirs = history.pushState;
        page.stop();
        const result = history.pushState(null, '', '/after');
        return { isRestored, isTheirs: history.pushState === theirs, result, path: location.pathname, ours: !!ours };
      });
      expect(kept).toEqual({ isRestored: true, isTheirs: true, result: 'theirs', path: '/after', ours: true });
      await expectViews(page, [['load', '/shop']]);
    });

    test('a wrapper from before keeps its `this`, its arguments, its result and its errors', async ({ page, site }) => {
      await open(
        page,
        site,
        `${early} const { pushState } = history; window.calls = [];
        history.pushState = function (...args) {
          calls.push([this === history, ...args]);
          pushState.apply(this, args);
          return 'theirs';
        };`,
      );
      const found = await page.evaluate(() => {
        const result = history.pushState({ n: 1 }, 'a title', '/cart');
        let error: unknown;
        try {
          history.pushState(null, '', 'https://other.example/');
        } catch (thrown) {
          error = (thrown as Error).name;
        }
        return { result, error, calls: (window as any).calls, state: history.state };
      });
      expect(found).toEqual({
        result: 'theirs',
        error: 'SecurityError',
        calls: [
          [true, { n: 1 }, 'a title', '/cart'],
          [true, null, '', 'https://other.example/'],
        ],
        state: { n: 1 },
      });
      await expectViews(page, [
        ['load', '/shop'],
        ['push', '/cart'],
      ]);
      await page.evaluate(() => (window as any).stop());
      expect(await page.evaluate(() => history.pushState(null, '', '/after'))).toBe('theirs');
    });
  });
}
