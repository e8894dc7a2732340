// npm run bench: what mailslot and its add-ons cost the page's main thread, beside a floor, measured in Chromium in one run.
//   npm run bench              30 rounds of each
//   npm run bench -- 100       100 rounds
//   npm run bench -- --addons  only the add-ons, beside the same page without them
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { provideBrowser } from '../../scripts/browsers.mjs';
import { root } from '../../scripts/install.mjs';
import { buildProject } from '../runner/commands.mjs';
import { measureAddons } from './addons.mjs';

const events = 1000;
const warmUps = 5;
const { values, positionals } = parseArgs({ options: { addons: { type: 'boolean' } }, allowPositionals: true });
const rounds = Number(positionals[0] ?? 30);
const highestRatio = 1.5;

buildProject('--package');
const { chromium } = await import('playwright');
const { build } = await import('esbuild');
const { executablePath, args } = provideBrowser('chromium');

const folder = join(root, 'e2e/results/bench');
await build({
  absWorkingDir: root,
  entryPoints: ['e2e/bench/floor.js', 'e2e/bench/mailslot.js', 'e2e/bench/addons.js'],
  outdir: folder,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});

const server = spawn(process.execPath, [join(root, 'e2e/bench/server.mjs'), folder], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath, args });
try {
  const [line] = await once(server.stdout, 'data');
  const { pages, collector } = JSON.parse(line);
  const isCheap = values.addons || (await measureTracker(pages, collector));
  const areCheap = await measureAddons({ browser, openPage, taskSeconds, quantile, url: `${pages}/addons`, rounds });
  process.exitCode = isCheap && areCheap ? 0 : 1;
} finally {
  await browser.close();
  server.kill();
}

/** Measures the tracker beside the floor, and prints the table; whether both ratios are low enough. */
async function measureTracker(pages, collector) {
  const query = new URLSearchParams({ collector, project: 'bench', key: 'write_bench' });
  const floor = await openPage(`${pages}/floor?${query}`);
  const mailslot = await openPage(`${pages}/mailslot?${query}`);

  const measured = { floor: [], mailslot: [] };
  // One after the other, so that whatever else the machine does meets both.
  for (let round = -warmUps; round < rounds; round += 1) {
    for (const [name, page] of Object.entries({ floor, mailslot })) {
      const result = await measure(page);
      if (round >= 0) measured[name].push(result);
    }
  }
  return report(measured, browser.version());
}

async function openPage(url) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(url);
  await page.waitForFunction(() => window.round);
  if (!(await page.evaluate(() => crossOriginIsolated))) throw new Error('the page has only a coarse clock');
  const session = await page.context().newCDPSession(page);
  // The processor's time, not the clock's: what else runs on the machine would count as the page's otherwise.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return { page, session };
}

/** One round: microseconds of `track()` per event by the page's clock, and milliseconds of the main thread until all is done. */
async function measure({ page, session }) {
  await page.bringToFront();
  await page.evaluate(() => window.prepare());
  await session.send('HeapProfiler.collectGarbage');
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  const before = await taskSeconds(session);
  const sync = await page.evaluate(() => window.round());
  const after = await taskSeconds(session);
  await page.evaluate(() => window.check());
  return { sync: (sync * 1000) / events, task: (after - before) * 1000 };
}

/** Processor time that the main thread has spent in tasks since the page began. */
async function taskSeconds(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** The value at this share of a sorted list. */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)];
}

/** Prints the table; whether both ratios are low enough. */
function report({ floor, mailslot }, version) {
  console.log(
    `Chromium ${version}; ${events.toLocaleString('en')} events of about 1 kB; median (quartiles) of ${rounds} rounds, interleaved\n`,
  );
  console.log(`${''.padEnd(40)}${'floor'.padStart(24)}${'mailslot'.padStart(24)}${'ratio'.padStart(8)}`);
  let within = true;
  for (const [label, of, unit] of [
    ['track(), synchronous, per event', 'sync', 'µs'],
    ['main thread per 1,000 delivered events', 'task', 'ms'],
  ]) {
    const cell = (results) => {
      const [low, middle, high] = [0.25, 0.5, 0.75].map((share) =>
        quantile(
          results.map((result) => result[of]),
          share,
        ).toFixed(1),
      );
      return `${middle} ${unit} (${low}–${high})`.padStart(24);
    };
    const ratio =
      quantile(
        mailslot.map((result) => result[of]),
        0.5,
      ) /
      quantile(
        floor.map((result) => result[of]),
        0.5,
      );
    within &&= ratio <= highestRatio;
    console.log(
      `${label.padEnd(40)}${cell(floor)}${cell(mailslot)}${ratio.toFixed(2).padStart(8)}${ratio > highestRatio ? '  OVER' : ''}`,
    );
  }
  console.log(`\nA ratio may be at most ${highestRatio}.`);
  return within;
}
