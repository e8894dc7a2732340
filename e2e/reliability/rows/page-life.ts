// Pages that are cached or frozen and come back.
import { expect } from 'playwright/test';
import { until } from '../../../scripts/testing/until.ts';
import { html } from '../../fixtures/site.ts';
import { untilQuiet } from '../../fixtures/tracker-page.ts';
import type { Row } from '../row.ts';

const EVENTS = 100;

/**
 * The page tracks and goes to another page; when it is shown again, it waits until all events are sent, and starts
 * again. It waits for the row before it leaves, and leaves with nothing in flight, because other rows test that.
 */
const STEPS = `
  let n = 0;
  const leave = async () => {
    while (!(await fetch('/leave-' + n + '.json')).ok) await pause(10);
    const outcomes = [];
    for (const end = n + ${EVENTS}; n < end; n++) outcomes.push(tracker.track('visits', { n }));
    await Promise.all(outcomes);
    await (${untilQuiet})();
    location.href = '/next.html?' + n;
  };
  addEventListener('pageshow', async ({ persisted }) => {
    report('shown', persisted);
    while (await tracker.pending()) await pause(10);
    report('sent');
    if (n < +parameters.events) leave();
  });
  leave();`;

/** The other page waits for the row, and goes back. */
const GO_BACK = `
  addEventListener('pageshow', async () => {
    report('arrived');
    while (!(await fetch('/back-' + location.search.slice(1) + '.json')).ok) await new Promise((done) => setTimeout(done, 10));
    history.back();
  });`;

/** The page tracks twice, each time when the row asks for it, and reports when all events are sent. */
const TRACK_ON_DEMAND = `
  document.addEventListener('resume', () => report('resumed'));
  report('ready');
  for (const round of [0, 1]) {
    let answer;
    while (!(answer = await fetch('/track-' + round + '.json')).ok) await pause(10);
    const { from, count } = await answer.json();
    const outcomes = [];
    for (let n = from; n < from + count; n++) outcomes.push(tracker.track('visits', { n }));
    await Promise.all(outcomes);
    reportNow('tracked');
    while (await tracker.pending()) await pause(10);
    report('sent');
  }`;

export const pageLife: readonly Row[] = [
  {
    name: 'back/forward cache',
    cannot: {
      firefox:
        'under WebDriver BiDi it caches pages only sometimes, even idle ones; a page that it cached came back and worked on',
    },
    async run(lab) {
      const { site, faults } = lab;
      const times = lab.times(10);
      site.file('/go-back.js', { body: GO_BACK });
      site.page('/next.html', html({ head: `${lab.reporting}<script src="/go-back.js"></script>` }));
      // The page navigates itself, so the driver need not follow its history.
      await lab.open(`${lab.page({ steps: STEPS })}?events=${times.length * EVENTS}`);
      for (const time of times) {
        if (time % 2) await faults.down();
        const from = lab.numbers(EVENTS);
        site.file(`/leave-${from}.json`, { body: '1' });
        await lab.untilReported('arrived', time + 1);
        lab.accept(from, EVENTS);
        await faults.up();
        site.file(`/back-${from + EVENTS}.json`, { body: '1' });
        await lab.untilReported('sent', time + 1);
      }
      // The page came from the cache each time.
      expect(lab.reports('shown')).toEqual(times.map(() => true));
    },
  },
  {
    name: 'background tab frozen, thawed, frozen and killed',
    undriven: true,
    cannot: {
      firefox: 'it never freezes a page: its documents have no onfreeze, and WebDriver BiDi has no command for it',
      webkit: 'WebKitGTK never freezes a page: its documents have no onfreeze, and WebDriver has no command for it',
    },
    async run(lab) {
      const { faults, site } = lab;
      const url = lab.page({ options: { flushInterval: 200 }, steps: TRACK_ON_DEMAND });
      const visit = await lab.engine.visit(lab.profile, url);
      const track = async (round: number, count: number) => {
        const from = lab.numbers(count);
        site.file(`/track-${round}.json`, { body: JSON.stringify({ from, count }) });
        await lab.untilReported('tracked', round + 1);
        lab.accept(from, count);
      };
      await lab.untilReported('ready');
      // A request is in flight when the page is frozen.
      faults.next({ forward: true, delay: 1000 });
      await track(0, 400);
      await until('the request', () => faults.posts.length === 1);
      await visit.freeze!('frozen');
      await until('the answer', () => faults.posts[0]!.outcome !== undefined);
      await visit.freeze!('active');
      await lab.untilReported('resumed');
      await lab.untilReported('sent', 1);

      await faults.down();
      await track(1, 600);
      await visit.freeze!('frozen');
      visit.findProcesses();
      await visit.kill();
      await faults.up();
      await lab.settleVisited();
    },
  },
];
