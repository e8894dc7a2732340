// Loaded into the collector with `--import`. Measures for how long its JavaScript thread was held at a stretch, and
// answers the message `held` with the longest time since the last one, in milliseconds.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const INTERVAL_MS = 5;
/** The main thread's nanoseconds on a processor, the first number. Time in which other programs ran does not count. */
const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

/** Milliseconds of the processor that this thread has used; `undefined` where the system does not tell. */
function threadMs() {
  try {
    return Number(readFileSync(SCHEDSTAT, 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    return undefined;
  }
}

let longest = 0;
let before = threadMs();
const delay = monitorEventLoopDelay({ resolution: INTERVAL_MS });
if (before === undefined) delay.enable();
else
  setInterval(() => {
    // A timer fires between any two callbacks that take longer than its interval.
    const now = threadMs();
    longest = Math.max(longest, now - before);
    before = now;
  }, INTERVAL_MS).unref();

process.on('message', (message) => {
  if (message !== 'held') return;
  process.send({ held: before === undefined ? delay.max / 1e6 : longest });
  longest = 0;
  delay.reset();
});
process.channel.unref();
