import type { Page } from 'playwright/test';
import type { Tab } from './engine.ts';

/** A page of Playwright's as a row sees it. */
export function pageTab(page: Page): Tab {
  return {
    // Playwright's own type has no room for what its runtime takes.
    evaluate: (inPage, argument) => page.evaluate(inPage as never, argument as never),
    go: async (url) => void (await page.goto(url)),
    close: () => page.close(),
  };
}
