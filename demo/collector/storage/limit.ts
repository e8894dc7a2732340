/** Lets at most `width` tasks run at once; the others wait their turn. */
export function limit(width: number) {
  let running = 0;
  const waiting: (() => void)[] = [];

  /** Resolves with the function that gives the place back. */
  async function enter(): Promise<() => void> {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = waiting.shift();
      if (next) next();
      else running--;
    };
  }

  async function run<T>(task: () => Promise<T>): Promise<T> {
    const leave = await enter();
    try {
      return await task();
    } finally {
      leave();
    }
  }

  return { enter, run };
}
