// What frameworks and scripts of other makers do in a page that tracks: hydration, frames, monitoring, proxies.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import type { Mailslot, Outcome } from '../../src/types.ts';
import { bundleScript } from '../fixtures/addons.ts';
import { root } from '../fixtures/paths.ts';
import { escapeHtml } from '../fixtures/site.ts';
import { type Collector, expect, html, NO_FLUSH_MS, type Site, test } from '../fixtures/test.ts';

const dist = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');

type TestPage = Window & { mailslot: Mailslot; outcomes: PromiseLike<Outcome>[] };

/** The tag's attributes for this collector. */
const attributes = ({ projectId, keys, url }: Collector, endpoint = url) =>
  `data-project-id="${projectId}" data-write-key="${keys.write}" data-endpoint="${endpoint}" data-flush-interval="0"`;

/** What the page says on its console, and the errors that escape. React's advertisement does not count. */
function listen(page: Page): string[] {
  const messages: string[] = [];
  page.on('console', (message) => {
    if (!message.text().includes('React DevTools')) messages.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => messages.push(`uncaught: ${error.message}`));
  return messages;
}

/** The site passes requests below `/ingest` on to the collector; the paths of those that came. */
async function proxy(page: Page, site: Site, collector: Collector): Promise<string[]> {
  const paths: string[] = [];
  await page.route(/\/3\.0\/projects\//, (route) => {
    const url = route.request().url();
    paths.push(url);
    const prefix = `${site.url}/ingest`;
    return url.startsWith(prefix) ? route.continue({ url: collector.url + url.slice(prefix.length) }) : route.abort();
  });
  return paths;
}

const numbers = async (collector: Collector) => (await collector.events('visits')).map(({ n }) => n).sort();

test('React hydrates markup that has the tag and the stub, and says nothing', async ({ page, site, collector }) => {
  const messages = listen(page);
  // The development build, which compares each attribute.
  site.file('/app.js', {
    body: await bundleScript(`import { StrictMode } from 'react';
      import { hydrateRoot } from 'react-dom/client';
      import { renderToString } from 'react-dom/server.browser';
      const tag = { 'data-project-id': '${collector.projectId}', 'data-write-key': '${collector.keys.write}',
        'data-endpoint': '${collector.url}', 'data-flush-interval': '0' };
      const App = ({ label }) => <StrictMode><main>
        <script dangerouslySetInnerHTML={{ __html: ${JSON.stringify(dist('stub.js'))} }} />
        <script async={false} src="/mailslot.js" {...tag} />
        <button onClick={() => outcomes.push(mailslot('visits', { n: 1 }))}>{label}</button>
      </main></StrictMode>;
      window.markup = () => renderToString(<App label="Buy" />);
      window.hydrate = (label) => new Promise((done) => {
        hydrateRoot(document.getElementById('root'), <App label={label} />, { onRecoverableError: (error) => console.error(error.message) });
        const wait = () => (Object.keys(document.querySelector('button')).length ? done() : setTimeout(wait, 5));
        wait();
      });`),
  });
  await page.goto(site.page('/markup.html', html({ body: `<script src="/app.js"></script>` })));
  const markup = await page.evaluate(() => (window as unknown as { markup(): string }).markup());
  const open = (path: string) =>
    page.goto(
      site.page(
        path,
        html({
          body: `<script>window.outcomes = [];</script><div id="root">${markup}</div><script src="/app.js"></script>`,
        }),
      ),
    );
  await open('/app.html');
  expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 0 }))).toBe('stored');
  await page.evaluate(() => (window as unknown as { hydrate(label: string): Promise<void> }).hydrate('Buy'));
  await page.click('button');
  expect(await page.evaluate(() => Promise.all((window as unknown as TestPage).outcomes))).toEqual(['stored']);
  await expect.poll(() => numbers(collector)).toEqual([0, 1]);
  expect(messages).toEqual([]);
  // React does compare.
  await open('/other.html');
  await page.evaluate(() => (window as unknown as { hydrate(label: string): Promise<void> }).hydrate('Sell'));
  await expect.poll(() => messages.join()).toContain('Sell');
});

