// The page that the other specs use: a tracker in both deliveries, on a page with and without a strict policy.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../fixtures/paths.ts';
import { expect, inBothDeliveries, test } from '../fixtures/test.ts';

inBothDeliveries((delivery) => {
  test('an event tracked in the page is in the database', async ({ page, openTracker, collector }) => {
    const tracker = await openTracker(page);
    expect(await tracker.track('purchases', { item: 'stamp', price: 1.2 })).toBe('stored');
    expect(await tracker.flush()).toEqual({ delivered: 1, kept: 0, givenUp: 0 });
    expect(await tracker.pending()).toBe(0);
    expect(await collector.events('purchases')).toEqual([expect.objectContaining({ item: 'stamp', price: 1.2 })]);
    expect(tracker.messages).toEqual([]);
  });

  test('the tracker starts under a strict policy', async ({ page, openTracker, collector, site }) => {
    const hashes = JSON.parse(readFileSync(join(root, 'dist/integrity.json'), 'utf8')) as Record<string, string>;
    const tracker = await openTracker(page, {
      integrity: true,
      headers: {
        'Content-Security-Policy': [
          `default-src 'none'`,
          // All scripts except for the inline stub are files of the site.
          `script-src ${site.url} '${hashes['stub.js']}'`,
          `connect-src ${collector.url}`,
          `img-src data:`,
          `require-trusted-types-for 'script'`,
        ].join('; '),
      },
    });
    expect(await tracker.track('visits', { page: 'strict' })).toBe('stored');
    expect(await tracker.flush()).toMatchObject({ delivered: 1 });
    expect(await collector.count('visits')).toBe(1);
    expect(tracker.messages).toEqual([]);
  });

  test('the tracker does not start with a Read key', async ({ page, openTracker, collector }) => {
    const tracker = await openTracker(page, { wait: false, options: { writeKey: collector.keys.read } });
    await expect.poll(() => tracker.messages).toEqual([expect.stringContaining('KeyError')]);
    expect(tracker.messages.join()).not.toContain(collector.keys.read);
    expect(collector.log).toEqual([]);
  });

  test(
    delivery === 'script' ? 'calls before the script has loaded count' : 'hooks can be set',
    async ({ page, openTracker, collector }) => {
      const tracker = await openTracker(page, {
        early: `mailslot('visits', { page: 'early' })`,
        setup: `options.beforeTrack = (event) => ({ ...event, page: 'early' })`,
      });
      if (delivery === 'npm') await tracker.track('visits', { page: 'late' });
      await tracker.flush();
      expect(await collector.events('visits')).toEqual([expect.objectContaining({ page: 'early' })]);
    },
  );
});
