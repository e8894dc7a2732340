// keen-js, Keen's client for browsers before keen-tracking and keen-analysis, in its published builds.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import type { StoredEvent } from '../fixtures/collector.ts';
import { test as base, type Collector, expect, html, until } from '../fixtures/test.ts';
import { ANALYSES, inSnakeCase, PURCHASES, REFUNDS } from '../keen-clients/analyses.ts';
import { CLIENTS, installClients } from '../keen-clients/install.ts';

declare global {
  interface Window {
    // The client has no types.
    Keen: any;
    keenClient: any;
  }
}

interface KeenPage {
  readonly page: Page;
  /** Requests to the collector: method, path below the project, and how the answer comes. */
  readonly requests: string[];
  /** Opens a page with this build of the client; `window.keenClient` has these additional settings. */
  open(build: string, config?: object): Promise<void>;
  /** Calls a method of the client; the arguments of its callback. */
  call(method: string, ...given: unknown[]): Promise<[error: any, result: any]>;
}

const test = base.extend<{ keen: KeenPage }, { missing: string | undefined }>({
  missing: [async ({}, use) => use(installClients()), { scope: 'worker', timeout: 180_000 }],

  keen: async ({ page, site, collector, missing }, use, testInfo) => {
    testInfo.skip(missing !== undefined, missing);
    const requests: string[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== collector.url || request.method() === 'OPTIONS') return;
      const kind = url.searchParams.has('jsonp') ? 'jsonp' : request.resourceType();
      requests.push(`${request.method()} ${url.pathname.split(collector.projectId)[1]} ${kind}`);
    });
    await use({
      page,
      requests,
      async open(build, config = {}) {
        site.file('/keen.js', { body: readFileSync(join(CLIENTS, 'node_modules', build), 'utf8') });
        const settings = { ...settingsFor(build, collector), ...config };
        site.file('/boot.js', { body: `window.keenClient = new Keen(${JSON.stringify(settings)});` });
        const body =
          '<a id="link" href="/next.html">next</a><script src="/keen.js"></script><script src="/boot.js"></script>';
        site.page('/next.html', html({ title: 'Next', body: 'next' }));
        await page.goto(site.page('/keen.html', html({ title: 'A page', body })));
        await page.waitForFunction(() => Boolean(window.keenClient));
      },
      call: (method, ...given) =>
        page.evaluate(
          ([name, values]) =>
            new Promise<[unknown, unknown]>((done) =>
              window.keenClient[name](...values, (error: any, result: unknown) =>
                done([error && String(error.message ?? error), result]),
              ),
            ),
          [method, given] as const,
        ),
    });
  },
});

/** Up to 3 the version of the API belongs to the host. */
function settingsFor(build: string, { url, projectId, keys }: Collector): object {
  const { host } = new URL(url);
  const isOld = build.startsWith('keen-js-3');
  return { projectId, writeKey: keys.write, readKey: keys.read, protocol: 'http', host: isOld ? `${host}/3.0` : host };
}

/** Waits until a collection has this many events; the events without what the collector adds. */
async function arrived(collector: Collector, collection: string, count: number): Promise<object[]> {
  await until(`${count} events in ${collection}`, async () => (await collector.count(collection)) >= count);
  return (await collector.events(collection)).map(({ keen: _, ...properties }: StoredEvent) => properties);
}

async function recordForAnalyses(collector: Collector) {
  const body = JSON.stringify({ purchases: PURCHASES, refunds: REFUNDS });
  const response = await collector.request('/events', { method: 'POST', key: collector.keys.write, body });
  expect(response.status).toBe(200);
}

const CREATED = { created: true };
const old = (file: string) => `keen-js-3.2/dist/${file}`;
/** Kind of request → the request that it makes for an event. Without a kind, the client chooses the first. */
const REQUESTS = {
  jsonp: 'GET /events/views jsonp',
  beacon: 'GET /events/views image',
  xhr: 'POST /events/views xhr',
};
const event = (kind: string) => ({ kind, text: 'Zoë~~~ÿ?', nested: { list: [1, 2] } });

