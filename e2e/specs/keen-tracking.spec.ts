// Keen's own browser client from npm, against the built collector. Queries with the Read key show the events that
// arrive.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import type { StoredEvent } from '../fixtures/collector.ts';
import { root } from '../fixtures/paths.ts';
import { test as base, type Collector, expect, html, type Site, until } from '../fixtures/test.ts';

declare global {
  interface Window {
    // The client has no types.
    KeenTracking: new (
      config: object,
    ) => any;
    client: any;
  }
}

/** A page with Keen's client. */
interface KeenPage {
  readonly page: Page;
  /** Requests to the collector: method, path without query, and the place of the key. */
  readonly requests: { method: string; path: string; key: 'header' | 'address' }[];
  /** Length of the longest address so far, in characters. */
  readonly longestAddress: number;
  /** Opens the page: `window.client` has these additional settings, then the code `start` runs. */
  open(config?: object, start?: string): Promise<void>;
}

const BODY = `
  <a id="link" href="#there" class="nav">A link</a>
  <form id="form" action="/sent.html"><input name="colour" value="red"><input type="password" name="secret" value="hush"><button id="send">Send</button></form>
  <p class="track-element-view">Seen</p>`;

const test = base.extend<{ keen: KeenPage }>({
  keen: async ({ page, site, collector }, use) => {
    serveClient(site);
    const requests: KeenPage['requests'] = [];
    let longestAddress = 0;
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== collector.url || request.method() === 'OPTIONS') return;
      longestAddress = Math.max(longestAddress, request.url().length);
      requests.push({
        method: request.method(),
        path: url.pathname.replace(/^.*(?=\/events)/, ''),
        key: url.searchParams.has('api_key') ? 'address' : 'header',
      });
    });
    await use({
      page,
      requests,
      get longestAddress() {
        return longestAddress;
      },
      async open(config = {}, start = '') {
        site.file('/boot.js', {
          body: `window.client = new KeenTracking(${JSON.stringify({ ...settings(collector), ...config })});\n${start}`,
        });
        site.page(
          '/keen.html',
          html({
            title: 'A page',
            body: `${BODY}<script src="/keen-tracking.js"></script><script src="/boot.js"></script>`,
          }),
        );
        await page.goto(`${site.url}/keen.html?from=here#top`);
        await page.waitForFunction(() => Boolean(window.client));
      },
    });
  },
});

const serveClient = (site: Site) =>
  site.file('/keen-tracking.js', {
    body: readFileSync(join(root, 'node_modules/keen-tracking/dist/keen-tracking.min.js'), 'utf8'),
  });

const settings = (collector: Collector) => ({
  projectId: collector.projectId,
  writeKey: collector.keys.write,
  host: new URL(collector.url).host,
  protocol: 'http',
  requestType: 'fetch',
});

/** Waits until a collection has this many events; the events. */
async function arrived(collector: Collector, collection: string, count: number): Promise<StoredEvent[]> {
  await until(`${count} events in ${collection}`, async () => (await collector.count(collection)) >= count);
  return collector.events(collection);
}

const own = ({ keen: _, ...properties }: StoredEvent) => properties;

test('recordEvent', async ({ keen, collector }) => {
  await keen.open();
  const answer = await keen.page.evaluate(
    () =>
      new Promise((done) =>
        window.client.recordEvent(
          'purchases',
          { item: 'stamp', price: 1.2, buyer: { name: 'Zoë' } },
          (...results: unknown[]) => done(results),
        ),
      ),
  );
  expect(answer).toEqual([null, { created: true }]);
  const [event] = await arrived(collector, 'purchases', 1);
  expect(own(event!)).toEqual({ item: 'stamp', price: 1.2, buyer: { name: 'Zoë' } });
  expect(keen.requests).toEqual([{ method: 'POST', path: '/events/purchases', key: 'header' }]);
  // Its preflight asks for a header of Keen's, which must be allowed.
  expect(collector.log.filter(({ status }) => status >= 400)).toEqual([]);
});

