import { setTimeout as sleep } from 'node:timers/promises';

const DELAY_MS = 250;

/** Repeats a task that a cluster without leaders, or one that is starting, refuses. @throws its last error */
export async function retry<T>(timeoutMs: number, task: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + timeoutMs; ; await sleep(DELAY_MS)) {
    try {
      return await task();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
