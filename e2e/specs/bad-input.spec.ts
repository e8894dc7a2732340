// Bad arguments of `track()`: nothing is thrown, each is reported once, and the other events arrive.
import type { Page } from 'playwright/test';
import type { Problem } from '../../src/types.ts';
import { expect, inBothDeliveries, keepProblems, NO_FLUSH_MS, test, upTo } from '../fixtures/test.ts';

/** The outcome of a bad call to `track()`. */
interface Attempt {
  what: string;
  outcome: string;
  problems: Problem[];
}

/** Tracks one bad event after the other, each in one task with a good one. */
function trackBadEvents(page: Page): Promise<Attempt[]> {
  return page.evaluate(async () => {
    const text = 'PRIVATE';
    const cycle: Record<string, unknown> = { text };
    cycle['cycle'] = { cycle };
    const event = { text };
    const { proxy: revokedProxy, revoke } = Proxy.revocable(event, {});
    revoke();
    const badCalls: [what: string, collection: unknown, event: unknown][] = [
      ['no collection', undefined, event],
      ['null as collection', null, event],
      ['a number as collection', 42, event],
      ['an object as collection', {}, event],
      ['a list as collection', ['visits'], event],
      ['a symbol as collection', Symbol('visits'), event],
      ['an empty collection', '', event],
      ['a collection with $', 'vi$its', event],
      ['a collection that starts with _', '_visits', event],
      ['a collection that starts with .', '.visits', event],
      ['a collection that ends with .', 'visits.', event],
      ['a collection of 65 characters', 'v'.repeat(65), event],
      ['a collection beyond ASCII', 'visité', event],
      ['a collection with a line break', 'visits\n', event],
      ['no event', 'visits', undefined],
      ['null', 'visits', null],
      ['a string', 'visits', text],
      ['a number', 'visits', 42],
      ['a list', 'visits', [event]],
      ['a function', 'visits', () => event],
      ['a date', 'visits', new Date()],
      ['an empty object', 'visits', {}],
      ['a map', 'visits', new Map([['text', text]])],
      ['only functions and undefined', 'visits', { run() {}, nothing: undefined, [Symbol('text')]: text }],
      ['a cycle', 'visits', cycle],
      ['a BigInt', 'visits', { text, n: 1n }],
      [
        'a getter that throws',
        'visits',
        {
          text,
          get broken() {
            throw new Error('getter');
          },
        },
      ],
      [
        'a toJSON that throws',
        'visits',
        {
          text,
          toJSON() {
            throw new Error('toJSON');
          },
        },
      ],
      ['a toJSON that makes a string', 'visits', { text, toJSON: () => 'text' }],
      [
        'a proxy that throws',
        'visits',
        new Proxy(event, {
          ownKeys() {
            throw new Error('proxy');
          },
        }),
      ],
      ['a revoked proxy', 'visits', revokedProxy],
      ['900,001 bytes', 'visits', { text: 'x'.repeat(900_001 - '{"text":""}'.length) }],
      ['300,001 characters of three bytes', 'visits', { text: '€'.repeat(300_001) }],
    ];
    const { problems, tracker } = window;
    const attempts: Attempt[] = [];
    for (const [n, [what, collection, bad]] of badCalls.entries()) {
      const before = problems.length;
      let outcome: string;
      try {
        const promise = tracker.track(collection as string, bad as object);
        void tracker.track('visits', { n });
        outcome = await promise;
      } catch (error) {
        outcome = String(error);
      }
      attempts.push({ what, outcome, problems: problems.slice(before) });
    }
    return attempts;
  });
}