test('recordEvents, and the result of each event', async ({ keen, collector }) => {
  await keen.open();
  const [error, answer] = await keen.page.evaluate(
    () =>
      new Promise<[unknown, unknown]>((done) =>
        window.client.recordEvents(
          { purchases: [{ n: 1 }, { n: 2 }], views: [{ n: 3 }] },
          (...results: [unknown, unknown]) => done(results),
        ),
      ),
  );
  expect(error).toBe(null);
  expect(answer).toEqual({ purchases: [{ success: true }, { success: true }], views: [{ success: true }] });
  expect((await arrived(collector, 'purchases', 2)).map(own)).toEqual([{ n: 1 }, { n: 2 }]);
  expect((await arrived(collector, 'views', 1)).map(own)).toEqual([{ n: 3 }]);
  expect(keen.requests).toEqual([{ method: 'POST', path: '/events', key: 'header' }]);
});

test('extendEvent and extendEvents with add-ons of the page', async ({ keen, collector }) => {
  await keen.open(
    {},
    `
    client.extendEvents(() => ({ page: { url: location.href }, keen: { addons: [{ name: 'keen:url_parser', input: { url: 'page.url' }, output: 'page.info' }] } }));
    client.extendEvent('purchases', { agent: '\${keen.user_agent}' });`,
  );
  await keen.page.evaluate(() => window.client.recordEvent('purchases', { n: 1 }));
  const [event] = await arrived(collector, 'purchases', 1);
  expect(own(event!)).toEqual({
    n: 1,
    agent: await keen.page.evaluate(() => navigator.userAgent),
    page: {
      url: keen.page.url(),
      info: {
        protocol: 'http',
        domain: '127.0.0.1',
        path: '/keen.html',
        query_string: { from: 'here' },
        anchor: 'top',
      },
    },
  });
});

