// Processes are killed: the page's renderer, or the whole browser.
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../../scripts/testing/until.ts';
import { untilQuiet } from '../../fixtures/tracker-page.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';

const EVENTS = 100;

/**
 * The page reports when it is ready, tracks in one task, lets its microtasks run, and reports that at once. With
 * `block` it then blocks its thread forever, so that no other event or timer can help. Otherwise it reports when the
 * events are stored.
 */
const STEPS = `
  // From here on the database is open, as on any page after its first moments.
  if ((await tracker.track('warm-up', { n: 0 })) !== 'stored') throw new Error('not stored');
  await tracker.flush();
  // The database must be idle, because a write that waits for another transaction is lost with its page.
  await (${untilQuiet})();
  report('ready');
  while (!(await fetch(parameters.go)).ok) await pause(5);
  const outcomes = [];
  for (let n = +parameters.from, end = n + ${EVENTS}; n < end; n++) outcomes.push(tracker.track('visits', { n }));
  for (let microtask = 0; microtask < 50; microtask++) await undefined;
  reportNow('tracked');
  if (parameters.block) for (;;);
  if ((await Promise.all(outcomes)).every((outcome) => outcome === 'stored')) reportNow('stored', +parameters.from);`;

/** Repeats visits on one profile. `end` decides how each of them ends. */
async function visits(
  lab: Lab,
  times: number,
  end: (from: number, time: number) => Promise<'crash' | 'kill'>,
  block: (time: number) => boolean,
) {
  const { engine, site, faults } = lab;
  const page = lab.page({ options: { flushInterval: 20 }, steps: STEPS });
  for (const time of lab.times(times)) {
    // The collector is reachable in every other visit, so that a request may be in flight.
    if (time % 2) await faults.down();
    const go = `/go-${time}.json`;
    const from = lab.numbers(EVENTS);
    const visit = await engine.visit(
      lab.profile,
      `${page}?${new URLSearchParams({ go, from: String(from), ...(block(time) && { block: '1' }) })}`,
    );
    await lab.untilReported('ready', time + 1);
    visit.findProcesses();
    site.file(go, { body: 'true' });
    await lab.untilReported('tracked', time + 1);
    if ((await end(from, time)) === 'crash') await visit.crash();
    await visit.kill();
    await faults.up();
  }
  await lab.settleVisited();
}

/** Whether `track()` has resolved for the events from this number on. */
const isStored = (lab: Lab, from: number) => lab.reports('stored').includes(from);

/** Adds to the table how many tasks arrived though `track()` had not resolved when their page was killed. */
async function noteEarly(lab: Lab, early: readonly number[]) {
  if (!early.length) return;
  const arrived = new Set((await lab.collector.events('visits')).map(({ n }) => n));
  lab.note(
    'ended before track() had resolved:',
    `${early.filter((from) => arrived.has(from)).length} of ${early.length} tasks arrived all the same`,
  );
}

const drops =
  'it drops commits that are not written when the page dies, so an event is accepted when track() has resolved';

/**
 * After the crash of the renderer its browser is killed once it is idle, because no tab can be opened in it from
 * outside.
 */
const crash = (delay: number): Row => ({
  name: `renderer crashes ${delay} ms after track()`,
  undriven: true,
  differs: { firefox: drops, webkit: drops },
  async run(lab) {
    const early: number[] = [];
    const mayDrop = lab.engine.name !== 'chromium';
    await visits(
      lab,
      mayDrop ? 20 : 10,
      async (from, time) => {
        if (mayDrop && time % 4 < 2) await until('the promises to resolve', () => isStored(lab, from));
        if (delay) await sleep(delay);
        if (mayDrop && !isStored(lab, from)) early.push(from);
        else lab.accept(from, EVENTS);
        return 'crash';
      },
      (time) => !mayDrop && time % 4 > 1,
    );
    await noteEarly(lab, early);
  },
});

/**
 * If all processes are killed at once, messages between them are lost. So an event is accepted once `track()` has
 * resolved, which takes a few milliseconds.
 */
const kill = (delay: number): Row => ({
  name: `browser killed with SIGKILL ${delay} ms after track()`,
  engineSpecific: !delay,
  undriven: true,
  async run(lab) {
    const early: number[] = [];
    await visits(
      lab,
      20,
      async (from, time) => {
        // Two visits wait from the resolved promise on, the next two from the microtask on.
        if (time % 4 < 2) await until('the promises to resolve', () => isStored(lab, from));
        if (delay) await sleep(delay);
        if (isStored(lab, from)) lab.accept(from, EVENTS);
        else early.push(from);
        return 'kill';
      },
      () => false,
    );
    await noteEarly(lab, early);
  },
});

/** Bytes at the end of LevelDB's log that a kill during a write would leave out. */
const CUT_BYTES = 20;

/** Cuts the end off LevelDB's log, as a kill during a write does. */
function cutLog(profile: string) {
  const isLog = (file: string) => /\.indexeddb\.leveldb.\d+\.log$/.test(file);
  const logs = readdirSync(profile, { recursive: true, encoding: 'utf8' }).filter(isLog);
  const log = join(profile, logs.sort().at(-1)!);
  truncateSync(log, statSync(log).size - CUT_BYTES);
}

const otherLog = 'it has another database engine, which detects a cut-off log';

/**
 * Chromium writes on right after the cut-off record, and deletes all databases of the origin when it reads that later,
 * unless it has begun a new log meanwhile.
 */
const cut: Row = {
  name: 'browser killed in the middle of a write, reopened, and killed again',
  undriven: true,
  cannot: { firefox: otherLog, webkit: otherLog },
  async run(lab) {
    const { faults } = lab;
    const page = lab.page({
      steps: `
        await (${untilQuiet})();
        const outcomes = [];
        let n = +parameters.from;
        for (const end = n + ${EVENTS}; n < end; n++) outcomes.push(tracker.track('visits', { n }));
        await Promise.all(outcomes);
        // The record that is cut off is this one.
        await tracker.track('visits', { n });
        reportNow('stored');`,
    });
    await faults.down();
    for (const time of lab.times(10)) {
      const from = lab.numbers(EVENTS + 1);
      const visit = await lab.engine.visit(lab.profile, `${page}?from=${from}`);
      await lab.untilReported('stored', time + 1);
      lab.accept(from, EVENTS);
      visit.findProcesses();
      await visit.kill();
      cutLog(lab.profile);
    }
    await faults.up();
    await lab.settleVisited();
  },
};

export const kills: readonly Row[] = [...[0, 5, 30].map(crash), ...[0, 10, 100, 500].map(kill), cut];
