// All add-ons on a page, and the same page without them: what a click, a scroll event and a navigation cost the main thread.
import { campaign } from '../../dist/campaign.js';
import { clicks } from '../../dist/clicks.js';
import { consent } from '../../dist/consent.js';
import { elements } from '../../dist/elements.js';
import { engagement } from '../../dist/engagement.js';
import { errors } from '../../dist/errors.js';
import { forms } from '../../dist/forms.js';
import { frustration } from '../../dist/frustration.js';
import { origin } from '../../dist/origin.js';
import { sessions } from '../../dist/sessions.js';
import { unique } from '../../dist/unique.js';
import { views } from '../../dist/views.js';
import { vitals } from '../../dist/vitals.js';
import { idle } from './events.js';

const isOn = new URLSearchParams(location.search).has('on');
const events = {};
const hooks = new Set();

/** A tracker that only applies its hooks and counts: the tracker's own cost has lines of its own. */
const target = {
  track(collection, event) {
    for (const { extend, beforeTrack } of hooks) {
      event = { ...extend?.(collection), ...event };
      beforeTrack?.(event, collection);
    }
    events[collection] = (events[collection] ?? 0) + 1;
    return Promise.resolve('stored');
  },
  use(added) {
    hooks.add(added);
    return () => hooks.delete(added);
  },
  setConsent() {},
};

document.body.innerHTML = `<nav><p><button id="buy" name="buy"><b id="deep">Buy</b></button></p></nav>
  <form name="order"><input name="colour"></form><p data-mailslot-view="hero">x</p><div style="height: 20000px"></div>`;

if (isOn) {
  origin(target);
  consent(target);
  sessions(target);
  views(target, { local: true, extend: campaign });
  clicks(target, { all: true });
  for (const start of [engagement, forms, errors, frustration, vitals]) start(target);
  elements(target);
  unique(target);
}

/** What a visitor does. */
const ACTIONS = {
  click: (n) => {
    // No rage, because the clicks of a second are on different places.
    const at = { bubbles: true, composed: true, clientX: (n * 97) % 900, clientY: (n * 61) % 600 };
    document.getElementById('deep').dispatchEvent(new MouseEvent('click', at));
  },
  scroll: () => void document.dispatchEvent(new Event('scroll')),
  navigation: (n) => void history.pushState(null, '', `/addons/${n}`),
};
/** How many of them are one task: the clock is too coarse for one, and Chromium slows down pages that navigate often. */
const AT_ONCE = { click: 10, scroll: 50, navigation: 1 };

let count = 0;

/** The counts of events so far. */
window.counts = () => events;

/** Does something in tasks of their own; microseconds for each, until its listeners have returned. */
window.round = async (action, tasks) => {
  let sync = 0;
  for (let task = 0; task < tasks; task++) {
    const before = performance.now();
    for (let n = 0; n < AT_ONCE[action]; n++) ACTIONS[action](count++);
    sync += performance.now() - before;
    await new Promise((done) => setTimeout(done));
  }
  await idle();
  return { sync: (sync * 1000) / (tasks * AT_ONCE[action]), times: tasks * AT_ONCE[action] };
};
