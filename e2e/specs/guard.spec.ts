// In a page: a key that is no Write key starts nothing, and the page goes on. Which keys those are is the unit tests' table.
import type { TrackerOptions } from '../../src/types.ts';
import { type Collector, expect, inBothDeliveries, test, until } from '../fixtures/test.ts';

type Keys = Collector['keys'];

/** What somebody pasted, beside a good Write key or instead of it. */
const refused: [what: string, options: (keys: Keys) => Record<string, unknown>][] = [
  ['a Read key as readKey', ({ read }) => ({ readKey: read })],
  ['a Master key as masterKey', ({ master }) => ({ masterKey: master })],
  ['a Read key in another spelling', ({ read }) => ({ read_key: read })],
  ['a Read key as writeKey', ({ read }) => ({ writeKey: read })],
  ['a Master key as writeKey', ({ master }) => ({ writeKey: master })],
  ['a Master key without its label as writeKey', ({ master }) => ({ writeKey: master.slice('master_'.length) })],
];

/** Everything that a site may call without asking whether the tracker has started. */
async function callAll() {
  const { mailslot } = window as unknown as { mailslot: Window['tracker']['track'] & Window['tracker'] };
  const outcomes = [mailslot('visits', { page: 'home' }), mailslot(undefined as never, undefined as never)];
  mailslot.setWriteKey('another');
  await Promise.all([mailslot.setConsent('granted'), mailslot.flush(), mailslot.pending(), mailslot.close()]);
  return Promise.all(outcomes);
}

/** Puts one request of the test's own behind all that the page may have sent, and returns what came before it. */
async function requestsUntilNow(collector: Collector) {
  await collector.request('/events');
  const own = await until('its own request', () => collector.log.find(({ method }) => method === 'GET'));
  return collector.log.slice(0, collector.log.indexOf(own));
}

inBothDeliveries((delivery) => {
  test('a key that is no Write key starts nothing, and the page goes on', async ({ page, openTracker, collector }) => {
    for (const [index, [what, options]] of refused.entries()) {
      await test.step(what, async () => {
        const tracker = await openTracker(page, {
          path: `/${index}.html`,
          wait: false,
          early: `mailslot('visits', { page: 'home' });`,
          options: { flushInterval: 0, ...(options(collector.keys) as Partial<TrackerOptions>) },
        });
        await expect.poll(() => tracker.messages, { message: what }).toHaveLength(1);
        const [said = ''] = tracker.messages;
        expect(said).toMatch(delivery === 'script' ? /^error: KeyError: / : /^uncaught: KeyError: /);
        expect(said).toContain('writeKey');
        for (const key of Object.values(collector.keys)) {
          expect(said.includes(key.slice(key.indexOf('_') + 1)), 'the console shows the key').toBe(false);
        }

        // The site's own code calls all the same, and stays alive.
        if (delivery === 'script') expect(await page.evaluate(callAll)).toEqual(['dropped', 'dropped']);
        await page.evaluate(() => ['online', 'pagehide', 'pageshow'].map((type) => dispatchEvent(new Event(type))));
        expect(await page.evaluate(() => indexedDB.databases())).toEqual([]);
        expect(tracker.messages).toHaveLength(1);
      });
    }
    expect(await requestsUntilNow(collector)).toEqual([]);
  });
});
