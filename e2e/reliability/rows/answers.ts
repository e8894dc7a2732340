// Faulty answers of the collector, or of a proxy in front of it.
import { expect } from 'playwright/test';
import { until } from '../../../scripts/testing/until.ts';
import type { Fault, SeenRequest } from '../../fixtures/faults.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';
import { flush, startFlush, untilSent } from '../tracker-calls.ts';

/** The longest that a row waits for a page to retry, in milliseconds. */
const RETRY_TIMEOUT_MS = 90_000;

/**
 * Two rounds of 500 events. The first request of each is refused, and the page must retry on its own. `earliest` is the
 * earliest time of the retry.
 */
const refused = (name: string, fault: () => Fault, earliest: (refused: SeenRequest, fault: Fault) => number): Row => ({
  name,
  async run(lab) {
    const tab = await lab.open(lab.page());
    for (const _ of [0, 1]) {
      const before = lab.faults.posts.length;
      const refusal = fault();
      lab.faults.next(refusal);
      await lab.track(tab, 500);
      await flush(tab);
      await untilSent(tab, RETRY_TIMEOUT_MS);
      const [first, second] = lab.faults.posts.slice(before);
      expect(second!.at).toBeGreaterThanOrEqual(earliest(first!, refusal));
      expect(lab.faults.posts.length).toBe(before + 2);
    }
  },
});

/** Whether a body has the event with this number. */
const hasEvent = (body: string, n: number) => body.includes(`"n":${n},`);

/** Two rounds of 500 events, each flushed. */
async function trackTwice500(lab: Lab) {
  const tab = await lab.open(lab.page());
  for (const _ of [0, 1]) {
    await lab.track(tab, 500);
    await flush(tab);
  }
}

export const answers: readonly Row[] = [
  // The clocks of page and proxy can differ a little.
  refused(
    '503 with Retry-After in seconds',
    () => ({ status: 503, headers: { 'retry-after': '2' } }),
    ({ at }) => at + 1900,
  ),
  refused(
    '503 with Retry-After as a date',
    () => ({ status: 503, headers: { 'retry-after': new Date(Date.now() + 3000).toUTCString() } }),
    (_, { headers }) => Date.parse(headers!['retry-after']!) - 100,
  ),
  refused(
    '429',
    () => ({ status: 429 }),
    ({ at }) => at,
  ),
  {
    name: '413 for all that is large',
    async run(lab) {
      lab.faults.always(({ body }) => (body.length > 20_000 ? { status: 413 } : undefined));
      await trackTwice500(lab);
      expect(lab.faults.posts.filter(({ outcome }) => outcome === 413).length).toBeGreaterThan(0);
    },
  },
  {
    name: '400 with one poison event among 500',
    async run(lab) {
      const poison = [62, 900];
      lab.faults.always(({ body }) =>
        poison.some((n) => hasEvent(body, n))
          ? { status: 400, body: { message: 'No.', error_code: 'InvalidBatchError' } }
          : undefined,
      );
      await trackTwice500(lab);
      // For each of the two poison events: about three requests per halving of 500.
      expect(lab.faults.posts.length).toBeLessThanOrEqual(2 * 28);
      await lab.settle();
      expect(lab.givenUp).toBe(2);
    },
  },
  {
    name: 'some refused for good, some taken and said to have failed',
    async run(lab) {
      const tab = await lab.open(lab.page());
      // The collector itself refuses a text of 10,000 characters.
      const from = lab.numbers(500);
      await tab.evaluate(
        ({ first, end }) => {
          for (let n = first; n < end; n++)
            void window.tracker.track('visits', { n, text: n % 100 ? 'short' : 'x'.repeat(10_000) });
        },
        { first: from, end: from + 500 },
      );
      lab.accept(from, 500);
      await flush(tab);
      // The collector takes all events, and the answer says that every second one has failed.
      lab.faults.next({
        forward: true,
        status: 200,
        body: {
          visits: Array.from({ length: 500 }, (_, index) =>
            index % 2 ? { success: true } : { success: false, error: { name: 'StorageBusyError' } },
          ),
        },
      });
      await lab.track(tab, 500);
      await flush(tab);
      await lab.settle();
      expect(lab.givenUp).toBe(5);
    },
  },
  {
    name: 'answer that never comes',
    async run(lab) {
      // The tracker's timeout is 30 s; in `npm test` it is shortened to 1.5 s.
      const shortTimeout = lab.whole
        ? ''
        : `{ const { timeout } = AbortSignal; AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 20); }`;
      const tab = await lab.open(lab.page({ setup: shortTimeout, early: shortTimeout }));
      lab.faults.next({ hang: true });
      await lab.track(tab, 500);
      await startFlush(tab);
      await until('the request that hangs', () => lab.faults.posts[0]?.outcome === 'hanging');
      await lab.track(tab, 500);
      await untilSent(tab, RETRY_TIMEOUT_MS);
    },
  },
  {
    name: 'redirect to another origin',
    engineSpecific: true,
    async run(lab) {
      const elsewhere = `${lab.site.otherUrl}/elsewhere`;
      const statuses = [301, 302, 303, 307, 308];
      lab.faults.next(...statuses.map((status) => ({ status, headers: { location: elsewhere } })));
      const tab = await lab.open(lab.page());
      while (lab.accepted.size < 1000) await lab.track(tab, 250);
      await until('all redirects', async () => {
        // The return of the network ends the wait.
        await tab.evaluate(() => void dispatchEvent(new Event('online')), undefined);
        return lab.faults.posts.length > statuses.length;
      });
      await untilSent(tab, RETRY_TIMEOUT_MS);
      // The key and the events must not follow the redirect.
      expect(
        lab.site.requests.filter(({ path, headers }) => path.startsWith('/elsewhere') || headers.authorization),
      ).toEqual([]);
    },
  },
];
