// The demo as a visitor uses it: the shop with its panel, as website and as app, and the collector's dashboard.
import { randomBytes } from 'node:crypto';
import type { Locator, Page } from 'playwright/test';
import { type Demo, startDemo } from '../fixtures/demo.ts';
import { hidingPlaces, traces } from '../fixtures/hiding-places.ts';
import { lend } from '../fixtures/servers.ts';
import { test as base, expect } from '../fixtures/test.ts';

const test = base.extend<{ mayLog: RegExp | undefined; demo: Demo; consoleIsQuiet: void }>({
  /** Console messages of the browser itself that a test expects. */
  mayLog: [undefined, { option: true }],

  demo: async ({}, use) => lend(await startDemo(), use),

  // The console also shows violations of the Content-Security-Policy. Depends on `demo`, so that it is checked before the demo ends:
  // a request that the end of a test cuts off is not the page's error.
  consoleIsQuiet: [
    async ({ context, mayLog, demo: _demo }, use) => {
      const messages: string[] = [];
      context.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()))
          messages.push(`${message.text()} (${message.location().url})`);
      });
      await use();
      expect(messages.filter((line) => !mayLog?.test(line))).toEqual([]);
    },
    { auto: true },
  ],
});

/** A visitor on the shop's first page. */
interface Visit {
  readonly page: Page;
  /** A part of the panel, by its name. */
  panel(part: string): Locator;
  button(name: string): Locator;
  buy(goods: string): Promise<void>;
  /** Follows the panel's link. */
  openDashboard(): Promise<Page>;
}

async function visit(page: Page, demo: Demo, path: string): Promise<Visit> {
  const panel = (part: string) => page.locator(`.panel [data-part="${part}"]`);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await page.goto(demo.pages + path);
  // The view of this page is the first event.
  await expect(panel('acknowledged')).toHaveText('1');
  return {
    page,
    panel,
    button,
    buy: (goods) => button(`Buy ${goods}`).click(),
    async openDashboard() {
      const opened = page.waitForEvent('popup');
      await page.getByRole('link', { name: 'Open the collector’s dashboard' }).click();
      const dashboard = await opened;
      await expect(dashboard.getByRole('status')).toHaveText('Live');
      return dashboard;
    },
  };
}

/** The number of events in a collection, and of their repeats that the collector dropped. */
async function counts(demo: Demo, name: string): Promise<{ events: number; repeats: number }> {
  const { events = 0, repeats = 0 } = (await demo.data()).collections.find((one) => one.name === name) ?? {};
  return { events, repeats };
}

interface Stored {
  keen: { timestamp: string; uniqueness_token: string };
  [property: string]: unknown;
}

/** The latest events of a collection, ordered by time. */
async function events(demo: Demo, name: string): Promise<Stored[]> {
  const { events: all } = await demo.data();
  const own = all.filter(({ collection }) => collection === name).map(({ event }) => JSON.parse(event) as Stored);
  return own.sort((one, other) => one.keen.timestamp.localeCompare(other.keen.timestamp));
}

/** The number of a collection's events on the dashboard. */
const countOn = (dashboard: Page, collection: string) =>
  dashboard.locator('#collections > li').filter({ hasText: collection }).locator('.collection-count');

