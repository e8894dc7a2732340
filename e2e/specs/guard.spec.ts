// The key guard in a page: a key that is not a Write key starts no tracker, and the page works on. Unit tests list such
// keys.
import type { TrackerOptions } from '../../src/types.ts';
import { type Collector, expect, inBothDeliveries, test, until } from '../fixtures/test.ts';

type Keys = Collector['keys'];

/** Options with a wrong key, in addition to a Write key or instead of it. */
const refused: [what: string, options: (keys: Keys) => Record<string, unknown>][] = [
  ['a Read key as readKey', ({ read }) => ({ readKey: read })],
  ['a Master key as masterKey', ({ master }) => ({ masterKey: master })],
  ['a Read key in another spelling', ({ read }) => ({ read_key: read })],
  ['a Read key as writeKey', ({ read }) => ({ writeKey: read })],
  ['a Master key as writeKey', ({ master }) => ({ writeKey: master })],
  ['a Master key without its label as writeKey', ({ master }) => ({ writeKey: master.slice('master_'.length) })],
];

/** Calls every method, as a site does that does not know whether the tracker has started. */
async function callAll() {
  const { mailslot } = window as unknown as { mailslot: Window['tracker']['track'] & Window['tracker'] };
  const outcomes = [mailslot('visits', { page: 'home' }), mailslot(undefined as never, undefined as never)];
  mailslot.setWriteKey('another');
  await Promise.all([mailslot.setConsent('granted'), mailslot.flush(), mailslot.pending(), mailslot.close()]);
  return Promise.all(outcomes);
}

/** The page's requests so far: those before a request of the test. */
async function requestsUntilNow(collector: Collector) {
  await collector.request('/events');
  const own = await until('its own request', () => collector.log.find(({ method }) => method === 'GET'));
  return collector.log.slice(0, collector.log.indexOf(own));
}

inBothDeliveries((delivery) => {
  test('a key that is not a Write key starts no tracker, and the page works on', async ({
    page,
    openTracker,
    collector,
  }) => {
    for (const [index, [what, options]] of refused.entries()) {
      await test.step(what, async () => {
        const tracker = await openTracker(page, {
          path: `/${index}.html`,
          wait: false,
          early: `mailslot('visits', { page: 'home' });`,
          options: { flushInterval: 0, ...(options(collector.keys) as Partial<TrackerOptions>) },
        });
        await expect.poll(() => tracker.messages, { message: what }).toHaveLength(1);
        const [message = ''] = tracker.messages;
        expect(message).toMatch(delivery === 'script' ? /^error: KeyError: / : /^uncaught: KeyError: /);
        expect(message).toContain('writeKey');
        for (const key of Object.values(collector.keys)) {
          expect(message.includes(key.slice(key.indexOf('_') + 1)), 'the console shows the key').toBe(false);
        }

        // The site's calls still work.
        if (delivery === 'script') expect(await page.evaluate(callAll)).toEqual(['dropped', 'dropped']);
        await page.evaluate(() => ['online', 'pagehide', 'pageshow'].map((type) => dispatchEvent(new Event(type))));
        expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
        expect(tracker.messages).toHaveLength(1);
      });
    }
    expect(await requestsUntilNow(collector)).toEqual([]);
  });
});
