// README.md: each snippet that belongs into a page runs in one, as it stands but for hosts, project and key. So does the tag of the release notes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright/test';
import { root } from '../fixtures/paths.ts';
import { readme, swap } from '../fixtures/readme.ts';
import { type Collector, expect, type Site, test } from '../fixtures/test.ts';
import { cdnTag, sources } from '../package/release-notes.mjs';

const consentGiven = `document.dispatchEvent(new Event('consent-given'))`;

/** What takes the README's placeholders in a test. */
const places = (collector: Collector) => ({
  PROJECT_ID: collector.projectId,
  WRITE_KEY: collector.keys.write,
  'https://collector.example': collector.url,
});

/** The first example for this collector; the site serves its file. */
const firstExample = (collector: Collector) => swap(readme.snippet('mailslot', 'html'), places(collector));

/** A page with nothing in it but what the README says. */
const page = (body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>README</title><body>${body}</body></html>`;

/** What the page says on its console, fails with, or is denied. */
async function listen(page: Page): Promise<string[]> {
  const messages: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(`uncaught: ${error.message}`));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      console.error(`denied by ${effectiveDirective}: ${blockedURI}`),
    ),
  );
  return messages;
}

/** Puts a snippet of an app on the site, bundled as an app's build does it; the HTML that loads it. */
async function bundle(site: Site, code: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: code, loader: 'ts', resolveDir: root },
    alias: { 'mailslot/views': join(root, 'dist/views.js'), mailslot: join(root, 'dist/index.js') },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  });
  site.file('/app.js', { body: outputFiles[0]!.text });
  return '<script type="module" src="/app.js"></script>';
}

/** The example of an app for this collector. */
const appExample = (collector: Collector) => swap(readme.snippet('In a single-page app', 'ts'), places(collector));

const stamp = expect.objectContaining({ item: 'stamp', price: 1.2 });

test('the first example sends its event', async ({ page: tab, site, collector }) => {
  const messages = await listen(tab);
  await tab.goto(site.page('/shop.html', page(firstExample(collector))));
  await expect.poll(() => collector.events('purchases')).toEqual([stamp]);
  expect(messages).toEqual([]);
});

test('the tag of the release notes loads this build from another origin, with its hash', async ({
  page: tab,
  site,
  collector,
}) => {
  const messages = await listen(tab);
  const { manifest, integrity, stub } = sources();
  const tag = cdnTag(manifest, integrity);
  const [, path, file] = /src="https:\/\/unpkg\.com(\/mailslot@[^/]+\/(\S+))"/.exec(tag)!;
  const code = readFileSync(join(root, file!), 'utf8');
  site.file(path!, { body: code });
  const here = swap(tag, { ...places(collector), 'https://unpkg.com': site.otherUrl });
  const track = `<script>mailslot('purchases', { item: 'stamp', price: 1.2 });</script>`;
  await tab.goto(site.page('/cdn.html', page(`<script>${stub}</script>\n${here}\n${track}`)));
  await expect.poll(() => collector.events('purchases')).toEqual([stamp]);
  expect(messages).toEqual([]);

  // A file that is not this build's does not run.
  site.file(path!, { body: `${code}\n` });
  await tab.reload();
  await expect.poll(() => messages.join()).toContain('integrity');
  expect(await tab.evaluate('mailslot.t')).toBeUndefined();
});

test('under the policy of the README it starts, and nothing is denied', async ({ page: tab, site, collector }) => {
  const messages = await listen(tab);
  const [stub, ...rest] = firstExample(collector).split('\n');
  const [tag, own] = rest.join('\n').split(/(?<=<\/script>)\n(?=<script>)/);
  // The policy allows one inline script, the stub. The page's own is a file of its origin, which it does allow.
  const code = /^<script>\n([^]*)<\/script>$/.exec(own!)![1]!;
  site.file('/own.js', { body: code });

  const [name, value] = readme.snippet('On a website', '').split(/: (.*)/);
  const policy = swap(value!, { 'https://collector.example': collector.url });
  const html = page(`${stub}\n${tag}\n<script src="/own.js"></script>`);
  await tab.goto(site.page('/strict.html', { html, headers: { [name!]: policy } }));
  await expect.poll(() => collector.events('purchases')).toEqual([stamp]);
  expect(messages).toEqual([]);

  // It is in force: what it does not name is denied.
  await tab.evaluate(() => fetch('/').catch(() => undefined));
  await expect.poll(() => messages.join()).toContain('denied by connect-src');
  await expect(tab.evaluate(() => void (document.body.innerHTML = '<b></b>'))).rejects.toThrow('TrustedHTML');
});

for (const when of ['after', 'before'] as const) {
  test(`a tag with pending consent waits for the event, given ${when} mailslot has come`, async ({
    page: tab,
    site,
    collector,
  }) => {
    const messages = await listen(tab);
    const posts: string[] = [];
    tab.on('request', (request) => request.url().startsWith(collector.url) && posts.push(request.url()));
    let deliver = () => {};
    if (when === 'before') {
      const asked = new Promise<void>((resolve) => (deliver = resolve));
      await tab.route('**/mailslot.js', async (route) => {
        await asked;
        await route.continue();
      });
    }
    const tag = swap(firstExample(collector), { ' data-endpoint=': ' data-consent="pending" data-endpoint=' });
    const url = site.page('/consent.html', page(`${tag}\n${readme.snippet('Consent', 'html')}`));
    await tab.goto(url, { waitUntil: when === 'after' ? 'load' : 'domcontentloaded' });

    if (when === 'after') {
      expect(await tab.evaluate('mailslot.pending()')).toBe(1);
      expect(await tab.evaluate(() => indexedDB.databases())).toEqual([]);
      // Longer than an event waits for others.
      await tab.waitForFunction(() => performance.now() > 1500);
      expect(posts).toEqual([]);
      await tab.evaluate(consentGiven);
    } else {
      expect(await tab.evaluate('mailslot.t')).toBeUndefined();
      await tab.evaluate(consentGiven);
      deliver();
    }
    await expect.poll(() => collector.events('purchases')).toEqual([stamp]);
    expect(messages).toEqual([]);
  });
}

test('the example of an app sends its event', async ({ page: tab, site, collector }) => {
  const messages = await listen(tab);
  const script = await bundle(site, appExample(collector));
  await tab.goto(site.page('/app.html', page(script)));
  await expect.poll(() => collector.events('purchases')).toEqual([stamp]);
  expect(messages).toEqual([]);
});

test('an app with pending consent stores and sends nothing before it, and then the event with its own time', async ({
  page: tab,
  site,
  collector,
}) => {
  const messages = await listen(tab);
  const posts: string[] = [];
  tab.on('request', (request) => request.url().startsWith(collector.url) && posts.push(request.url()));
  expect(readme.section('Consent')).toContain("`consent: 'pending'` in an app");
  const pending = swap(appExample(collector), { 'endpoint:': "consent: 'pending', endpoint:" });
  const listener = `document.addEventListener('consent-given', () => tracker.setConsent('granted'));`;
  const script = await bundle(site, `${pending}\n${listener}`);
  const before = Date.now();
  await tab.goto(site.page('/consent.html', page(script)));
  const tracked = Date.now();

  // Longer than an event waits for others.
  await tab.waitForFunction(() => performance.now() > 1500);
  expect(posts).toEqual([]);
  expect(await tab.evaluate(() => indexedDB.databases())).toEqual([]);
  const given = Date.now();
  await tab.evaluate(consentGiven);
  await expect.poll(() => collector.count('purchases')).toBe(1);

  const [event] = await collector.events('purchases');
  const { timestamp, created_at: came } = event!.keen;
  expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(timestamp)).toBeLessThanOrEqual(tracked);
  expect(Date.parse(came)).toBeGreaterThanOrEqual(given);
  expect(messages).toEqual([]);
});

test('each option that is a text, a number or a switch is an attribute', async ({ page: tab, site }) => {
  const messages = await listen(tab);
  await tab.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
  await tab.goto(`${site.url}/empty.html`);
  /** What becomes of an event on a page whose tag has these attributes beside the needed ones. */
  const outcome = (attributes: Record<string, string>) =>
    tab.evaluate(async (given) => {
      const tag = document.createElement('script');
      const all = {
        'data-project-id': 'p',
        'data-write-key': 'w',
        'data-endpoint': 'http://127.0.0.1:9',
        'data-consent': 'pending',
        ...given,
      };
      for (const [name, value] of Object.entries(all)) tag.setAttribute(name, value);
      tag.src = '/mailslot.js';
      const page = window as unknown as { mailslot?: Window['tracker']['track'] };
      delete page.mailslot;
      await new Promise((resolve) => {
        tag.onload = resolve;
        document.head.append(tag);
      });
      return page.mailslot!('visits', { page: 'attributes' });
    }, attributes);

  expect(await outcome({})).toBe('held');
  const rows = readme.table('Options').map(([name, fallback]) => [name!.replaceAll('`', ''), fallback!] as const);
  const notAttributes = ['extend', 'beforeTrack', 'onError'];
  for (const [name, fallback] of rows) {
    if (notAttributes.includes(name)) continue;
    const attribute = `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    if (fallback === '`false`' || fallback === '`true`') {
      const [on, off] = name === 'enabled' ? ['held', 'dropped'] : ['dropped', 'held'];
      expect(await outcome({ [attribute]: '' }), name).toBe(on);
      expect(await outcome({ [attribute]: 'false' }), name).toBe(off);
    } else {
      // What no option takes is refused by name, so it has arrived.
      expect(await outcome({ [attribute]: 'read_!' }), name).toBe('dropped');
      expect(messages.pop()).toMatch(new RegExp(`^error: (TypeError|KeyError): mailslot: ${name} `));
    }
    expect(messages).toEqual([]);
  }
});
