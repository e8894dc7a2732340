import type { Page } from 'playwright/test';
import type { Tab } from './engine.ts';

/** A tab on top of Playwright's page. */
export function pageTab(page: Page): Tab {
  return {
    // Playwright's type is stricter than its runtime.
    evaluate: (inPage, argument) => page.evaluate(inPage as never, argument as never),
    go: async (url) => void (await page.goto(url)),
    // Not `goBack()`, which waits in vain for a page from Firefox's back/forward cache.
    back: () => page.evaluate(() => void setTimeout(() => history.back())),
    reload: async () => void (await page.reload()),
    close: () => page.close(),
  };
}
