/** Bounds how many tasks run at once; the others wait in order of arrival. */
export interface Semaphore {
  /**
   * Takes a permit, waiting for it at most `timeoutMs` milliseconds.
   * @returns the function that releases the permit, or `undefined` after the timeout
   */
  acquire(timeoutMs: number): Promise<(() => void) | undefined>;
  /** Runs the task once there is a permit, however long that takes. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Runs the task with all permits, so that later tasks wait for it. Skips the task if any permit is taken. */
  runIfIdle(task: () => Promise<void>): Promise<void>;
  /** Whether no permit is taken. */
  isIdle(): boolean;
  /** How many tasks wait for a permit. */
  waiting(): number;
}

export function createSemaphore(permits: number): Semaphore {
  let taken = 0;
  const queue = new Set<() => void>();

  /** Resolves with `true` once a permit is handed over, or with `false` after the timeout. */
  function wait(timeoutMs: number | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => resolve(!queue.delete(next)), timeoutMs);
      const next = () => {
        clearTimeout(timer);
        resolve(true);
      };
      queue.add(next);
    });
  }

  /** Hands the permit to the task that has waited longest, if any. */
  function release(): void {
    const next = queue.values().next().value;
    if (next) {
      queue.delete(next);
      next();
    } else {
      taken--;
    }
  }

  async function take(timeoutMs?: number): Promise<boolean> {
    if (taken >= permits) return wait(timeoutMs);
    taken++;
    return true;
  }

  return {
    async acquire(timeoutMs) {
      return (await take(timeoutMs)) ? release : undefined;
    },
    async run(task) {
      await take();
      try {
        return await task();
      } finally {
        release();
      }
    },
    async runIfIdle(task) {
      if (taken) return;
      taken = permits;
      try {
        await task();
      } finally {
        for (let permit = 0; permit < permits; permit++) release();
      }
    },
    isIdle: () => !taken,
    waiting: () => queue.size,
  };
}
