// mailslot/debug: the life of an event on the console, in both deliveries.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConsoleMessage, Page } from 'playwright/test';
import { root } from '../fixtures/paths.ts';
import { openDocument } from '../fixtures/readme.ts';
import { expect, html, type Site, test, until } from '../fixtures/test.ts';

type Options = Record<string, string>;

/** Puts a page with a tracker and the add-on on the site; its URL. */
function makePage(site: Site, path: string, delivery: 'script' | 'npm', options: Options, addon = ''): string {
  const headers = {
    'content-security-policy':
      "default-src 'none'; img-src data:; connect-src http:; require-trusted-types-for 'script'; trusted-types 'none'; " +
      `script-src 'self' '${JSON.parse(readFileSync(join(root, 'dist/integrity.json'), 'utf8'))['stub.js']}'`,
  };
  const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const attributes = Object.entries(options).map(([name, value]) => ` data-${dashed(name)}="${value}"`);
  site.file(`${path}.js`, {
    body:
      delivery === 'script'
        ? 'window.tracker = mailslot;'
        : `import { createTracker } from '/npm.js'; import { debug } from '/debug.js';
           window.tracker = createTracker(${JSON.stringify(options)}); window.stop = debug(tracker);`,
  });
  const head =
    delivery === 'script'
      ? `<script>${readFileSync(join(root, 'dist/stub.js'), 'utf8')}</script><script src="${path}.js"></script>
         <script async src="/addons/debug.js"${addon}></script><script async src="/mailslot.js"${attributes.join('')}></script>`
      : `<script type="module" src="${path}.js"></script>`;
  return site.page(path, { html: html({ head }), headers });
}

/** The lines of the log so far: the step, and the collection of the event. */
function watchLog(page: Page) {
  const messages: ConsoleMessage[] = [];
  page.on('console', (message) => messages.push(message));
  return {
    messages,
    async lines(): Promise<string[]> {
      const values = messages
        .filter((message) => message.text().startsWith('mailslot:'))
        .map(async (message) => {
          const [, step, entry, why, status] = await Promise.all(message.args().map((one) => one.jsonValue()));
          if (typeof step === 'object') return `problem ${step.code}`;
          const reason = why?.error?.name ?? why?.error_code ?? '';
          return [step, Array.isArray(entry) ? entry[1] : entry, reason, status].filter(Boolean).join(' ');
        });
      return Promise.all(values);
    },
  };
}

for (const delivery of ['script', 'npm'] as const) {
  test(`${delivery}: taken, stored, sent and acknowledged, and nothing without ?mailslot=debug`, async ({
    page,
    site,
    collector,
  }) => {
    const { projectId, keys, url: endpoint } = collector;
    const url = makePage(site, '/debug.html', delivery, { projectId, writeKey: keys.write, endpoint });
    const log = watchLog(page);
    const trackAndFlush = async () => {
      // The add-on sees what is tracked after its start.
      await page.waitForFunction(
        (isTag) => (isTag ? 't' in window.mailslot && 'addons' in window.mailslot : 'stop' in window),
        delivery === 'script',
      );
      await page.evaluate(() => window.tracker.track('views', { page: '/' }));
      await page.evaluate(() => window.tracker.flush());
    };
    await page.goto(url);
    await trackAndFlush();
    expect(log.messages.map((message) => message.text())).toEqual([]);
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);

    // The next page of the tab logs too, without being asked.
    for (const address of [`${url}?a=1&mailslot=debug`, url]) {
      log.messages.length = 0;
      await page.goto(address);
      await trackAndFlush();
      await until('the life of the event', async () => (await log.lines()).length >= 4);
      const [taken, ...life] = await log.lines();
      // A request takes events from memory, and need not wait for the store.
      expect([taken, ...life.sort()]).toEqual(['taken views', 'acknowledged views 200', 'sent views', 'stored views']);
      expect(log.messages.filter((message) => message.type() === 'table')).toHaveLength(1);
      for (const message of log.messages) {
        const values = JSON.stringify(await Promise.all(message.args().map((one) => one.jsonValue())));
        expect(message.text() + values).not.toContain(keys.write);
      }
    }
  });
}