test('keen-js 3: addEvent by a script, an image and XMLHttpRequest', async ({ keen, collector }) => {
  const expected = [];
  for (const [requestType, request] of Object.entries({ '': REQUESTS.jsonp, ...REQUESTS })) {
    await keen.open(old('keen.min.js'), requestType ? { requestType } : {});
    expect(await keen.call('addEvent', 'views', event(requestType))).toEqual([null, CREATED]);
    expect(keen.requests.splice(0)).toEqual([request]);
    expected.push(event(requestType));
  }
  for (const build of ['keen.js', 'keen-tracker.js', 'keen-tracker.min.js']) {
    await keen.open(old(build));
    expect(await keen.call('addEvent', 'views', event(build))).toEqual([null, CREATED]);
    expected.push(event(build));
  }
  expect(await arrived(collector, 'views', expected.length)).toEqual(expected);

  for (const requestType of Object.keys(REQUESTS)) {
    await keen.open(old('keen.min.js'), { requestType });
    const [error, result] = await keen.call('addEvent', 'refused', { $n: 1 });
    expect([typeof error, result], requestType).toEqual(['string', null]);
  }
  expect(await collector.count('refused')).toBe(0);
});

test('keen-js 3: several events, global properties, add-ons and long events', async ({ keen, collector }) => {
  await keen.open(old('keen.min.js'));
  // Each has a callback of its own.
  const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => keen.call('addEvent', 'many', { n })));
  expect(answers).toEqual(Array(5).fill([null, CREATED]));
  const many = (await arrived(collector, 'many', 5)) as { n: number }[];
  expect(many.map(({ n }) => n).sort()).toEqual([1, 2, 3, 4, 5]);

  keen.requests.splice(0);
  expect(await keen.call('addEvents', { views: [{ n: 1 }, { n: 2 }], other: [{ n: 3 }] })).toEqual([
    null,
    { views: [{ success: true }, { success: true }], other: [{ success: true }] },
  ]);
  await keen.page.evaluate(() =>
    window.keenClient.setGlobalProperties((collection: string) => ({
      collection,
      agent: '${keen.user_agent}',
      keen: { addons: [{ name: 'keen:url_parser', input: { url: 'url' }, output: 'parsed' }] },
    })),
  );
  const url = 'https://shop.example/a';
  expect(await keen.call('addEvent', 'views', { url })).toEqual([null, CREATED]);
  // Beyond its longest URL it sends a POST.
  const long = { url, a: 'x'.repeat(9_000), b: 'y'.repeat(9_000) };
  expect(await keen.call('addEvent', 'long', long)).toEqual([null, CREATED]);
  expect(keen.requests).toEqual(['POST /events xhr', 'GET /events/views jsonp', 'POST /events/long xhr']);

  const agent = await keen.page.evaluate(() => navigator.userAgent);
  const parsed = expect.objectContaining({ domain: 'shop.example', path: '/a' });
  expect(await arrived(collector, 'views', 3)).toEqual([
    { n: 1 },
    { n: 2 },
    { collection: 'views', agent, url, parsed },
  ]);
  expect(await arrived(collector, 'long', 1)).toEqual([{ collection: 'long', agent, ...long, parsed }]);
});

test('keen-js 3: events at the end of a page', async ({ keen, collector }) => {
  await keen.open(old('keen.min.js'));
  await keen.page.evaluate(() => {
    const link = document.getElementById('link')!;
    link.onclick = (click) => window.keenClient.trackExternalLink(click, 'clicks', { to: 'next' }, 60_000);
  });
  await keen.page.click('#link');
  await keen.page.waitForURL('**/next.html');
  expect(await arrived(collector, 'clicks', 1)).toEqual([{ to: 'next' }]);

  await keen.open(old('keen.min.js'));
  await keen.page.evaluate(() => {
    // The last argument makes the request synchronous.
    window.keenClient.addEvent('ends', { n: 1 }, () => undefined, false);
    location.href = '/next.html';
  });
  await keen.page.waitForURL('**/next.html');
  expect(await arrived(collector, 'ends', 1)).toEqual([{ n: 1 }]);
});

