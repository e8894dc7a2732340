// What add-ons make of a visitor's actions, up to the moment at which the page is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'playwright/test';
import { bundleAddons } from '../../fixtures/addons.ts';
import type { Lab } from '../lab.ts';
import type { Row } from '../row.ts';

/** More numbers than a visit needs. */
const NUMBERS = 100_000;
const LONGEST_MS = 2000;
/** What the steps below lead to. */
const COLLECTIONS =
  'pageviews signups outbound_clicks downloads clicks engagements form_starts form_submissions form_abandons element_views errors frustrations session_starts vitals'.split(
    ' ',
  );

const BODY = `<form name="order"><input name="colour"><button type="button" id="go">Go</button></form>
  <button id="declared" data-mailslot="signups" data-mailslot-plan="pro">x</button><button id="plain">x</button>
  <a id="out" href="https://other.example/">x</a><a id="file" href="/list.pdf">x</a>
  <p data-mailslot-view="hero">x</p><div style="height: 3000px"></div>`;

/** Uses the page without an end. Each event has a number, which the page reports once \`track()\` has resolved. */
const STEPS = `
  const addons = await import('/addons.js');
  // Debian's WebKit has no window that is shown.
  Object.defineProperty(document, 'hidden', { value: false, configurable: true });
  document.hasFocus = () => true;
  let next = +parameters.from;
  let stored = [];
  // A repeat of an event has the same token, and is the same event.
  const known = new Map();
  const target = { ...tracker, async track(collection, event) {
    const token = event.keen?.uniqueness_token ?? next;
    const n = known.get(token) ?? next++;
    known.set(token, n);
    const outcome = await tracker.track(collection, { ...event, n });
    if (outcome === 'stored') stored.push(n);
    return outcome;
  } };
  setInterval(() => stored.length && report('stored', stored.splice(0)), 50);
  addons.origin(target);
  addons.sessions(target);
  addons.views(target, { local: true, hash: true, extend: addons.campaign });
  addons.clicks(target, { all: true });
  for (const start of [addons.engagement, addons.forms, addons.errors, addons.frustration, addons.vitals]) start(target);
  addons.elements(target, { minTime: 50 });
  addEventListener('click', (event) => event.preventDefault());
  report('ready');
  for (let round = 0; ; round++) {
    for (const id of ['declared', 'plain', 'out', 'file']) document.getElementById(id).click();
    const field = document.querySelector('input');
    field.value += 'x';
    field.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    if (round % 3 === 2) document.forms[0].dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
    new Image().src = '/none-' + round + '.png';
    scrollTo(0, round * 100);
    await pause(60);
    history.pushState(null, '', '/page-' + round);
    await pause(60);
  }`;

/** Random moments that are the same in each run. */
function moments(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32) * LONGEST_MS;
  };
}

async function run(lab: Lab) {
  const { engine, site, faults } = lab;
  site.file('/addons.js', { body: await bundleAddons() });
  const page = lab.page({ options: { flushInterval: 20 }, body: BODY, steps: STEPS });
  const moment = moments(7);
  for (const time of lab.times(20)) {
    // The collector is reachable in every other visit, so that a request may be in flight.
    if (time % 2) await faults.down();
    const from = lab.numbers(NUMBERS);
    const visit = await engine.visit(lab.profile, `${page}?from=${from}`);
    await lab.untilReported('ready', time + 1);
    visit.findProcesses();
    await sleep(moment());
    if (time % 4 < 2) await visit.crash();
    await visit.kill();
    await faults.up();
  }
  await lab.settleVisited();
  for (const n of lab.reports('stored').flat() as number[]) lab.accept(n, 1);

  const made = await Promise.all(
    COLLECTIONS.map(async (name) => ((await lab.collector.count(name)) ? lab.collector.events(name) : [])),
  );
  const [views, ...others] = made;
  const ids = views!.map(({ view }) => view);
  expect(new Set(ids).size, 'each view is one event').toBe(ids.length);
  const starts = others.at(COLLECTIONS.indexOf('session_starts') - 1)!.map(({ session }) => session);
  expect(new Set(starts).size, 'each session begins once').toBe(starts.length);
  lab.note('events of', `${made.filter(({ length }) => length).length} collections`);
}

export const addons: readonly Row[] = [
  { name: 'all add-ons on, page killed at a random moment', undriven: true, collections: COLLECTIONS, run },
];
