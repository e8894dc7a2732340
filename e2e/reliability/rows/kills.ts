// Processes die: the one that renders the page, or all of the browser.
import { readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilQuiet } from '../../fixtures/tracker-page.ts';
import { until } from '../../fixtures/until.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';

const events = 100;

/**
 * The page says when it is ready to track, tracks in one task, lets its microtasks run, and says so at once. With `block` it never lets go of
 * its thread again, so that nothing can follow from an event or a timer; else it says when the events are stored, and goes on as pages do.
 */
const steps = `
  // From here on the database is open, as it is on any page that has been there for a moment.
  if ((await tracker.track('warm-up', { n: 0 })) !== 'stored') throw new Error('not stored');
  await tracker.flush();
  // And idle: a write that queues behind another transaction dies with its page.
  await (${untilQuiet})();
  told('ready');
  while (!(await fetch(parameters.go)).ok) await pause(5);
  const outcomes = [];
  for (let n = +parameters.from, end = n + ${events}; n < end; n++) outcomes.push(tracker.track('visits', { n }));
  for (let microtask = 0; microtask < 50; microtask++) await undefined;
  toldNow('tracked');
  if (parameters.block) for (;;);
  if ((await Promise.all(outcomes)).every((outcome) => outcome === 'stored')) toldNow('stored', +parameters.from);`;

/** Visits again and again on one profile; each visit ends with `end`. */
async function visits(
  lab: Lab,
  times: number,
  end: (from: number, time: number) => Promise<'crash' | 'kill'>,
  block: (time: number) => boolean,
) {
  const { engine, site, faults } = lab;
  const page = lab.page({ options: { flushInterval: 20 }, steps });
  for (const time of lab.times(times)) {
    // By turns the collector is there, so that a request may be under way.
    if (time % 2) await faults.down();
    const go = `/go-${time}.json`;
    const from = lab.numbers(events);
    const visit = await engine.visit(
      lab.profile,
      `${page}?${new URLSearchParams({ go, from: String(from), ...(block(time) && { block: '1' }) })}`,
    );
    await lab.untilTold('ready', time + 1);
    visit.aim();
    site.file(go, { body: 'true' });
    await lab.untilTold('tracked', time + 1);
    if ((await end(from, time)) === 'crash') await visit.crash();
    await visit.kill();
    await faults.up();
  }
  await lab.settleVisited();
}

/** Whether the page has heard that the events from this number on are stored. */
const isStored = (lab: Lab, from: number) => lab.told('stored').includes(from);

/** What became of tasks whose promise had not resolved when the end came. */
async function noteEarly(lab: Lab, early: readonly number[]) {
  if (!early.length) return;
  const arrived = new Set((await lab.collector.events('visits')).map(({ n }) => n));
  lab.note(
    'ended before track() had resolved:',
    `${early.filter((from) => arrived.has(from)).length} of ${early.length} tasks arrived all the same`,
  );
}

const drops =
  'it drops what a page has committed if the page dies before it is written, so an event is accepted when track() has resolved';

/** Its browser lives on until it has nothing left to do, and is killed then: nobody could open a tab in it from outside. */
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
        else lab.accept(from, events);
        return 'crash';
      },
      (time) => !mayDrop && time % 4 > 1,
    );
    await noteEarly(lab, early);
  },
});

/**
 * When all processes die at once, what one has told another may die with them; so an event counts as accepted when `track()` has resolved, which
 * takes a few milliseconds.
 */
const kill = (delay: number): Row => ({
  name: `browser killed with SIGKILL ${delay} ms after track()`,
  byEngine: !delay,
  undriven: true,
  async run(lab) {
    const early: number[] = [];
    await visits(
      lab,
      20,
      async (from, time) => {
        // By turns that long after the promise has resolved, and after the microtask has run.
        if (time % 4 < 2) await until('the promises to resolve', () => isStored(lab, from));
        if (delay) await sleep(delay);
        if (isStored(lab, from)) lab.accept(from, events);
        else early.push(from);
        return 'kill';
      },
      () => false,
    );
    await noteEarly(lab, early);
  },
});

/** Takes the end of the last record off LevelDB's log, as a kill does that comes while it is written. */
function cutLog(profile: string) {
  const isLog = (file: string) => /\.indexeddb\.leveldb.\d+\.log$/.test(file);
  const logs = readdirSync(profile, { recursive: true, encoding: 'utf8' }).filter(isLog);
  const log = join(profile, logs.sort().at(-1)!);
  truncateSync(log, statSync(log).size - 20);
}

const otherLog = 'its log is in the file of another database engine, which finds such an end by itself';

/**
 * Chromium goes on right behind what was cut off, and throws all databases of the origin away when it reads that later, unless a new log was
 * begun meanwhile.
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
        for (const end = n + ${events}; n < end; n++) outcomes.push(tracker.track('visits', { n }));
        await Promise.all(outcomes);
        // What is cut off is none of those.
        await tracker.track('visits', { n });
        toldNow('stored');`,
    });
    await faults.down();
    for (const time of lab.times(10)) {
      const from = lab.numbers(events + 1);
      const visit = await lab.engine.visit(lab.profile, `${page}?from=${from}`);
      await lab.untilTold('stored', time + 1);
      lab.accept(from, events);
      visit.aim();
      await visit.kill();
      cutLog(lab.profile);
    }
    await faults.up();
    await lab.settleVisited();
  },
};

export const kills: readonly Row[] = [...[0, 5, 30].map(crash), ...[0, 10, 100, 500].map(kill), cut];
