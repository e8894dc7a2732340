/** Lets at most `width` tasks run at once; the others wait their turn. */
export function limit(width: number) {
  let running = 0;
  const queue = new Set<() => void>();

  /** Whether there was a turn within so many milliseconds. */
  function turn(patience: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = patience === undefined ? undefined : setTimeout(() => resolve(!queue.delete(next)), patience);
      const next = () => {
        clearTimeout(timer);
        resolve(true);
      };
      queue.add(next);
    });
  }

  /** Hands the place on to whoever waits longest. */
  function leave(): void {
    const [next] = queue;
    if (next) {
      queue.delete(next);
      next();
    } else {
      running--;
    }
  }

  /** Resolves with the function that gives the place back; with nothing where there was none within `patience` milliseconds. */
  async function enter(patience: number): Promise<(() => void) | undefined> {
    return (await take(patience)) ? leave : undefined;
  }

  async function take(patience?: number): Promise<boolean> {
    if (running >= width) return turn(patience);
    running++;
    return true;
  }

  async function run<T>(task: () => Promise<T>): Promise<T> {
    await take();
    try {
      return await task();
    } finally {
      leave();
    }
  }

  /** Runs the task if nobody has a place, and takes all of them for it: whoever comes meanwhile waits. */
  async function runAlone(task: () => Promise<void>): Promise<void> {
    if (running) return;
    running = width;
    try {
      await task();
    } finally {
      for (let place = 0; place < width; place++) leave();
    }
  }

  return { enter, run, runAlone, waiting: () => queue.size };
}

export type Limit = ReturnType<typeof limit>;
