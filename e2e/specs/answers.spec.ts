// The tracker and each kind of answer: it loses only events that the collector refuses for good, and sends no more
// requests than it may.
import type { Page } from 'playwright/test';
import type { SeenRequest } from '../fixtures/faults.ts';
import {
  expect,
  type Fault,
  type Faults,
  goOnline,
  inBothDeliveries,
  keepProblems,
  sentEvents,
  test,
  until,
} from '../fixtures/test.ts';

/** A `flushInterval` that passes only when a test moves the clock, in milliseconds. */
const FLUSH_INTERVAL_MS = 200_000;

/** The longest wait of a tracker, unless the collector asks for more. */
const MAX_BACKOFF_MS = 300_000;

/** Tracks events in one task, so that they are sent together. */
const trackMany = (page: Page, count: number, properties: object = {}) =>
  page.evaluate(
    ([events, more]) =>
      Promise.all(Array.from({ length: events }, (_, n) => window.tracker.track('visits', { n, ...more }))),
    [count, properties] as const,
  );

/** The page goes into the back/forward cache and comes back. */
const leaveAndComeBack = (page: Page) =>
  page.evaluate(() => ['pagehide', 'pageshow'].forEach((type) => dispatchEvent(new Event(type))));

/**
 * Moves the page's clock by the longest wait until the condition holds. The clock stops while a request is in flight,
 * because the request would time out.
 */
const passTimeUntil = (page: Page, faults: Faults, what: string, condition: () => Promise<boolean>) =>
  until(what, async () => {
    if (await condition()) return true;
    if (faults.posts.every(({ outcome }) => outcome !== undefined)) await page.clock.fastForward(MAX_BACKOFF_MS);
    return false;
  });

/** A page of a proxy or a captive portal. */
const someHtml = {
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Sign in to the network</title>',
};

