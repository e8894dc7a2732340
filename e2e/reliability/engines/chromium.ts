import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BrowserContext, CDPSession, Page } from 'playwright/test';
import { findBrowser } from '../../../scripts/browsers.mjs';
import { startBrowserProcess } from '../../fixtures/browser-process.ts';
import { freezer, openPipe, pipeStdio } from './devtools-pipe.ts';
import type { Browser, Engine, Settings, Tab, TraceEvent, Visit } from './engine.ts';
import { pageTab } from './page-tab.ts';
import { visitOf } from './visit-of.ts';

/** Trace categories with the tasks of each thread and their functions. */
const TRACE_CATEGORIES = ['__metadata', 'devtools.timeline', 'disabled-by-default-devtools.timeline'];

async function start(settings: Settings = {}): Promise<Browser> {
  const browserProcess = settings.blockThirdParties
    ? // Without this flag a third-party frame still gets a partitioned store.
      await startBrowserProcess(['--disable-features=ThirdPartyStoragePartitioning'], {
        profile: { cookie_controls_mode: 1 },
      })
    : await startBrowserProcess();
  const browser = browserProcess.context.browser()!;
  const context = settings.private ? await browser.newContext() : browserProcess.context;
  return {
    version: browser.version(),
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      if (settings.quota !== undefined) await setQuota(context, page, settings.quota);
      return withDevtools(context, page);
    },
    offline: (cut) => context.setOffline(cut),
    async trace() {
      const session = await browser.newBrowserCDPSession();
      return startTrace(session);
    },
    close: browserProcess.close,
  };
}

async function setQuota(context: BrowserContext, page: Page, quotaSize: number) {
  const session = await context.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page.url()).origin, quotaSize });
}

function withDevtools(context: BrowserContext, page: Page): Tab {
  let session: Promise<CDPSession> | undefined;
  return {
    ...pageTab(page),
    async devtools(method, parameters) {
      session ??= context.newCDPSession(page);
      return (await session).send(method as 'Page.enable', parameters as never);
    },
  };
}

async function startTrace(session: CDPSession): Promise<() => Promise<TraceEvent[]>> {
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value as unknown as TraceEvent[]) events.push(event);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: TRACE_CATEGORIES, excludedCategories: ['*'], traceBufferSizeInKb: 400_000 },
  });
  return async () => {
    const complete = new Promise<void>((resolve) => session.once('Tracing.tracingComplete', () => resolve()));
    await session.send('Tracing.end');
    await complete;
    await session.detach();
    return events;
  };
}

/** Without Playwright, because pages that it drives are not hidden and left as a visitor's are. */
async function visit(profile: string, url: string): Promise<Visit> {
  const { executablePath, args } = findBrowser('chromium')!;
  const child = spawn(
    executablePath,
    [
      ...args,
      '--headless=new',
      '--disable-dev-shm-usage',
      '--hide-crash-restore-bubble',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      url,
    ],
    { detached: true, stdio: [...pipeStdio] },
  );
  const ended = once(child, 'exit');
  const send = openPipe(child);
  return {
    ...visitOf(
      ({ pid }) => pid === child.pid,
      /--type=renderer/,
      async () => void (await ended),
    ),
    freeze: async (state) => (await freezer(send, url))(state),
  };
}

export const chromium: Engine = { name: 'chromium', start, visit };
