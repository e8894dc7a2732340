import { readFileSync } from 'node:fs';

/** The main thread's nanoseconds on a processor, so that time in which other programs run does not count. */
const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

/** Milliseconds of the processor that this thread has used; all threads of the process where the system has no figure. */
function threadMs(): number {
  try {
    return Number(readFileSync(SCHEDSTAT, 'latin1').split(' ', 1)[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  }
}

/** The longest time, in milliseconds of the processor, for which a piece of work keeps the thread from other requests. */
export async function longestStretch(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let before = threadMs();
  let isDone = false;
  const look = () => {
    const now = threadMs();
    longest = Math.max(longest, now - before);
    before = now;
    if (!isDone) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isDone = true;
  return longest;
}

/** The longest time for which anything may keep the thread, on a machine of its time. */
const LIMIT_MS = 50;
/** Time of `calibrate` on such a machine, in milliseconds. */
const USUAL_MS = 15;

/** 50 milliseconds, and more on a slower machine, which some work that is done here tells. */
export function longestAllowed(): number {
  return LIMIT_MS * Math.max(1, calibrate() / USUAL_MS);
}

/** Milliseconds to parse and write some JSON. */
function calibrate(): number {
  const text = JSON.stringify(
    Array.from({ length: 20_000 }, (_, n) => ({ n, text: 'x'.repeat(200), list: [n, { n }] })),
  );
  const times = Array.from({ length: 5 }, () => {
    const before = threadMs();
    JSON.stringify(JSON.parse(text));
    return threadMs() - before;
  });
  return times.sort((a, b) => a - b)[2]!;
}