for (const [shop, path] of [
  ['website', '/'],
  ['spa', '/spa'],
] as const) {
  test.describe(`the ${shop}`, () => {
    test('views, searches and purchases are in the database and on the dashboard, and in the panel what add-ons made', async ({
      page,
      demo,
    }) => {
      const shopper = await visit(page, demo, path);
      await shopper.buy('Sealing wax');
      await expect(shopper.panel('status')).toHaveText('Purchase of “Sealing wax”: stored on disk.');
      await page.getByRole('searchbox').fill('wax');
      await page.keyboard.press('Enter');
      await expect(page).toHaveTitle(/^Search: wax/);
      await page
        .getByRole('link', { name: 'Brass seal' })
        .or(page.getByRole('link', { name: 'Sealing wax' }))
        .first()
        .click();
      await expect(shopper.page.getByRole('heading', { level: 1 })).toBeVisible();

      // The views of the shop, of the search and of the goods. The collector drops repeats: a page that is left may
      // send an event that the next page sends again.
      await expect.poll(() => counts(demo, 'pageviews')).toMatchObject({ events: 3 });
      const base = path === '/' ? '/' : '/spa/';
      expect((await events(demo, 'pageviews')).map((view) => view.path)).toEqual([
        path,
        `${base}search`,
        expect.stringContaining(`${base}goods/`),
      ]);
      expect(await events(demo, 'purchases')).toEqual([
        expect.objectContaining({ item: 'sealing-wax', price: 5.4, currency: 'GBP', shop }),
      ]);
      // Add-ons also tell what else happened, which the panel shows.
      for (const name of ['pageviews', 'engagements', 'form_submissions']) {
        await expect(shopper.panel('made').getByRole('listitem').filter({ hasText: name }).first()).toBeAttached();
        expect((await events(demo, name)).every((event) => event.shop === shop && event.view)).toBe(true);
      }
      const [purchase] = await events(demo, 'purchases');
      expect(purchase!.view).toBe((await events(demo, 'pageviews'))[0]!.view);
      const [search] = await events(demo, 'searches');
      expect(search).toMatchObject({ term: 'wax', shop });
      expect(search!.results).toBeGreaterThan(0);

      const dashboard = await shopper.openDashboard();
      await expect(countOn(dashboard, 'purchases')).toHaveText('1');
      await expect(countOn(dashboard, 'pageviews')).toHaveText('3');
      const { collections } = await demo.data();
      const total = collections.reduce((sum, collection) => sum + collection.events, 0);
      await expect(dashboard.locator('#total-events')).toHaveText(String(total));
      await expect(dashboard.locator('#latest-events')).toContainText('item: sealing-wax · price: 5.4');
      // The dashboard shows a new purchase without a reload.
      await shopper.page.bringToFront();
      await page.goBack();
      await page.goBack();
      await shopper.buy('Parcel twine');
      await dashboard.bringToFront();
      await expect(countOn(dashboard, 'purchases')).toHaveText('2');
    });

    test('an offline purchase waits in the panel’s queue, and is acknowledged online', async ({ page, demo }) => {
      const shopper = await visit(page, demo, path);
      await shopper.button('Go offline').click();
      await expect(shopper.panel('network')).toHaveText('off');
      await shopper.buy('Parcel twine');

      const [row, ...more] = await queued(shopper);
      expect(more).toEqual([]);
      expect(row).toMatchObject({ collection: 'purchases' });
      expect(row!.brief).toContain('item: twine, price: 2.9, currency: GBP');
      expect(row!.time).toMatch(/^\d\d:\d\d:\d\d$/);
      expect(row!.event).toMatchObject({ item: 'twine', price: 2.9, shop, keen: { uniqueness_token: row!.id } });
      await expect(shopper.panel('waiting')).toHaveText('1');
      // Its request has failed, or was not sent.
      expect(await counts(demo, 'purchases')).toEqual({ events: 0, repeats: 0 });

      // The queue and the switch survive a reload.
      await page.reload();
      await expect(shopper.panel('network')).toHaveText('off');
      await expect(shopper.panel('queue').getByRole('listitem').filter({ hasText: 'pageviews' })).toHaveCount(1);
      const waiting = (await queued(shopper)).map(({ collection }) => collection);
      expect(waiting[0]).toBe('purchases');
      expect(waiting).toContain('engagements');

      await shopper.button('Go online').click();
      await expect(shopper.panel('queue').getByRole('listitem')).toHaveCount(0);
      await expect(shopper.panel('queue-empty')).toHaveText(/^Nothing waits/);
      await expect(shopper.panel('acknowledged')).toHaveText(String(1 + waiting.length));
      await expect.poll(() => counts(demo, 'purchases')).toEqual({ events: 1, repeats: 0 });
      const [purchase] = await events(demo, 'purchases');
      expect(purchase!.keen.uniqueness_token).toBe(row!.id);
    });

    test.describe('without a collector', () => {
      // Chromium logs that nothing listens on the port. A collector that starts claims its port first, and resets what
      // connects meanwhile; one that stops resets connections, too.
      test.use({ mayLog: /^Failed to load resource: net::ERR_(CONNECTION_(REFUSED|RESET|CLOSED)|EMPTY_RESPONSE) / });

      test('a purchase while the collector is stopped is delivered when it is back', async ({ page, demo }) => {
        const shopper = await visit(page, demo, path);
        await shopper.button('Stop it').click();
        await expect(shopper.panel('collector')).toHaveText('stopped');
        await expect(fetch(demo.collector)).rejects.toThrow();
        await shopper.buy('Brass seal');
        await expect(shopper.panel('waiting')).toHaveText('1');
        const newest = shopper.panel('sent').getByRole('listitem').first();
        await expect(newest).toContainText('no answer');

        await shopper.button('Start it').click();
        await expect(shopper.panel('collector')).toHaveText('running');
        // The waits between the retries have grown meanwhile.
        await expect(newest).toContainText('200, 1 event taken', { timeout: 30_000 });
        await expect(shopper.panel('waiting')).toHaveText('0');
        await expect.poll(() => counts(demo, 'purchases')).toEqual({ events: 1, repeats: 0 });
        // Earlier events are still there.
        expect(await counts(demo, 'pageviews')).toEqual({ events: 1, repeats: 0 });
        // The link has the token of the collector that runs now.
        await expect(countOn(await shopper.openDashboard(), 'purchases')).toHaveText('1');
      });
    });

    test('a thousand events at once all arrive', async ({ page, demo }) => {
      const shopper = await visit(page, demo, path);
      await shopper.button('Track 1,000 at once').click();
      await expect(shopper.panel('status')).toHaveText(
        /^1,000 calls took the page [\d.]+ ms\. All on disk after \d+ ms\.$/,
      );
      await expect(shopper.panel('acknowledged')).toHaveText('1,001');
      await expect(shopper.panel('waiting')).toHaveText('0');
      await expect.poll(() => counts(demo, 'bursts')).toEqual({ events: 1000, repeats: 0 });
      await expect(countOn(await shopper.openDashboard(), 'bursts')).toHaveText('1,000');
    });

    test('a wrong key is refused and shown nowhere, a Write key is taken', async ({ page, demo }) => {
      const shopper = await visit(page, demo, path);
      const field = page.getByLabel('A key of your own');
      const verdict = shopper.panel('verdict');
      const sent: string[] = [];
      page.on('request', (request) =>
        sent.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData()}`),
      );
      const secret = randomBytes(32).toString('hex');
      const paste = async (key: string) => {
        await field.fill(key);
        await shopper.button('Try it').click();
      };

      for (const wrong of [
        `read_${secret}`,
        `keen_master_${secret}`,
        secret,
        `{"key":"${secret}","is_active":true,"permitted":["queries"]}`,
      ]) {
        await paste(wrong);
        await expect(verdict).toHaveText(/^Return to sender ?Your key ?KeyError: mailslot: /);
        await expect(field).toHaveValue('');
        expect(await hidingPlaces(page, traces(secret))).toEqual([]);
        // The next verdict must be a new one.
        await verdict.evaluate((element) => element.replaceChildren());
      }
      await paste(`write_${secret}`);
      await expect(verdict).toHaveText(/^Let in/);
      expect(await hidingPlaces(page, traces(secret))).toEqual([]);

      // The example keys.
      const examples = shopper.panel('examples').getByRole('button');
      for (const label of await examples.allTextContents()) {
        await examples.getByText(label, { exact: true }).click();
        await expect(verdict).toContainText(label);
        await expect(verdict.locator('.rubber-stamp')).toHaveText(
          label.startsWith('A good') ? 'Let in' : 'Return to sender',
        );
      }
      expect(await examples.count()).toBeGreaterThanOrEqual(6);

      // The shop still uses its own key, and no pasted key has left the page.
      await shopper.buy('Airmail pad');
      await expect(shopper.panel('acknowledged')).toHaveText('2');
      await expect.poll(() => counts(demo, 'purchases')).toEqual({ events: 1, repeats: 0 });
      expect(sent.length).toBeGreaterThan(0);
      expect(sent.filter((text) => traces(secret).some((trace) => text.includes(trace)))).toEqual([]);
    });

    test('the shop works by keyboard', async ({ page, demo }) => {
      const shopper = await visit(page, demo, path);
      const tabTo = async (target: Locator, most: number) => {
        for (let stops = 0; stops < most; stops += 1) {
          await page.keyboard.press('Tab');
          if (await target.evaluate((element) => element === document.activeElement)) return;
        }
        throw new Error(`${target} is not among the next ${most} stops of the Tab key`);
      };
      await tabTo(page.getByRole('link', { name: 'Skip to the goods' }), 1);
      await page.keyboard.press('Enter');
      await tabTo(shopper.button('Buy Laid envelopes'), 3);
      await page.keyboard.press('Enter');
      await expect(shopper.panel('status')).toHaveText('Purchase of “Laid envelopes”: stored on disk.');
      await tabTo(shopper.button('Go offline'), 30);
      await page.keyboard.press('Space');
      await expect(shopper.panel('network')).toHaveText('off');
      // The focused button now has the opposite effect.
      await page.keyboard.press('Space');
      await expect(shopper.panel('network')).toHaveText('on');
      await expect.poll(() => counts(demo, 'purchases')).toEqual({ events: 1, repeats: 0 });
    });
  });
}

/** The entries of the queue on the panel, once there are any. */
async function queued({ panel }: Visit) {
  const rows = panel('queue').getByRole('listitem');
  await expect(rows.first()).toBeVisible();
  return rows.evaluateAll((items) =>
    items.map((item) => {
      const text = (part: string) => item.querySelector(`[data-part="${part}"]`)!.textContent!;
      const [id, ...json] = text('json').split('\n');
      return {
        id,
        event: JSON.parse(json.join('\n')),
        time: text('time'),
        collection: text('collection'),
        brief: text('brief'),
      };
    }),
  );
}

test.describe('a refused request', () => {
  test.use({ mayLog: /^Failed to load resource: the server responded with a status of 401/ });

  test('is listed on the dashboard, with the class of its key', async ({ page, demo }) => {
    const shopper = await visit(page, demo, '/');
    const dashboard = await shopper.openDashboard();
    await expect(dashboard.locator('#refusals-empty')).toBeVisible();
    await page.bringToFront();
    // A curious visitor tries the key from the page's source.
    const answer = await page.evaluate(
      async ([url, key]) => {
        const response = await fetch(url!, { headers: { Authorization: `Bearer ${key}` } });
        return { status: response.status, body: (await response.json()) as object };
      },
      [`${demo.collector}/3.0/projects/${demo.projectId}/queries/count?event_collection=pageviews`, demo.writeKey],
    );
    expect(answer).toMatchObject({ status: 401, body: { error_code: 'InvalidApiKeyError' } });
    expect(JSON.stringify(answer)).not.toContain(demo.writeKey);

    await dashboard.bringToFront();
    const refusals = dashboard.locator('#refusals > li');
    await expect(refusals).toHaveCount(1);
    await expect(refusals.locator('.key')).toHaveText('Write key');
    await expect(refusals.locator('.request')).toHaveText('GET /queries/count → 401');
    await expect(refusals).toContainText(`from ${demo.pages}`);
    await expect(dashboard.locator('#total-refused')).toHaveText('1');
    expect(await dashboard.content()).not.toContain(demo.writeKey);
  });
});

test('no page holds a Read key, a Master key or the dashboard’s token', async ({ page, context, demo }) => {
  const token = new URL(demo.dashboard).searchParams.get('token')!;
  const secrets = [token, ...demo.hiddenKeys().flatMap(traces)];
  const came: { url: string; text: Promise<string> }[] = [];
  context.on('response', (response) => {
    // A redirect has the token in its address. No page can read that, because the browser follows it.
    if (response.status() >= 300) return;
    const whole = Promise.all([response.allHeaders(), response.text()]).then(
      ([headers, body]) => JSON.stringify(headers) + body,
    );
    came.push({ url: response.url(), text: whole });
  });

  const shopper = await visit(page, demo, '/');
  await shopper.buy('Letter opener');
  const dashboard = await shopper.openDashboard();
  await expect(countOn(dashboard, 'purchases')).toHaveText('1');
  expect(await hidingPlaces(page, secrets)).toEqual([]);
  expect(await hidingPlaces(dashboard, [...secrets, ...traces(demo.writeKey)])).toEqual([]);
  await visit(await context.newPage(), demo, '/spa');
  expect(await hidingPlaces(context.pages().at(-1)!, secrets)).toEqual([]);

  const addresses = came.map(({ url }) => new URL(url).pathname);
  expect(addresses).toEqual(
    expect.arrayContaining([
      '/',
      '/spa',
      '/mailslot.js',
      '/addons/views.js',
      '/assets/shop.js',
      '/assets/spa.js',
      '/dashboard/data',
    ]),
  );
  for (const { url, text } of came) {
    const whole = await text;
    expect(
      secrets.filter((secret) => whole.includes(secret)),
      url,
    ).toEqual([]);
    // Any other text that looks like such a key.
    expect(/(read|master)_[0-9a-f]{16}/.test(whole), url).toBe(false);
  }
  // A script of another site gets no redirect.
  const foreign = await fetch(`${demo.pages}/control/dashboard`, {
    headers: { 'sec-fetch-site': 'cross-site' },
    redirect: 'manual',
  });
  expect([foreign.status, foreign.headers.get('location')]).toEqual([403, null]);
  expect((await fetch(`${demo.collector}/dashboard/data`)).status).toBe(401);
});
