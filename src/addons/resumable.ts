import { hasPage, type Stop, type Target } from './target.ts';

/** Starts an add-on, or starts it again. */
export type Start<Options> = (tracker: Target, options?: Options) => Stop;

/**
 * An add-on whose state outlives a stop: the next start on the same page (StrictMode, hot reloading) goes on with it, and counts
 * nothing twice.
 *
 * @param create makes the state, and returns what starts the add-on with it
 * @param everywhere whether the state is also that of other pages
 */
export function resumable<Options>(
  create: () => (tracker: Target, options: Options) => Stop,
  everywhere?: boolean,
): Start<Options> {
  /** What was stopped, and on which page. */
  const stopped: [ReturnType<typeof create>, string][] = [];
  return (tracker, options = {} as Options) => {
    if (!hasPage) return () => {};
    const [last, page] = stopped.shift() ?? [];
    const start = last && (everywhere || page === location.href) ? last : create();
    let stop: Stop | undefined = start(tracker, options);
    return () => {
      // A second call must not stop what was started meanwhile.
      if (!stop) return;
      stop();
      stop = undefined;
      stopped.push([start, location.href]);
    };
  };
}
