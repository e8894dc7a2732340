// What the collector's limits do to a tracker: it waits as long as it is told, and loses nothing.
import { expect, inBothDeliveries, test, until } from '../fixtures/test.ts';

/** Ten requests in ten seconds. */
const ALLOWED = 10;
const EVENTS = 13;
test.use({ collectorSettings: { RATE_BY_KEY: '1' } });

inBothDeliveries(() => {
  test('a tracker over its key’s rate waits as it is told, and each of its events arrives once', async ({
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
    // It asked once, and then not before it was told to.
    expect(sent().filter((status) => status === 429)).toHaveLength(1);
    const numbers = (await collector.events('things')).map(({ n }) => n as number);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
    await expect.poll(() => tracker.pending()).toBe(0);
  });
});