test('deferEvents: sent by a call, by capacity, and by a timer', async ({ keen, collector }) => {
  await keen.open({ queue: { capacity: 3, interval: 1 } });
  await keen.page.evaluate(() => {
    window.client.queueInterval(0);
    window.client.deferEvent('views', { n: 1 });
    window.client.recordDeferredEvents();
  });
  await arrived(collector, 'views', 1);
  await keen.page.evaluate(() =>
    window.client.deferEvents({ views: [{ n: 2 }, { n: 3 }], purchases: [{ n: 4 }] }).queue.check(),
  );
  await arrived(collector, 'views', 3);
  await keen.page.evaluate(() => {
    window.client.queueInterval(1);
    window.client.deferEvents({ purchases: [{ n: 5 }] });
  });
  expect((await arrived(collector, 'purchases', 2)).map(own)).toEqual([{ n: 4 }, { n: 5 }]);
  expect((await collector.events('views')).map(own)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(keen.requests.every(({ path }) => path === '/events')).toBe(true);
});

test('initAutoTracking: the actions of visitors, enriched', async ({ keen, collector }) => {
  // As in its documentation, without a request type of its own: it then uses beacons.
  await keen.open({ requestType: 'jsonp' }, 'client.initAutoTracking();');
  const { page } = keen;
  await page.click('#link');
  const [view] = (await arrived(collector, 'pageviews', 1)) as any[];
  expect(view.tracked_by).toBe('keen-tracking-5.0.1');
  expect(view.page.title).toBe('A page');
  expect(view.url).toEqual({
    full: `${new URL(page.url()).origin}/keen.html?from=here#top`,
    info: { protocol: 'http', domain: '127.0.0.1', path: '/keen.html', anchor: 'top', query_string: { from: 'here' } },
  });
  expect(view.referrer.info).toEqual({});
  expect(view.user_agent).toBe(await page.evaluate(() => navigator.userAgent));
  expect(view.tech.browser).toMatchObject({
    family: expect.stringMatching(/^Chrome/),
    major: /Chrome\/(\d+)/.exec(view.user_agent)![1],
  });
  expect(view.tech.os.family).toBe('Linux');
  expect(view.tech.profile.useragent, 'the page’s own value is kept').toBe(view.user_agent);
  for (const time of [view.time.utc, view.time.local]) expect(Object.keys(time)).toHaveLength(11);
  expect([view.time.utc.year, view.time.utc.millisecond]).toEqual([
    new Date(view.keen.timestamp).getUTCFullYear(),
    new Date(view.keen.timestamp).getUTCMilliseconds(),
  ]);
  expect(view.ip_address).toBe('127.0.0.1');
  expect(view.keen.addon_errors).toEqual(['keen:ip_to_geo: this collector has no GeoIP database']);
  expect(view.keen).not.toHaveProperty('addons');

  const [click] = (await arrived(collector, 'clicks', 1)) as any[];
  expect(click.element).toMatchObject({ id: 'link', node_name: 'A', class: 'nav' });
  expect(click.user.uuid).toBe(view.user.uuid);
  const [seen] = (await arrived(collector, 'element_views', 1)) as any[];
  expect(seen.element.class).toBe('track-element-view');

  await page.click('#send');
  await page.waitForURL('**/sent.html?**');
  const [sent] = (await arrived(collector, 'form_submissions', 1)) as any[];
  expect(sent.form.fields, 'no password').toEqual({ colour: 'red' });
  expect(keen.requests.every(({ key }) => key === 'address')).toBe(true);
});

test('initAutoTracking without the address, and with a view recorded on leaving', async ({ keen, collector, site }) => {
  await keen.open(
    { requestType: 'jsonp' },
    'client.initAutoTracking({ collectIpAddress: false, recordPageViewsOnExit: true, shareUuidAcrossDomains: false });',
  );
  expect(await collector.count('pageviews')).toBe(0);
  await keen.page.goto(site.page('/next.html', '<p>next</p>'));
  const [view] = (await arrived(collector, 'pageviews', 1)) as any[];
  expect(view).not.toHaveProperty('ip_address');
  expect(JSON.stringify(view)).not.toContain('${keen.');
});

test('beacons outlive the page', async ({ keen, collector, site }) => {
  await keen.open({ requestType: 'beaconAPI' });
  site.page('/next.html', '<p>next</p>');
  await keen.page.evaluate(() => {
    for (let n = 1; n <= 5; n++) window.client.recordEvent('views', { n });
    location.href = '/next.html';
  });
  await keen.page.waitForURL('**/next.html');
  const events = (await arrived(collector, 'views', 5)).map(own);
  expect(events.map(({ n }) => n).sort()).toEqual([1, 2, 3, 4, 5]);
  expect(keen.requests[0]).toEqual({ method: 'POST', path: '/events/views', key: 'address' });
});

test('image requests, up to the longest address of the client', async ({ keen, collector }) => {
  await keen.open({ requestType: 'img' });
  const record = (event: object) =>
    keen.page.evaluate(
      (properties) => new Promise<string | undefined>((done) => window.client.recordEvent('opened', properties, done)),
      event,
    );
  expect(await record({ text: 'x~~~ÿ?' })).toBeUndefined();
  // Its limit is 16,000 characters, and base64 makes four characters of three bytes.
  const long = 'x'.repeat(5_920);
  expect(await record({ long, again: long })).toBeUndefined();
  expect(keen.longestAddress).toBeGreaterThan(15_900);
  expect((await arrived(collector, 'opened', 2)).map(own)).toEqual([{ text: 'x~~~ÿ?' }, { long, again: long }]);
  expect(await record({ $text: 'refused' })).toBe('An error occurred!');
  expect(keen.requests.slice(0, 2)).toEqual(Array(2).fill({ method: 'GET', path: '/events/opened', key: 'address' }));
  expect(collector.output).not.toContain(collector.keys.write);
});
