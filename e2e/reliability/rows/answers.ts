// The collector, or whatever stands in front of it, answers something else than it should.
import { expect } from 'playwright/test';
import type { Fault, SeenRequest } from '../../fixtures/faults.ts';
import { until } from '../../fixtures/until.ts';
import type { Tab } from '../engines/engine.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';

const flush = (tab: Tab) => tab.evaluate(() => window.tracker.flush(), undefined);

/** Without a visit in between: the page that was refused asks again. */
const untilSentByItself = (tab: Tab) =>
  until(
    'the page to send by itself',
    () => tab.evaluate(async () => !(await window.tracker.pending()), undefined),
    90_000,
  );

/** Refuses the first request of each round of 500, and waits; `earliest` says from the fault and its time when the next one may come. */
const refused = (name: string, fault: () => Fault, earliest: (refused: SeenRequest, fault: Fault) => number): Row => ({
  name,
  async run(lab) {
    const tab = await lab.open(lab.page());
    for (const _ of [0, 1]) {
      const asked = lab.faults.posts.length;
      const made = fault();
      lab.faults.next(made);
      await lab.track(tab, 500);
      await flush(tab);
      await untilSentByItself(tab);
      const [first, second] = lab.faults.posts.slice(asked);
      expect(second!.at).toBeGreaterThanOrEqual(earliest(first!, made));
      expect(lab.faults.posts.length).toBe(asked + 2);
    }
  },
});

/** Whether the events in a body have this number among them. */
const carries = (body: string, n: number) => body.includes(`"n":${n},`);

async function roundsOf500(lab: Lab, before: (from: number) => void) {
  const tab = await lab.open(lab.page());
  for (const round of [0, 1]) {
    before(round * 500);
    await lab.track(tab, 500);
    await flush(tab);
  }
  return tab;
}

export const answers: readonly Row[] = [
  // The page's clock and the proxy's may differ by a little.
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
      await roundsOf500(lab, () => {});
      expect(lab.faults.posts.filter(({ outcome }) => outcome === 413).length).toBeGreaterThan(0);
    },
  },
  {
    name: '400 with one poison event among 500',
    async run(lab) {
      const poison = [62, 900];
      lab.faults.always(({ body }) =>
        poison.some((n) => carries(body, n))
          ? { status: 400, body: { message: 'No.', error_code: 'InvalidBatchError' } }
          : undefined,
      );
      await roundsOf500(lab, () => {});
      // In halves, and one more where a number is odd: some three for each time that 500 can be halved, for each of the two.
      expect(lab.faults.posts.length).toBeLessThanOrEqual(2 * 28);
      await lab.settle();
      expect(lab.givenUp).toBe(2);
    },
  },
  {
    name: 'some refused for good, some taken and said to have failed',
    async run(lab) {
      const tab = await lab.open(lab.page());
      // The collector's own word: a text of 10,000 characters is too long.
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
      // It has taken all, and says of every second that it could not.
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
      // Half a minute of patience; in `npm test` a second and a half.
      const impatient = lab.whole
        ? ''
        : `{ const { timeout } = AbortSignal; AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 20); }`;
      const tab = await lab.open(lab.page({ setup: impatient, early: impatient }));
      lab.faults.next({ hang: true });
      await lab.track(tab, 500);
      await tab.evaluate(() => void window.tracker.flush(), undefined);
      await until('the request that hangs', () => lab.faults.posts[0]?.outcome === 'hanging');
      await lab.track(tab, 500);
      await untilSentByItself(tab);
    },
  },
  {
    name: 'redirect to another origin',
    byEngine: true,
    async run(lab) {
      const elsewhere = `${lab.site.otherUrl}/elsewhere`;
      const statuses = [301, 302, 303, 307, 308];
      lab.faults.next(...statuses.map((status) => ({ status, headers: { location: elsewhere } })));
      const tab = await lab.open(lab.page());
      while (lab.accepted.size < 1000) await lab.track(tab, 250);
      await until('all redirects', async () => {
        // As if the network came back, which ends the wait.
        await tab.evaluate(() => void dispatchEvent(new Event('online')), undefined);
        return lab.faults.posts.length > statuses.length;
      });
      await untilSentByItself(tab);
      // Neither the key nor anything else has followed.
      expect(
        lab.site.requests.filter(({ path, headers }) => path.startsWith('/elsewhere') || headers.authorization),
      ).toEqual([]);
    },
  },
];