test('keen-js 3: queries of every type, and saved ones', async ({ keen, collector }) => {
  await recordForAnalyses(collector);
  for (const build of ['keen.min.js', 'keen-query.min.js']) {
    await keen.open(old(build));
    const results = await keen.page.evaluate(
      (analyses) =>
        Promise.all(
          analyses.map(
            ({ type, parameters }) =>
              new Promise((done) =>
                window.keenClient.run(new window.Keen.Query(type, parameters), (error: any, answer: any) =>
                  done(error ? String(error.message) : answer.result),
                ),
              ),
          ),
        ),
      ANALYSES.map(({ type, parameters }) => ({ type, parameters })),
    );
    expect(results).toEqual(ANALYSES.map(({ result }) => result));
    expect(keen.requests.splice(0).every((request) => /^POST \/queries\/\w+ xhr$/.test(request))).toBe(true);
    expect(await keen.call('run', 'a-query')).toEqual(['There is no such route.', null]);
    keen.requests.splice(0);
  }
});

for (const build of ['keen-js-4/dist/keen.min.js', 'keen-js-5/dist/keen.bundle.min.js']) {
  test(`${build}: events by a script, an image, XMLHttpRequest and in bulk; queries of every type`, async ({
    keen,
    collector,
  }) => {
    const expected = [];
    for (const [requestType, request] of Object.entries({ '': REQUESTS.jsonp, ...REQUESTS })) {
      await keen.open(build, requestType ? { requestType } : {});
      const [error, result] = await keen.call('recordEvent', 'views', event(requestType));
      // An image has no answer.
      expect([error ?? null, result ?? CREATED]).toEqual([null, CREATED]);
      expect(keen.requests.splice(0)).toEqual([request]);
      expected.push(event(requestType));
    }
    expect(await keen.call('recordEvents', { views: [{ n: 1 }], other: [{ n: 2 }] })).toEqual([
      null,
      { views: [{ success: true }], other: [{ success: true }] },
    ]);
    await keen.page.evaluate(() => {
      window.keenClient.deferEvents({ other: [{ n: 3 }, { n: 4 }] });
      window.keenClient.recordDeferredEvents();
    });
    expect(await arrived(collector, 'views', 5)).toEqual([...expected, { n: 1 }]);
    expect(await arrived(collector, 'other', 3)).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }]);

    await keen.page.evaluate(() => window.keenClient.initAutoTracking());
    await until('a view of the page', async () => (await collector.count('pageviews')) >= 1);
    const [view] = (await collector.events('pageviews')) as any[];
    expect(view.url.full).toBe(keen.page.url());
    expect(view.url.info.path).toBe('/keen.html');
    expect(view.tech.os.family ?? view.tech.info.os.family).toBe('Linux');
    expect(view.keen).not.toHaveProperty('addons');

    await recordForAnalyses(collector);
    const results = await keen.page.evaluate(
      (analyses) =>
        Promise.all(
          analyses.map(({ type, parameters }) =>
            window.keenClient.query(type, parameters).then(
              (answer: any) => answer.result,
              (error: any) => String(error.message ?? JSON.stringify(error)),
            ),
          ),
        ),
      ANALYSES.map(({ type, parameters }) => ({ type, parameters: inSnakeCase(parameters) })),
    );
    expect(results).toEqual(ANALYSES.map(({ result }) => result));
    const saved = await keen.page.evaluate(() =>
      window.keenClient.query('saved', 'a-query').then(
        () => 'an answer',
        (error: any) => String(error.code ?? error.message ?? error.body),
      ),
    );
    expect(saved).toMatch(/ResourceNotFoundError|no such route/);
  });
}
