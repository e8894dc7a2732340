import { createTracker } from '../../dist/index.js';
import { idle, makeEvents } from './events.js';

const { collector, project, key } = Object.fromEntries(new URLSearchParams(location.search));
const problems = [];
const tracker = createTracker({
  projectId: project,
  writeKey: key,
  endpoint: collector,
  onError: (problem) => problems.push(problem),
});
let events;

window.prepare = () => {
  events = makeEvents();
};

/** Milliseconds of the loop; resolves when all is acknowledged and deleted. */
window.round = async () => {
  const before = performance.now();
  for (const event of events) tracker.track('purchases', event);
  const sync = performance.now() - before;
  const { delivered } = await tracker.flush();
  await idle();
  if (delivered !== events.length || problems.length)
    throw new Error(`${delivered} delivered, ${JSON.stringify(problems)}`);
  return sync;
};

/** Nothing may be left over that another round would pay for. */
window.check = async () => {
  const left = await tracker.pending();
  if (left) throw new Error(`${left} events are still pending`);
};