inBothDeliveries(() => {
  test('401, 402, 403 and 404 pause sending and keep the queue, until setWriteKey()', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    await page.clock.install();
    let arrived = 0;
    for (const [status, error_code] of [
      [401, 'InvalidApiKeyError'],
      [402, 'PaymentRequiredError'],
      [403, 'AdminOnlyEndpointError'],
      [404, 'ResourceNotFoundError'],
    ] as const) {
      await test.step(String(status), async () => {
        const writeKey = `write_${status}`;
        const isRefused = ({ headers }: SeenRequest) => headers.authorization === `Bearer ${writeKey}`;
        faults.always((request) => {
          // 401 is the collector's own answer.
          if (status !== 401 && isRefused(request)) return { status, body: { message: 'No.', error_code } };
        });
        const before = faults.posts.length;
        const tracker = await openTracker(page, { options: { endpoint: faults.url, writeKey }, ...keepProblems });
        await trackMany(page, 3);
        expect(await tracker.flush()).toEqual({ delivered: 0, kept: 3, givenUp: 0 });
        expect(await tracker.problems()).toEqual([expect.objectContaining({ code: 'paused', count: 0, status })]);

        await tracker.track('visits', { n: 3 });
        expect(await tracker.flush()).toEqual({ delivered: 0, kept: 4, givenUp: 0 });
        await goOnline(page);
        await page.clock.fastForward(24 * 3_600_000);
        await leaveAndComeBack(page);
        await tracker.setWriteKey(collector.keys.write);
        // Without a flush.
        arrived += 4;
        await expect.poll(() => collector.count('visits')).toBe(arrived);
        await expect.poll(() => tracker.pending()).toBe(0);
        expect(faults.posts.slice(before).map(isRefused)).toEqual([true, false]);
        expect(await tracker.problems()).toHaveLength(1);
      });
    }
  });

  test('setWriteKey() with the same key ends a pause, because a bill may have been paid', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    faults.next({ status: 402, body: { message: 'No.', error_code: 'PaymentRequiredError' } });
    const tracker = await openTracker(page, { options: { endpoint: faults.url } });
    await trackMany(page, 2);
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });
    await tracker.setWriteKey(collector.keys.write);
    await expect.poll(() => collector.count('visits')).toBe(2);
    expect(faults.posts).toHaveLength(2);
  });

  test('a refused key is tried again at the next visit', async ({ page, openTracker, collector, faults }) => {
    faults.always({ status: 403, body: {} });
    const open = () => openTracker(page, { options: { endpoint: faults.url } });
    const tracker = await open();
    await trackMany(page, 2);
    expect(await tracker.flush()).toMatchObject({ kept: 2 });
    faults.always(undefined);
    await open();
    await expect.poll(() => collector.count('visits')).toBe(2);
  });

  for (const [how, retryAfter] of [
    ['in seconds', () => '120'],
    ['as an HTTP date', (page: Page) => page.evaluate(() => new Date(Date.now() + 120_000).toUTCString())],
  ] as const) {
    test(`after 503 with Retry-After ${how} no request is sent before its time`, async ({
      page,
      openTracker,
      collector,
      faults,
    }) => {
      await page.clock.install();
      const tracker = await openTracker(page, { options: { endpoint: faults.url }, ...keepProblems });
      faults.next({ status: 503, headers: { 'retry-after': await retryAfter(page) } });
      await trackMany(page, 2);
      expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });

      await page.clock.fastForward(100_000);
      await tracker.track('visits', { n: 2 });
      expect(await tracker.flush()).toEqual({ delivered: 0, kept: 3, givenUp: 0 });
      await leaveAndComeBack(page);
      expect(await tracker.flush()).toMatchObject({ delivered: 0 });
      expect(faults.posts).toHaveLength(1);

      await page.clock.fastForward(30_000);
      await expect.poll(() => collector.count('visits')).toBe(3);
      expect(await tracker.problems()).toEqual([]);
    });
  }

  test('the return of the network does not shorten a wait of Retry-After', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    await page.clock.install();
    const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: FLUSH_INTERVAL_MS } });
    faults.next({ status: 503, headers: { 'retry-after': '120' } });
    await trackMany(page, 2);
    await tracker.flush();
    await goOnline(page);
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });
    expect(faults.posts).toHaveLength(1);
    await passTimeUntil(page, faults, 'the events', async () => (await collector.count('visits')) === 2);
  });

  test('events are kept and sent again after answers that take none of them', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    await page.clock.install();
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: FLUSH_INTERVAL_MS },
      ...keepProblems,
    });
    const answers: Fault[] = [
      { status: 408 },
      { status: 429 },
      { status: 500, body: { message: 'No.', error_code: 'InternalError' } },
      { status: 502, ...someHtml },
      { status: 500, cors: false },
      { status: 200, ...someHtml },
      { status: 204 },
      ...[
        '',
        'null',
        '[]',
        '{}',
        '"visits"',
        '{"visits":true}',
        '{"visits":[]}',
        '{"visits":[null,1]}',
        '{"visits":[{"success":',
      ].map((body) => ({ status: 200, body })),
      { status: 200, body: '{"visits":[{"success":true},{"success":true}]}', cut: 'body' },
      { status: 400, ...someHtml },
    ];
    faults.next(...answers);
    expect(await trackMany(page, 2)).toEqual(['stored', 'stored']);
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 2, givenUp: 0 });
    await passTimeUntil(page, faults, 'the queue to be empty', async () => (await tracker.pending()) === 0);
    expect(faults.posts.length).toBeGreaterThan(answers.length);
    expect(await collector.count('visits')).toBe(2);
    expect(new Set(sentEvents(faults.posts).map(({ token }) => token)).size).toBe(2);
    expect(await tracker.problems()).toEqual([]);
  });

  test('a collector that only fails gets few requests', async ({ page, openTracker, faults }) => {
    await page.clock.install();
    const tracker = await openTracker(page, { options: { endpoint: faults.url, flushInterval: 0 }, ...keepProblems });
    faults.always({ status: 500 });
    // Ten minutes of a busy visitor.
    for (let second = 0; second < 600; second += 10) {
      await page.evaluate(() => window.tracker.track('visits', { page: 'home' }));
      await page.clock.fastForward(10_000);
    }
    // Waits of 1 to 2, 2 to 4, 4 to 8 … 150 to 300 seconds: about eleven requests, hardly ever twice as many.
    expect(faults.posts.length).toBeGreaterThan(2);
    expect(faults.posts.length).toBeLessThan(30);
    expect(await tracker.pending()).toBe(60);
    expect(await tracker.problems()).toEqual([]);
  });

  test('one poison event among 100 is found and reported, and the others arrive', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: FLUSH_INTERVAL_MS },
      ...keepProblems,
    });
    faults.always(({ body }) =>
      body.includes('"n":62,') ? { status: 400, body: { message: 'No.', error_code: 'InvalidBatchError' } } : undefined,
    );
    await trackMany(page, 100);
    expect(await tracker.flush()).toEqual({ delivered: 99, kept: 0, givenUp: 1 });
    expect(await collector.count('visits')).toBe(99);
    expect((await collector.events('visits')).map(({ n }) => n)).not.toContain(62);
    expect(await tracker.problems()).toEqual([
      {
        code: 'rejected',
        count: 1,
        collection: 'visits',
        status: 400,
        error: 'InvalidBatchError',
        host: new URL(faults.url).host,
      },
    ]);
    // Two requests for each halving of 100, and the first one.
    expect(faults.posts.length).toBeLessThanOrEqual(15);
  });

  test('a 400 of a proxy loses nothing and leads to few requests', async ({ page, openTracker, collector, faults }) => {
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: FLUSH_INTERVAL_MS },
      ...keepProblems,
    });
    faults.always({ status: 400, ...someHtml });
    await trackMany(page, 100);
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 100, givenUp: 0 });
    expect(faults.posts.length).toBeLessThanOrEqual(8);
    expect(await tracker.problems()).toEqual([]);
    faults.always(undefined);
    await goOnline(page);
    await expect.poll(() => collector.count('visits')).toBe(100);
    await expect.poll(() => tracker.pending()).toBe(0);
  });

  test('after 413 only an event that is too large alone is given up', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: FLUSH_INTERVAL_MS },
      ...keepProblems,
    });
    faults.always(({ body }) => (body.length > 2_000 ? { status: 413, ...someHtml } : undefined));
    await page.evaluate(() => {
      for (let n = 0; n < 41; n++) void window.tracker.track('visits', { n, text: 'x'.repeat(n === 20 ? 5_000 : 50) });
    });
    expect(await tracker.flush()).toEqual({ delivered: 40, kept: 0, givenUp: 1 });
    expect(await collector.count('visits')).toBe(40);
    expect(await tracker.problems()).toEqual([
      expect.objectContaining({ code: 'rejected', count: 1, collection: 'visits', status: 413 }),
    ]);
  });

  test('large events go in several requests, none of which is too large', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: FLUSH_INTERVAL_MS },
      ...keepProblems,
    });
    await trackMany(page, 100, { text: 'x'.repeat(9_900) });
    expect(await tracker.flush()).toEqual({ delivered: 100, kept: 0, givenUp: 0 });
    expect(await collector.count('visits')).toBe(100);
    for (const { body } of faults.posts) expect(body.length).toBeLessThan(291_000);
    // Greedy packing: three requests of 28 events, and one with the rest.
    expect(faults.posts.length).toBe(4);
  });

  test('an event that the collector refuses for good is reported, and the others arrive', async ({
    page,
    openTracker,
    collector,
  }) => {
    const tracker = await openTracker(page, { options: { flushInterval: FLUSH_INTERVAL_MS }, ...keepProblems });
    await page.evaluate(() => {
      for (const [collection, event] of [
        ['visits', { n: 0 }],
        ['visits', { text: 'x'.repeat(10_000) }],
        ['purchases', { 'a.b': 1 }],
        ['visits', { list: [{ n: 1 }] }],
        ['visits', { n: 1 }],
        ['purchases', { item: 'stamp' }],
        ['visits', { n: 2, keen: { shoe_size: 42 } }],
      ] as const) {
        void window.tracker.track(collection, event as object);
      }
    });
    expect(await tracker.flush()).toEqual({ delivered: 3, kept: 0, givenUp: 4 });
    expect((await collector.events('visits')).map(({ n }) => n)).toEqual([0, 1]);
    expect(await collector.count('purchases')).toBe(1);
    const rejected = (collection: string, error: string) => ({
      code: 'rejected',
      count: 1,
      collection,
      status: 200,
      error,
      host: new URL(collector.url).host,
    });
    const problems = await tracker.problems();
    expect(problems).toHaveLength(4);
    expect(problems).toEqual(
      expect.arrayContaining([
        rejected('visits', 'InvalidPropertyValueError'),
        rejected('visits', 'ListsOfNonPrimitivesNotAllowedError'),
        rejected('visits', 'InvalidKeenNamespaceProperty'),
        rejected('purchases', 'InvalidPropertyNameError'),
      ]),
    );
  });

  test('an event that the collector cannot take now is kept, and sent again later', async ({
    page,
    openTracker,
    collector,
    faults,
  }) => {
    await page.clock.install();
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, flushInterval: FLUSH_INTERVAL_MS },
      ...keepProblems,
    });
    const failed = { success: false, error: { name: 'StorageBusyError', description: 'Later.' } };
    faults.next({ status: 200, body: { visits: [{ success: true }, failed, { success: false }, { success: true }] } });
    await trackMany(page, 4);
    await page.clock.fastForward(FLUSH_INTERVAL_MS);
    await expect.poll(() => tracker.pending()).toBe(2);
    await passTimeUntil(page, faults, 'the events', async () => (await collector.count('visits')) === 2);
    expect((await collector.events('visits')).map(({ n }) => n)).toEqual([1, 2]);
    await expect.poll(() => tracker.pending()).toBe(0);
    expect(await tracker.problems()).toEqual([]);
  });
});