/** A React app in StrictMode whose provider gets its tracker from `use`, a hook. */
const strictApp = ({ projectId, keys, url }: Collector, use: string) =>
  bundleScript(`import { StrictMode, createContext, useContext, useEffect, useState } from 'react';
    import { createRoot } from 'react-dom/client';
    import { createTracker } from './dist/index.js';
    const create = () => createTracker({ projectId: '${projectId}', writeKey: '${keys.write}', endpoint: '${url}', flushInterval: 0 });
    ${use}
    const Context = createContext();
    window.outcomes = [];
    function Shop() {
      const tracker = useContext(Context);
      const buy = (n) => outcomes.push(tracker.track('visits', { n }));
      return <button onClick={() => { buy(0); buy(1); }}>Buy</button>;
    }
    const Provider = ({ children }) => <Context value={useTracker()}>{children}</Context>;
    createRoot(document.getElementById('root')).render(<StrictMode><Provider><Shop /></Provider></StrictMode>);`);

for (const [what, use, outcome, said] of [
  [
    'a tracker that an effect closes says once why it drops events',
    `function useTracker() {
      const [tracker] = useState(create);
      useEffect(() => () => void tracker.close(), []);
      return tracker;
    }`,
    'dropped',
    [/^warning: mailslot: \{code: closed, count: 1\}$/],
  ],
  ['a tracker of a module works', `const tracker = create(); const useTracker = () => tracker;`, 'stored', []],
  [
    'a tracker that each effect creates works',
    `const trackers = []; window.trackers = trackers;
    function useTracker() {
      const [tracker, set] = useState();
      useEffect(() => {
        const tracker = create();
        trackers.push(tracker);
        set(tracker);
        return () => void tracker.close();
      }, []);
      return tracker;
    }`,
    'stored',
    [],
  ],
] as const) {
  test(`React in StrictMode: ${what}`, async ({ page, site, collector }) => {
    const messages = listen(page);
    site.file('/strict.js', { body: await strictApp(collector, use) });
    const body = '<div id="root"></div><script type="module" src="/strict.js"></script>';
    await page.goto(site.page('/strict.html', html({ body })));
    await page.click('button');
    const outcomes = await page.evaluate(() => Promise.all((window as unknown as TestPage).outcomes));
    expect(outcomes).toEqual([outcome, outcome]);
    if (outcome === 'stored') await expect.poll(() => numbers(collector)).toEqual([0, 1]);
    expect(messages).toEqual(said.map((pattern) => expect.stringMatching(pattern)));
  });
}

test('a module that is replaced while the page runs (hot reloading) loses and repeats nothing', async ({
  page,
  site,
  collector,
}) => {
  const messages = listen(page);
  await page.goto(site.page('/hot.html', html({})));
  const results = await page.evaluate(
    async ([projectId, writeKey, endpoint]) => {
      const { createTracker } = (await import('/npm.js' as string)) as typeof import('../../src/index.ts');
      const create = () => createTracker({ projectId, writeKey, endpoint, flushInterval: 20 });
      const outcomes: PromiseLike<Outcome>[] = [];
      let n = 0;
      // Each version of the module has a tracker of its own, and nobody closes the one before.
      const trackers = Array.from({ length: 5 }, () => {
        const tracker = create();
        outcomes.push(tracker.track('visits', { n: n++ }), tracker.track('visits', { n: n++ }));
        return tracker;
      });
      outcomes.push(...trackers.map((tracker) => tracker.track('visits', { n: n++ })));
      const all = await Promise.all(outcomes);
      while (await trackers[0]!.pending()) await Promise.all(trackers.map((tracker) => tracker.flush()));
      return [...new Set(all)];
    },
    [collector.projectId, collector.keys.write, collector.url] as const,
  );
  expect(results).toEqual(['stored']);
  expect((await numbers(collector)).length).toBe(15);
  expect(new Set(await numbers(collector)).size).toBe(15);
  expect(messages).toEqual([]);
});

for (const [what, script] of [
  ['OpenTelemetry', `traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b'`],
  ['Sentry', `'sentry-trace': '0af7651916cd43dd-b7ad6b71-1', baggage: 'sentry-environment=production'`],
  ['Datadog', `'x-datadog-trace-id': '1', 'x-datadog-origin': 'rum', 'x-datadog-sampling-priority': '1'`],
  ['New Relic', `newrelic: 'eyJ2IjpbMCwxXX0='`],
  ['Zipkin', `b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1', 'X-B3-TraceId': '80f198ee56343ba8'`],
] as const) {
  test(`events arrive although ${what} adds headers to each request`, async ({ page, site, collector }) => {
    const messages = listen(page);
    const monitoring = `<script>{
      const { fetch } = window;
      window.fetch = function (input, init) {
        const request = new Request(input, init);
        for (const [name, value] of Object.entries({ ${script} })) request.headers.set(name, value);
        return fetch.call(this, request);
      };
    }</script>`;
    const tag = `<script src="/mailslot.js" ${attributes(collector)}></script>`;
    await page.goto(site.page('/monitored.html', html({ head: monitoring + tag })));
    expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 0 }))).toBe('stored');
    await expect.poll(() => numbers(collector)).toEqual([0]);
    expect(messages).toEqual([]);
  });
}

