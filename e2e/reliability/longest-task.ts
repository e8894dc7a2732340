import type { TraceEvent } from './engines/engine.ts';

/** The task that kept a page's main thread longest. */
export interface LongestTask {
  /** Milliseconds of the processor. */
  ms: number;
  /** What the engine did in it. */
  what: string;
}

/**
 * The processor's time, not the clock's: a thread that has to wait while other programs run has done nothing to the page.
 *
 * Only calls that the engine makes into a file carry that file's name: not `track()`, which the page calls, and not what follows from a promise. So every
 * task of the main thread counts as mailslot's, the page's own steps and the collection of garbage too, but for those in which the engine itself
 * goes to another document. What is found is at least as long as anything that mailslot did.
 */
export function longestTask(events: readonly TraceEvent[], origins: readonly string[]): LongestTask {
  // Not those of the browser's own pages, such as that of a new tab.
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
    .filter((event) => event.name.endsWith('RunTask') && event.tdur && mainThreads.has(thread(event)))
    .sort((a, b) => b.tdur! - a.tdur!);
  for (const task of tasks) {
    const inside = events.filter(
      (event) =>
        event !== task && thread(event) === thread(task) && event.ts >= task.ts && event.ts <= task.ts + task.dur!,
    );
    if (inside.some(({ name }) => /^(CommitLoad|FrameStartedLoading)$/.test(name))) continue;
    const names = new Set(inside.map(({ name, args }) => `${name} ${args.data?.functionName ?? ''}`.trim()));
    return { ms: Math.round(task.tdur! / 100) / 10, what: [...names].join(', ').slice(0, 500) };
  }
  return { ms: 0, what: '' };
}

const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
