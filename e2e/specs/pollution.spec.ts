// The whole journey of a visitor (stub, script tag, import, consent, delivery, the end of a page) in pages that other
// scripts have changed.
import { expect } from 'playwright/test';
import { until } from '../../scripts/testing/until.ts';
import { type Collector, startCollector } from '../fixtures/collector.ts';
import { type Faults, startFaults } from '../fixtures/faults.ts';
import { lend, withServers } from '../fixtures/servers.ts';
import { problemsOf } from '../pollution/check.ts';
import { delayAnswers, inPage, makeJourney, readTravelogue } from '../pollution/journey.ts';
import { pollutions } from '../pollution/pollutions.ts';
import { USES } from '../pollution/uses.ts';
import type { Browser } from '../reliability/engines/engine.ts';
import { engineNames, findEngine } from '../reliability/engines/engines.ts';

/** The longest journey of three pages; each of a page's waits has its own limit. */
const JOURNEY_MS = 120_000;
const TEST_MS = 180_000;
const chosen = process.env['MAILSLOT_ENGINES']?.split(',') ?? ['chromium'];

/** A browser and a collector for all journeys of a worker; each journey has its own origin and its own collection. */
const test = withServers.extend<
  object,
  {
    shared: { collector: Collector; faults: Faults };
    browserOf: (name: (typeof engineNames)[number]) => Promise<Browser>;
  }
>({
  shared: [
    async ({}, use) => {
      const collector = await startCollector();
      const faults = await startFaults(() => collector.url);
      delayAnswers(faults);
      await lend(
        { collector, faults, close: async () => void (await Promise.all([faults.close(), collector.close()])) },
        use,
      );
    },
    { scope: 'worker' },
  ],
  browserOf: [
    async ({}, use) => {
      const started = new Map<string, Promise<Browser>>();
      await use((name) => {
        const browser = started.get(name) ?? findEngine(name)!.start();
        started.set(name, browser);
        return browser;
      });
      for (const browser of started.values()) await (await browser).close();
    },
    { scope: 'worker' },
  ],
});

for (const name of engineNames) {
  if (!chosen.includes(name)) continue;
  for (const [index, pollution] of pollutions.entries()) {
    // Each has the same journey, so a run of all tests takes every third; `npm run pollution` takes all.
    if (!process.env['MAILSLOT_ENGINES'] && index % 3) continue;
    test(`${name}: ${pollution.name}`, async ({ browserOf, shared, site }) => {
      test.setTimeout(TEST_MS);
      test.skip(!findEngine(name), `no ${name} could be installed here`);
      const { collector, faults } = shared;
      const collection = `${name}_${index}`;
      const tab = await (await browserOf(name)).open(makeJourney({ ...shared, site }, pollution, collection));
      try {
        await until('the journey to end', () => readTravelogue(site).done, JOURNEY_MS).catch(() => {});
      } finally {
        await tab.close().catch(() => {});
      }
      expect(await problemsOf(readTravelogue(site), { pollution, collection, collector, faults })).toEqual([]);
    });
  }
}

test('the list of what mailslot uses is complete', async ({ browserOf, shared, site }) => {
  test.setTimeout(TEST_MS);
  const pollution = { name: 'a recorder', script: inPage('record.js') };
  const tab = await (await browserOf('chromium')).open(makeJourney({ ...shared, site }, pollution, 'recorded'));
  await until('the journey to end', () => readTravelogue(site).done, JOURNEY_MS);
  await tab.close();
  const { uses } = readTravelogue(site);
  expect({
    missing: uses.filter((path) => !USES.includes(path)),
    unused: USES.filter((path) => !uses.includes(path)),
  }).toEqual({ missing: [], unused: [] });
});