inBothDeliveries((delivery) => {
  test('a bad event is dropped and reported once, and the others arrive', async ({ page, openTracker, collector }) => {
    const tracker = await openTracker(page, { options: { flushInterval: NO_FLUSH_MS }, ...keepProblems });
    const attempts = await trackBadEvents(page);
    for (const { what, outcome, problems } of attempts) {
      expect(outcome, what).toBe('dropped');
      expect(problems, what).toEqual([expect.objectContaining({ code: 'invalid_event', count: 1 })]);
    }
    expect(await tracker.flush()).toEqual({ delivered: attempts.length, kept: 0, givenUp: 0 });
    expect((await collector.events('visits')).map(({ n }) => n)).toEqual(upTo(attempts.length));
    expect(JSON.stringify(attempts)).not.toContain('PRIVATE');
    expect(tracker.messages.join()).not.toContain('PRIVATE');
  });

  test('unusual events and names within the limits are taken', async ({ page, openTracker, collector }) => {
    const tracker = await openTracker(page, { options: { flushInterval: NO_FLUSH_MS }, ...keepProblems });
    const long = 'v'.repeat(64);
    expect(await tracker.track(long, { n: 0 })).toBe('stored');
    expect(await tracker.track(' !"#%&\'()*+,-/:;<=>?@[]^`{|}~ a._b', { n: 0 })).toBe('stored');
    const outcomes = await page.evaluate(async () => {
      class Visit {
        page = 'home';
        when = new Date(0);
        get visible() {
          return true;
        }
      }
      const frozen = Object.freeze({ page: 'home' });
      const changed: { page: string; list: number[] } = { page: 'home', list: [1] };
      const promises = [
        new Visit(),
        frozen,
        Object.assign(Object.create(null), { page: 'home' }),
        { toJSON: () => ({ page: 'home' }) },
        { page: 'home', keen: { timestamp: '2020-01-02T03:04:05.678Z' } },
        changed,
      ].map((event) => window.tracker.track('visits', event as object));
      // A change after `track()` must not change the event.
      changed.page = 'changed';
      changed.list.push(2);
      return Promise.all(promises);
    });
    expect(outcomes).toEqual(Array(6).fill('stored'));
    expect(await tracker.flush()).toEqual({ delivered: 8, kept: 0, givenUp: 0 });
    expect(await collector.count(long)).toBe(1);
    const visits = await collector.events('visits');
    expect(visits.map((event) => event['page'])).toEqual(Array(6).fill('home'));
    expect(visits[0]).toMatchObject({ when: '1970-01-01T00:00:00.000Z' });
    expect(visits[4]!.keen.timestamp).toBe('2020-01-02T03:04:05.678Z');
    expect(visits[5]).toMatchObject({ list: [1] });
    expect(await tracker.problems()).toEqual([]);
  });

  test('without onError the console gets a warning that does not show the event', async ({
    page,
    openTracker,
    collector,
  }) => {
    const tracker = await openTracker(page);
    await page.evaluate(() => {
      void window.tracker.track('_visits', { text: 'PRIVATE' });
      void window.tracker.track('visits', { n: 0 });
    });
    await tracker.flush();
    expect(await collector.count('visits')).toBe(1);
    expect(tracker.messages).toEqual([expect.stringMatching(/^warning: .*invalid_event/)]);
    expect(tracker.messages.join()).not.toContain('PRIVATE');
  });

  test('an onError or a console that throws has no effect', async ({ page, openTracker, collector, faults }) => {
    const tracker = await openTracker(page, {
      options: { endpoint: faults.url, writeKey: 'write_wrong' },
      setup: `options.onError = () => { throw new Error('handler'); };`,
      early: `console.warn = () => { throw new Error('console'); };`,
    });
    expect(await tracker.track('_visits', { n: 0 })).toBe('dropped');
    expect(await tracker.track('visits', { n: 1 })).toBe('stored');
    // The wrong key pauses the tracker, which is reported too.
    expect(await tracker.flush()).toEqual({ delivered: 0, kept: 1, givenUp: 0 });
    await tracker.setWriteKey(collector.keys.write);
    await tracker.track('visits', { 'a.b': 'rejected' });
    await tracker.track('visits', { n: 2 });
    await tracker.flush();
    await expect.poll(() => tracker.pending()).toBe(0);
    expect((await collector.events('visits')).map(({ n }) => n)).toEqual([1, 2]);
  });

  if (delivery === 'npm') {
    test('a hook that throws drops the event with a report; a hook that refuses drops it without one', async ({
      page,
      openTracker,
      collector,
    }) => {
      const tracker = await openTracker(page, {
        setup: `${keepProblems.setup}
          options.extend = (collection) => { if (collection === 'broken') throw new Error('extend'); return { site: 'a', n: -1 }; };
          options.beforeTrack = (event, collection) => {
            if (event.n === 1) throw new Error('beforeTrack');
            if (event.n === 2) return null;
            if (event.n === 3) return false;
            if (event.n === 4) return 'text';
            if (event.n === 5) return {};
            if (event.n === 6) return { ...event, n: 60 };
            delete event.secret;
          };`,
      });
      expect(await tracker.track('broken', { n: 0 })).toBe('dropped');
      const outcomes: string[] = [];
      for (let n = 0; n < 7; n++) outcomes.push(await tracker.track('visits', { n, secret: 'PRIVATE' }));
      expect(outcomes).toEqual(['stored', 'dropped', 'dropped', 'dropped', 'dropped', 'dropped', 'stored']);
      expect((await tracker.problems()).map(({ code, count }) => [code, count])).toEqual(
        Array(4).fill(['invalid_event', 1]),
      );
      await tracker.flush();
      const visits = await collector.events('visits');
      expect(visits.map(({ n, site }) => [n, site])).toEqual([
        [0, 'a'],
        [60, 'a'],
      ]);
      expect(visits[0]).not.toHaveProperty('secret');
    });
  }
});
