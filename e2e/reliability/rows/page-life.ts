// Pages that are put aside and come back.
import { expect } from 'playwright/test';
import { html } from '../../fixtures/site.ts';
import type { Row } from '../row.ts';

const events = 100;

/**
 * Tracks and leaves, and when it is shown again waits until nothing is left to be sent, again and again. It asks before it leaves, and leaves with
 * nothing under way: Firefox decides before `pagehide`, and puts no page aside that holds a lock or is in the middle of a transaction.
 */
const steps = `
  let n = 0;
  const leave = async () => {
    while (!(await fetch('/leave-' + n + '.json')).ok) await pause(10);
    const outcomes = [];
    for (const end = n + ${events}; n < end; n++) outcomes.push(tracker.track('visits', { n }));
    await Promise.all(outcomes);
    while ((await navigator.locks.query()).held.length) await pause(10);
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

export const pageLife: readonly Row[] = [
  {
    name: 'back/forward cache',
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
];