test('events with tokens of their own arrive, although chance is constant', async ({ page, site, collector }) => {
  const head = `<script>
    Math.random = () => 0.42;
    Crypto.prototype.getRandomValues = (list) => list;
    const now = Date.now();
    Date.now = () => now;
  </script><script src="/mailslot.js" ${attributes(collector).replace('flush-interval="0"', `flush-interval="${NO_FLUSH_MS}"`)}></script>`;
  await page.goto(site.page('/chance.html', html({ head })));
  const result = await page.evaluate(async () => {
    const { mailslot } = window as unknown as TestPage;
    const track = (n: number) => mailslot('visits', { n, ...(n < 5 && { keen: { uniqueness_token: `own-${n}` } }) });
    const outcomes = await Promise.all([0, 1, 2, 3, 4, 5, 6].map(track));
    return [new Set(outcomes).size, await mailslot.flush()];
  });
  expect(result).toEqual([1, { delivered: 7, kept: 0, givenUp: 0 }]);
  expect(await numbers(collector)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('a path as endpoint is one of the own origin, whatever the base element says', async ({
  page,
  site,
  collector,
}) => {
  const paths = await proxy(page, site, collector);
  const tag = `<script src="${site.url}/mailslot.js" ${attributes(collector, '/ingest')}></script>`;
  const base = '<base href="https://other.example/app/">';
  await page.goto(site.page('/deep/path.html', html({ head: base + tag })));
  expect(await page.evaluate(() => (window as unknown as TestPage).mailslot('visits', { n: 0 }))).toBe('stored');
  await expect.poll(() => numbers(collector)).toEqual([0]);
  expect(paths).toEqual([`${site.url}/ingest/3.0/projects/${collector.projectId}/events`]);
});

const FRAMES: Record<string, (content: string) => string> = {
  'an iframe with srcdoc': (content) => `<iframe srcdoc="${escapeHtml(content)}"></iframe>`,
  'an iframe that is written': (content) => `<iframe></iframe><script>
    const { contentDocument } = document.querySelector('iframe');
    contentDocument.open();
    contentDocument.write(${JSON.stringify(content).replaceAll('</', '<\\/')});
    contentDocument.close();</script>`,
  'an empty iframe that gets the elements': (content) => `<iframe></iframe><script>
    const { contentDocument } = document.querySelector('iframe');
    const source = new DOMParser().parseFromString(${JSON.stringify(content).replaceAll('</', '<\\/')}, 'text/html');
    for (const { attributes, text } of source.querySelectorAll('body script')) {
      const script = contentDocument.createElement('script');
      for (const { name, value } of attributes) script.setAttribute(name, value);
      script.text = text;
      contentDocument.body.append(script);
    }</script>`,
  'an iframe of a blob': (content) => `<iframe></iframe><script>
    const blob = new Blob([${JSON.stringify(content).replaceAll('</', '<\\/')}], { type: 'text/html' });
    document.querySelector('iframe').src = URL.createObjectURL(blob);</script>`,
};

for (const [where, frame] of Object.entries(FRAMES)) {
  test(`the tag works in ${where}`, async ({ page, site, collector }) => {
    const messages = listen(page);
    const tag = `<script src="${site.url}/mailslot.js" ${attributes(collector)}></script>`;
    const early = `<script>${dist('stub.js')}</script><script>window.outcomes = [mailslot('visits', { n: 0 })];</script>`;
    await page.goto(site.page('/frames.html', html({ body: frame(html({ body: early + tag })) })));
    await expect.poll(() => numbers(collector)).toEqual([0]);
    const inner = page.frames()[1]!;
    expect(await inner.evaluate(() => Promise.all((window as unknown as TestPage).outcomes))).toEqual(['stored']);
    expect(messages).toEqual([]);
  });
}
