// The fault matrix: each row in each engine. `npm run reliability` runs all of it and writes the table; `npm test` runs
// a part.
import { expect } from 'playwright/test';
import { UnavailableError } from '../../scripts/cluster/packages.mjs';
import { startClusterCollector } from '../fixtures/cluster-collector.ts';
import { startFaults } from '../fixtures/faults.ts';
import { withServers } from '../fixtures/servers.ts';
import type { Browser } from './engines/engine.ts';
import { engineNames, findEngine } from './engines/engines.ts';
import { createLab } from './lab.ts';
import { longestTask } from './longest-task.ts';
import { writeResult } from './result.ts';
import { rows } from './rows.ts';
import { tallyOf } from './tally.ts';

const whole = Boolean(process.env.MAILSLOT_WHOLE);
const MINUTE_MS = 60_000;
/** The longest task that a page may have. */
const MAX_TASK_MS = 50;

/** An engine's browser is started once per worker, because each row has its own site and therefore its own origin. */
const test = withServers.extend<object, { browserOf: (name: (typeof engineNames)[number]) => Promise<Browser> }>({
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

async function startClusterOrSkip() {
  try {
    return await startClusterCollector();
  } catch (error) {
    test.skip(error instanceof UnavailableError, `no cluster can be had here: ${(error as Error).message}`);
    throw error;
  }
}

for (const name of engineNames) {
  const engine = findEngine(name);
  for (const row of rows) {
    if (row.cannot?.[name] || (name !== 'chromium' && !whole && !row.engineSpecific)) continue;
    test(`${name}: ${row.name}`, async ({ browserOf, collector, faults, site }, testInfo) => {
      test.skip(!engine, `no ${name} could be installed here`);
      test.skip(
        row.undriven === true && process.platform !== 'linux',
        'only Linux shows which processes a browser has',
      );
      test.skip(row.onCluster === true && !whole, 'a part of `npm run reliability`');
      test.setTimeout((whole ? 15 : 3) * MINUTE_MS);
      const cluster = row.onCluster ? await startClusterOrSkip() : undefined;
      const proxy = cluster ? await startFaults(() => cluster.url) : faults;
      const browser = row.settings
        ? await engine!.start(row.settings)
        : row.undriven
          ? undefined
          : await browserOf(name);
      const lab = createLab({ engine: engine!, browser, collector, cluster, faults: proxy, site, whole });
      try {
        const stopTrace = await browser?.trace?.();
        await row.run(lab);
        if (!lab.settled) await lab.settle();
        const tally = await tallyOf(lab, row.collections);
        const longest = stopTrace && longestTask(await stopTrace(), [site.url, site.otherUrl]);
        await writeResult(testInfo, {
          row: row.name,
          engine: name,
          version: browser?.version,
          ...tally,
          longest,
          notes: lab.notes,
        });
        expect(lab.reports('escaped')).toEqual([]);
        expect({ ...tally, accepted: tally.accepted > 0 }).toMatchObject({ accepted: true, lost: 0, countedTwice: 0 });
        if (longest) expect(longest.ms, longest.what).toBeLessThan(MAX_TASK_MS);
      } finally {
        await lab.close();
        if (cluster) {
          await proxy.close();
          await cluster.close();
        }
        if (row.settings) await browser?.close();
      }
    });
  }
}
