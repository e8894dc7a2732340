import type { TraceEvent } from './engines/engine.ts';

/** The task of a page's main thread that took longest of those in which mailslot ran. */
export interface LongestTask {
  /** Milliseconds of the processor, all that the task did included. */
  ms: number;
  what: string;
}

/**
 * The processor's time, not the clock's: a thread that has to wait for others on a busy machine has done nothing to the page. A task
 * counts as a whole, with whatever else ran in it, when one of the functions in it is of mailslot's file.
 */
export function longestTask(events: readonly TraceEvent[], origin: string): LongestTask {
  const files = ['/mailslot.js', '/npm.js'].map((file) => origin + file);
  let longest: LongestTask = { ms: 0, what: 'no task of mailslot' };
  const ours = events.filter(({ args }) => files.includes(args.data?.url ?? ''));
  for (const task of events) {
    if (!task.name.endsWith('RunTask') || !task.tdur || task.tdur / 1000 <= longest.ms) continue;
    const inside = ours.filter((event) => event.tid === task.tid && event.pid === task.pid && event.ts >= task.ts && event.ts <= task.ts + (task.dur ?? 0));
    if (inside.length) longest = { ms: Math.round(task.tdur / 100) / 10, what: inside.map(({ name, args }) => `${name} ${args.data?.functionName ?? ''}`).join(', ').slice(0, 300) };
  }
  return longest;
}