test('it says why: a property, a key, a hook, consent, no network; and an event that is fine', async ({
  page,
  site,
  collector,
  faults,
}) => {
  const { projectId, keys } = collector;
  const url = makePage(site, '/why.html', 'npm', { projectId, writeKey: keys.write, endpoint: faults.url });
  const log = watchLog(page);
  await page.goto(`${url}?mailslot=debug`);
  const done = async (lines: string[]) => {
    await until('the log', async () => (await log.lines()).length >= lines.length);
    expect(await log.lines()).toEqual(lines);
    log.messages.length = 0;
  };
  await page.evaluate(async () => {
    await Promise.all([
      window.tracker.track('views', { 'a.b': 1 }),
      window.tracker.track('views', { a: 1 }),
      window.tracker.track('sales', { a: 2 }),
    ]);
    await window.tracker.flush();
  });
  await done([
    ...['taken views', 'taken views', 'taken sales', 'stored views', 'stored views', 'stored sales'],
    ...['sent views', 'sent views', 'sent sales'],
    ...['refused views InvalidPropertyNameError 200', 'acknowledged views 200', 'acknowledged sales 200'],
    'problem rejected',
  ]);
  await page.evaluate(() => window.tracker.track('views', [] as never));
  await done(['problem invalid_event']);
  await page.evaluate(() => {
    const remove = window.tracker.use({ beforeTrack: () => null });
    return window.tracker.track('views', { a: 3 }).then(remove);
  });
  await done(['dropped views']);
  faults.next({ status: 503 });
  await page.evaluate(() => window.tracker.track('views', { a: 4 }).then(() => window.tracker.flush()));
  await done(['taken views', 'stored views', 'sent views', 'refused views 503']);
  faults.next({ cut: 'answer' }, { cut: 'answer' });
  await page.evaluate(() => window.tracker.flush());
  const lines = async () => (await log.lines()).slice(0, 2);
  await until('no answer', async () => (await lines()).length === 2);
  expect(await lines()).toEqual(['sent views', 'no answer views']);
  await page.evaluate(() => window.tracker.setConsent('denied'));
  log.messages.length = 0;
  await page.evaluate(() => window.tracker.track('views', { a: 5 }));
  await done(['problem denied']);
  await page.evaluate(() => {
    (window as unknown as { stop(): void }).stop();
    return window.tracker.setConsent('granted').then(() => window.tracker.track('views', { a: 6 }));
  });
  await done([]);
});

test('the snippets of its documentation log, and open the panel on demand and always', async ({
  page,
  site,
  collector,
}) => {
  const documentation = openDocument('src/addons/debug/README.md');
  const [start, onDemand, always] = documentation.snippets.filter(({ language }) => language === 'ts');
  const imports = start!.code.replace(/^const stop = .*/m, '');
  const { projectId, keys, url } = collector;
  const open = async (code: string, address: string) => {
    const filled = Object.entries({
      PROJECT_ID: projectId,
      WRITE_KEY: keys.write,
      'https://collector.example': url,
      "'mailslot'": "'/npm.js'",
      "'mailslot/": "'/",
    }).reduce((text, [from, to]) => text.replaceAll(from, to), code);
    site.file('/snippet.js', {
      body: `${filled.replace(/'\/(debug|panel)'/g, "'/$1.js'")}; window.tracker = tracker;`,
    });
    await page.goto(
      `${site.page('/snippet.html', html({ head: '<script type="module" src="/snippet.js"></script>' }))}${address}`,
    );
    await page.waitForFunction(() => 'tracker' in window);
  };
  const log = watchLog(page);
  await open(start!.code, '?mailslot=debug');
  await page.evaluate(() => window.tracker.track('views', { page: '/' }));
  await until('the log', async () => (await log.lines()).includes('taken views'));
  await open(imports + onDemand!.code, '?mailslot=debug');
  await expect(page.locator('[data-floating]')).toHaveCount(1);
  await page.evaluate(() => sessionStorage.clear());
  await open(imports + always!.code, '');
  await expect(page.locator('[data-floating]')).toHaveCount(1);
  const tags = documentation.snippets.filter(({ language }) => language === 'html').map(({ code }) => code.trim());
  expect(tags).toEqual(
    ['debug.js"', 'debug.js" data-panel', 'panel.js"'].map((rest) => `<script async src="/addons/${rest}></script>`),
  );
});
