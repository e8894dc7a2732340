// The tracker under the collector's rate limits: it waits as long as the collector asks, and loses nothing.
import { expect, inBothDeliveries, recordedNumbers, test, until, upTo } from '../fixtures/test.ts';

/** Requests that one per second allows in ten seconds. */
const ALLOWED = 10;
const EVENTS = 13;
test.use({ collectorSettings: { RATE_BY_KEY: '1' } });

inBothDeliveries(() => {
  test('a tracker over the rate limit of its key waits as asked, and each event arrives once', async ({
    page,
    collector,
    openTracker,
  }) => {
    const tracker = await openTracker(page, { options: { maxBatch: 1, flushInterval: 0 } });
    const sent = () => collector.log.filter(({ method }) => method === 'POST').map(({ status }) => status);
    for (let n = 0; n < EVENTS; n++) expect(await tracker.track('things', { n })).toBe('stored');
    await until('a request to be refused', () => sent().includes(429));
    expect(await tracker.pending()).toBe(EVENTS - ALLOWED);

    await until('all events to arrive', () => sent().filter((status) => status === 200).length === EVENTS, 30_000);
    // One request was refused, and the next one came after the wait.
    expect(sent().filter((status) => status === 429)).toHaveLength(1);
    expect(await recordedNumbers(collector, 'things')).toEqual(upTo(EVENTS));
    await expect.poll(() => tracker.pending()).toBe(0);
  });
});
