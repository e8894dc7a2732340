// The script tag on real sites: loaded late, loaded twice, with data attributes, and under strict policies.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrackerOptions } from '../../src/types.ts';
import { root } from '../fixtures/paths.ts';
import {
  type Collector,
  expect,
  html,
  inBothDeliveries,
  keepProblems,
  NO_FLUSH_MS,
  sentEvents,
  type TrackerPage,
  test,
  until,
} from '../fixtures/test.ts';

const dist = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');
const hashes = JSON.parse(dist('integrity.json')) as Record<string, string>;

/** The tag's global; `t` is its tracker, once the file has run. */
type WithTag = Window & { mailslot: TrackerPage['track'] & { t?: unknown } };

/** The tag's attributes for this collector. */
const attributes = ({ projectId, keys, url }: Collector) =>
  `data-project-id="${projectId}" data-write-key="${keys.write}" data-endpoint="${url}"`;

test('calls before the script has loaded keep their time and order', async ({ page, makeTracker, collector }) => {
  let load = () => {};
  const loaded = new Promise<void>((resolve) => (load = resolve));
  await page.route('**/mailslot.js', async (route) => {
    await loaded;
    await route.continue();
  });
  await page.clock.install();
  const options = { options: { flushInterval: NO_FLUSH_MS }, early: `${keepProblems.early} window.outcomes = [];` };
  await page.goto(makeTracker(options), { waitUntil: 'domcontentloaded' });
  const start = Date.now() + 60_000;
  await page.clock.pauseAt(start);
  const call = (collection: unknown, event: unknown) =>
    page.evaluate(
      ([to, it]) => {
        const { mailslot, outcomes } = window as unknown as WithTag & { outcomes: unknown[] };
        outcomes.push(mailslot(to as string, it as object));
      },
      [collection, event] as const,
    );
  await call('visits', { n: 0 });
  await page.clock.fastForward(60_000);
  await call('visits', { n: 1 });
  await call('purchases', { item: 'stamp' });
  await call('visits', { n: 2, keen: { timestamp: '2020-01-02T03:04:05.678Z', location: { coordinates: [13, 52] } } });
  // A bad call must not stop the ones after it.
  for (const [collection, event] of [[], ['visits'], ['visits', null], ['visits', []], ['visits', 'text'], [42, {}]]) {
    await call(collection, event);
  }
  await call('visits', { n: 3 });
  await page.clock.fastForward(3_600_000);
  await page.clock.resume();
  load();

  await page.waitForFunction(() => (window as unknown as WithTag).mailslot.t);
  await page.evaluate(() => window.tracker.flush());
  const outcomes = await page.evaluate(() =>
    Promise.all((window as unknown as { outcomes: Promise<string>[] }).outcomes),
  );
  // The page has waited for an hour, which is too long for a promise.
  expect(outcomes).toEqual(Array(11).fill('held'));
  const codes = await page.evaluate(() => window.problems.map(({ code }) => code));
  expect(codes).toEqual(Array(6).fill('invalid_event'));
  const visits = await collector.events('visits');
  expect(visits.map(({ n, keen }) => [n, Date.parse(keen.timestamp)])).toEqual([
    [0, start],
    [1, start + 60_000],
    [2, Date.parse('2020-01-02T03:04:05.678Z')],
    [3, start + 60_000],
  ]);
  expect(visits[2]!.keen).toMatchObject({ location: { coordinates: [13, 52] } });
  expect(await collector.count('purchases')).toBe(1);
});

test('a script that is loaded twice starts one tracker', async ({ page, openTracker, collector, faults }) => {
  const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: 0 } });
  const same = await page.evaluate(
    async ([projectId, writeKey, endpoint]) => {
      const first = (window as unknown as WithTag).mailslot;
      for (const src of ['/mailslot.js', '/mailslot.js?again']) {
        const tag = document.createElement('script');
        Object.assign(tag.dataset, { projectId, writeKey, endpoint });
        tag.src = src;
        document.head.append(tag);
        await new Promise((resolve) => (tag.onload = resolve));
      }
      return (window as unknown as WithTag).mailslot === first;
    },
    [collector.projectId, collector.keys.write, faults.url] as const,
  );
  expect(same).toBe(true);
  await tracker.track('visits', { n: 0 });
  await expect.poll(() => collector.count('visits')).toBe(1);
  // Wait for the answer, because a page that is left before may send its event again.
  await tracker.flush();
  await page.evaluate(() => ['online', 'pagehide', 'pageshow'].forEach((type) => dispatchEvent(new Event(type))));
  await tracker.flush();
  expect(sentEvents(faults.posts)).toHaveLength(1);
  expect(tracker.messages).toEqual([]);
});

test('the script works without the stub, when another script adds it', async ({ page, site, collector }) => {
  await page.goto(`${site.url}/empty.html`);
  await page.evaluate(
    ([projectId, writeKey, endpoint]) => {
      const tag = document.createElement('script');
      Object.assign(tag.dataset, { projectId, writeKey, endpoint, flushInterval: '0' });
      tag.src = '/mailslot.js';
      document.head.append(tag);
    },
    [collector.projectId, collector.keys.write, collector.url] as const,
  );
  await page.waitForFunction(() => (window as unknown as Partial<WithTag>).mailslot?.t);
  expect(await page.evaluate(() => (window as unknown as WithTag).mailslot('visits', { n: 0 }))).toBe('stored');
  await expect.poll(() => collector.count('visits')).toBe(1);
});

