import type { TraceEvent } from './engines/engine.ts';

/** The longest task of a page's main thread. */
export interface LongestTask {
  /** Milliseconds of processor time, at most those by the clock. */
  ms: number;
  /** The engine's activities in it. */
  what: string;
}

/** V8's reason for a garbage collection that DevTools ask for. */
const REQUESTED_COLLECTION = 'low memory notification';

/** How long a task blocks a page by itself, in microseconds: either time can be too long, and none is too short. */
const lengthOf = ({ dur, tdur }: TraceEvent) => Math.min(dur!, tdur!);

/**
 * Finds the longest task by processor time: a thread that waits while other programs run does not block the page. On
 * virtual machines a thread's processor time can jump, by some 50 ms within a task of 0.2 ms. So no task counts for more
 * than the time that has passed.
 *
 * A trace names a file only for calls by the engine itself, not for `track()`, which the page calls, and not for
 * promises. So every task of the main thread counts as mailslot's, with the page's own code and garbage collection.
 * Only tasks are left out in which the engine opens another document, or collects garbage because a row asks for it. The
 * result is an upper bound of mailslot's longest task.
 */
export function longestTask(events: readonly TraceEvent[], origins: readonly string[]): LongestTask {
  // Only processes with the site's pages, not those of the browser's own pages.
  const ours = new Set(
    events
      .filter(({ args }) => origins.some((origin) => args.data?.url?.startsWith(`${origin}/`)))
      .map(({ pid }) => pid),
  );
  const mainThreads = new Set(
    events
      .filter(({ name, args, pid }) => name === 'thread_name' && args.name === 'CrRendererMain' && ours.has(pid))
      .map(thread),
  );
  const tasks = events
    .filter((event) => event.name.endsWith('RunTask') && event.tdur && event.dur && mainThreads.has(thread(event)))
    .sort((a, b) => lengthOf(b) - lengthOf(a));
  for (const task of tasks) {
    const inside = events.filter(
      (event) =>
        event !== task && thread(event) === thread(task) && event.ts >= task.ts && event.ts <= task.ts + task.dur!,
    );
    if (inside.some(({ name }) => /^(CommitLoad|FrameStartedLoading)$/.test(name))) continue;
    if (inside.some(({ name, args }) => name === 'MajorGC' && args.type === REQUESTED_COLLECTION)) continue;
    const names = new Set(inside.map(({ name, args }) => `${name} ${args.data?.functionName ?? ''}`.trim()));
    return { ms: Math.round(lengthOf(task) / 100) / 10, what: [...names].join(', ').slice(0, 500) };
  }
  return { ms: 0, what: '' };
}

const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
