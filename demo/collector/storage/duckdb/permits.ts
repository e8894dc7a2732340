import type { Semaphore } from '../semaphore.ts';

/** A query whose reader takes nothing for this long gives its permit to others, and needs one again to continue. */
const PARK_AFTER_MS = 250;
/** Queries without a permit that wait for their readers. Each has a connection and a chunk of rows. */
const MAX_PARKED = 8;

/** A permit of one query. */
export interface Permit {
  /** The query waits for its reader from now on. */
  pause(): void;
  /** The reader wants more. Resolves with `false` if there is no permit after the time, or if it was released. */
  resume(timeoutMs: number): Promise<boolean>;
  release(): void;
}

export interface Permits {
  /**
   * Waits for a permit.
   * @param timeoutMs `undefined` is the result after this time
   * @param evict ends the query, because its reader is slow and too many others wait for theirs
   */
  acquire(timeoutMs: number, evict: () => void): Promise<Permit | undefined>;
}

/**
 * Permits that return while their query waits for its reader. The database does nothing for it meanwhile, and two
 * clients that do not read would keep all other queries waiting.
 */
export function createPermits(semaphore: Semaphore): Permits {
  /** Ends of the parked queries, the longest parked first. */
  const parked = new Set<() => void>();

  async function acquire(timeoutMs: number, evict: () => void): Promise<Permit | undefined> {
    let release = await semaphore.acquire(timeoutMs);
    if (!release) return undefined;
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;

    function park(): void {
      release!();
      release = undefined;
      parked.add(evict);
      if (parked.size > MAX_PARKED) parked.values().next().value!();
    }

    return {
      pause() {
        // A query that is stopped while it reads a chunk releases its permit, and pauses only then.
        if (!isOver) timer = setTimeout(park, PARK_AFTER_MS);
      },
      async resume(timeoutMs) {
        clearTimeout(timer);
        if (release || isOver) return !isOver;
        parked.delete(evict);
        const acquired = await semaphore.acquire(timeoutMs);
        if (isOver) acquired?.();
        else release = acquired;
        return release !== undefined;
      },
      release() {
        isOver = true;
        clearTimeout(timer);
        parked.delete(evict);
        release?.();
        release = undefined;
      },
    };
  }

  return { acquire };
}