test('numbers, booleans and words in data attributes work like the options', async ({
  page,
  openTracker,
  collector,
  faults,
}) => {
  await page.addInitScript(() => {
    const durabilities = new Set<string | undefined>();
    Object.assign(window, { durabilities });
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (names, mode, options) {
      // Only what writes can be durable.
      if (mode === 'readwrite') durabilities.add(options?.durability);
      return transaction.call(this, names, mode, options);
    };
    Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });
  });
  // Attributes are strings.
  const open = (path: string, options: Record<string, string>) =>
    openTracker(page, { path, options: { endpoint: faults.url, ...options } as unknown as Partial<TrackerOptions> });
  const tracker = await open('/numbers.html', {
    flushInterval: String(NO_FLUSH_MS),
    maxBatch: '2',
    maxQueue: '5',
    maxAge: '86400000',
    scheme: '',
    durability: 'strict',
    respectGpc: 'false',
  });
  await page.evaluate(() => Promise.all([0, 1, 2, 3, 4, 5, 6].map((n) => window.tracker.track('visits', { n }))));
  expect(await tracker.flush()).toMatchObject({ delivered: 5 });
  expect((await collector.events('visits')).map(({ n }) => n)).toEqual([2, 3, 4, 5, 6]);
  expect(faults.posts.map((post) => sentEvents([post]).length)).toEqual([2, 2, 1]);
  expect(faults.posts[0]!.headers.authorization === collector.keys.write).toBe(true);
  const durabilities = await page.evaluate(() => [
    ...(window as unknown as { durabilities: Set<string> }).durabilities,
  ]);
  expect(durabilities).toEqual(['strict']);

  for (const respectGpc of ['', 'true']) {
    const denied = await open(`/gpc-${respectGpc}.html`, { respectGpc });
    expect(await denied.track('visits', { n: 7 })).toBe('dropped');
  }
  const pending = await open('/pending.html', { consent: 'pending' });
  expect(await pending.track('visits', { n: 8 })).toBe('held');
});

test('an invalid attribute starts no tracker, and the page works on', async ({ page, openTracker, collector }) => {
  for (const [index, options] of [
    { projectId: '' },
    { projectId: 'a/b' },
    { endpoint: 'http://example.com' },
    { maxBatch: 'many' },
    { flushInterval: '-1' },
    { consent: 'Denied' },
  ].entries()) {
    const what = JSON.stringify(options);
    const tracker = await openTracker(page, {
      path: `/${index}.html`,
      wait: false,
      options: options as unknown as Partial<TrackerOptions>,
    });
    await expect
      .poll(() => tracker.messages, { message: what })
      .toEqual([expect.stringMatching(new RegExp(`^error: TypeError: .*${Object.keys(options)[0]}`))]);
    expect(await page.evaluate(() => (window as unknown as WithTag).mailslot('visits', { n: 0 })), what).toBe(
      'dropped',
    );
    expect(await page.evaluate(() => indexedDB.databases()), what).toEqual([]);
  }
  expect(await collector.count('visits')).toBe(0);
});

inBothDeliveries(() => {
  test('the tracker works under a policy with nonces and Trusted Types', async ({ page, openTracker, collector }) => {
    const tracker = await openTracker(page, {
      nonce: 'bWFpbHNsb3Q',
      headers: {
        'Content-Security-Policy': [
          `default-src 'none'`,
          `script-src 'nonce-bWFpbHNsb3Q'`,
          `connect-src ${collector.url}`,
          `img-src data:`,
          `require-trusted-types-for 'script'`,
          `trusted-types 'none'`,
        ].join('; '),
      },
    });
    expect(await tracker.track('visits', { n: 0 })).toBe('stored');
    await tracker.flush();
    expect(await collector.count('visits')).toBe(1);
    expect(tracker.messages).toEqual([]);
  });
});

test('the tracker works under a policy with the hashes of the build alone', async ({ page, site, collector }) => {
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  const url = site.page('/hashes.html', {
    html: html({
      head: `<script>${dist('stub.js')}</script>
        <script async src="/mailslot.js" integrity="${hashes['mailslot.js']}" ${attributes(collector)}></script>`,
    }),
    headers: {
      'Content-Security-Policy': [
        `default-src 'none'`,
        `script-src '${hashes['stub.js']}' '${hashes['mailslot.js']}'`,
        `connect-src ${collector.url}`,
        `img-src data:`,
        `require-trusted-types-for 'script'`,
      ].join('; '),
    },
  });
  await page.goto(url);
  expect(await page.evaluate(() => (window as unknown as WithTag).mailslot('visits', { n: 0 }))).toBe('stored');
  await expect.poll(() => collector.count('visits')).toBe(1);
  expect(messages).toEqual([]);
});

test('a file that was tampered with does not run', async ({ page, site, makeTracker, collector }) => {
  const messages: string[] = [];
  page.on('console', (message) => messages.push(message.text()));
  const path = makeTracker({ integrity: true, early: `mailslot('visits', { n: 0 })` });
  site.file('/mailslot.js', { body: `${dist('mailslot.js')}\nwindow.stolen = true;` });
  await page.goto(path);
  await until('the refusal', () => messages.some((text) => text.includes('integrity')));
  expect(await page.evaluate(() => 'stolen' in window || Boolean((window as unknown as WithTag).mailslot.t))).toBe(
    false,
  );
  expect(await collector.count('visits')).toBe(0);

  // The same page with the built file. It also delivers the early event that the first page could not.
  site.file('/mailslot.js', { body: dist('mailslot.js') });
  await page.goto(path);
  await expect.poll(() => collector.count('visits')).toBe(2);
});
