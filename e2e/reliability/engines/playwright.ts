import { type BrowserContext, firefox, webkit } from 'playwright/test';
import { findBrowser } from '../../../scripts/browsers.mjs';
import { temporaryFolder } from '../../fixtures/paths.ts';
import type { Browser, Engine, Settings, Visit } from './engine.ts';
import { pageTab } from './page-tab.ts';
import { processTree, visitOf } from './visit-of.ts';

const browserTypes = { firefox, webkit };

/** An installed Firefox, or Playwright's build of Firefox or WebKit. `renders` matches the command of a renderer. */
export function playwrightEngine(name: 'firefox' | 'webkit', renders: RegExp): Engine {
  const launch = (profile: string, prefs?: Record<string, boolean | number>): Promise<BrowserContext> => {
    const { executablePath, args, own } = findBrowser(name)!;
    return browserTypes[name].launchPersistentContext(profile, {
      args,
      // A stock Firefox speaks WebDriver BiDi; Playwright's build has its own protocol.
      ...(own ? {} : { executablePath, channel: `moz-${name}` }),
      ...(prefs && { firefoxUserPrefs: prefs }),
    });
  };

  return {
    name,

    async start(settings: Settings = {}): Promise<Browser> {
      const profile = temporaryFolder();
      const context = await launch(profile.path, name === 'firefox' ? firefoxPreferences(settings) : undefined);
      return {
        version: context.browser()?.version() ?? '',
        async open(url) {
          const page = await context.newPage();
          await page.goto(url);
          return pageTab(page);
        },
        offline: (cut) => context.setOffline(cut),
        async close() {
          await context.close();
          profile.remove();
        },
      };
    },

    async visit(profile: string, url: string): Promise<Visit> {
      const context = await launch(profile);
      const page = context.pages()[0] ?? (await context.newPage());
      // The page never loads if it blocks its thread; the call then fails when its process ends.
      page.goto(url).catch(() => {});
      const isRoot = ({ command }: { command: string }) => command.includes(profile);
      if (!processTree(isRoot).length) throw new Error(`no process of ${name} names its profile`);
      return visitOf(isRoot, renders, async () => void (await context.close().catch(() => {})));
    },
  };
}

function firefoxPreferences({
  private: isPrivate,
  blockThirdParties,
  quota,
}: Settings): Record<string, boolean | number> {
  return {
    ...(isPrivate && { 'browser.privatebrowsing.autostart': true }),
    // 1: cookies and storage of third parties are blocked.
    ...(blockThirdParties && { 'network.cookie.cookieBehavior': 1 }),
    ...(quota !== undefined && { 'dom.quotaManager.temporaryStorage.fixedLimit': Math.ceil(quota / 1024) }),
  };
}
