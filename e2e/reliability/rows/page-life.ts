// Pages that are put aside and come back.
import { expect } from 'playwright/test';
import { html } from '../../fixtures/site.ts';
import { untilQuiet } from '../../fixtures/tracker-page.ts';
import { until } from '../../fixtures/until.ts';
import type { Row } from '../row.ts';

const events = 100;

/**
 * Tracks and leaves, and when it is shown again waits until nothing is left to be sent, again and again. It asks before it leaves, and leaves with
 * nothing under way: what a page does as it goes is the business of other rows.
 */
const steps = `
  let n = 0;
  const leave = async () => {
    while (!(await fetch('/leave-' + n + '.json')).ok) await pause(10);
    const outcomes = [];
    for (const end = n + ${events}; n < end; n++) outcomes.push(tracker.track('visits', { n }));
    await Promise.all(outcomes);
    await (${untilQuiet})();
    location.href = '/next.html?' + n;
  };
  addEventListener('pageshow', async ({ persisted }) => {
    told('shown', persisted);
    while (await tracker.pending()) await pause(10);
    told('sent');
    if (n < +parameters.events) leave();
  });
  leave();`;

/** Goes back when it may. */
const goBack = `
  addEventListener('pageshow', async () => {
    told('arrived');
    while (!(await fetch('/back-' + location.search.slice(1) + '.json')).ok) await new Promise((done) => setTimeout(done, 10));
    history.back();
  });`;

/** Tracks twice, each time when it is told to, and tells when nothing is left to be sent. */
const trackOnDemand = `
  document.addEventListener('resume', () => told('resumed'));
  told('ready');
  for (const round of [0, 1]) {
    let answer;
    while (!(answer = await fetch('/track-' + round + '.json')).ok) await pause(10);
    const { from, count } = await answer.json();
    const outcomes = [];
    for (let n = from; n < from + count; n++) outcomes.push(tracker.track('visits', { n }));
    await Promise.all(outcomes);
    toldNow('tracked');
    while (await tracker.pending()) await pause(10);
    told('sent');
  }`;

export const pageLife: readonly Row[] = [
  {
    name: 'back/forward cache',
    cannot: {
      firefox:
        'under WebDriver BiDi it puts a page aside only now and then, also one with nothing under way; where it did, the page came back and went on',
    },
    async run(lab) {
      const { site, faults } = lab;
      const times = lab.times(10);
      site.file('/go-back.js', { body: goBack });
      site.page('/next.html', html({ head: `${lab.telling}<script src="/go-back.js"></script>` }));
      // Where the page drives itself, the driver need not find its way through the history.
      await lab.open(`${lab.page({ steps })}?events=${times.length * events}`);
      for (const time of times) {
        if (time % 2) await faults.down();
        const from = lab.numbers(events);
        site.file(`/leave-${from}.json`, { body: '1' });
        await lab.untilTold('arrived', time + 1);
        lab.accept(from, events);
        await faults.up();
        site.file(`/back-${from + events}.json`, { body: '1' });
        await lab.untilTold('sent', time + 1);
      }
      // The same page each time: it was eligible, came back, and went on.
      expect(lab.told('shown')).toEqual(times.map(() => true));
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
      const url = lab.page({ options: { flushInterval: 200 }, steps: trackOnDemand });
      const visit = await lab.engine.visit(lab.profile, url);
      const track = async (round: number, count: number) => {
        const from = lab.numbers(count);
        site.file(`/track-${round}.json`, { body: JSON.stringify({ from, count }) });
        await lab.untilTold('tracked', round + 1);
        lab.accept(from, count);
      };
      await lab.untilTold('ready');
      // A request is under way when it freezes.
      faults.next({ forward: true, delay: 1000 });
      await track(0, 400);
      await until('the request', () => faults.posts.length === 1);
      await visit.freeze!('frozen');
      await until('the answer', () => faults.posts[0]!.outcome !== undefined);
      await visit.freeze!('active');
      await lab.untilTold('resumed');
      await lab.untilTold('sent', 1);

      await faults.down();
      await track(1, 600);
      await visit.freeze!('frozen');
      visit.aim();
      await visit.kill();
      await faults.up();
      await lab.settleVisited();
    },
  },
];
