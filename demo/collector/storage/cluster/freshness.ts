import { setTimeout as sleep } from 'node:timers/promises';
import { unavailable } from '../../model/errors.ts';
import type { Log, LogEnd } from './log.ts';
import type { Place } from './position.ts';

/** A query waits this long for the store. */
const MAX_WAIT_MS = 2_000;
const POLL_MS = 15;

/** How far the store is behind the log. */
export interface Freshness {
  /**
   * Resolves once the store has everything that was acknowledged before the call.
   * @throws DomainError ServiceUnavailableError if it does not get there in two seconds, or something cannot be reached
   */
  wait(): Promise<void>;
  /** Resolves once the store has these places. @throws as `wait`, after `timeoutMs` */
  waitFor(places: LogEnd[], timeoutMs: number): Promise<void>;
}

export function createFreshness(log: Log, readOffsets: () => Promise<Place[]>): Freshness {
  async function waitFor(places: LogEnd[], timeoutMs: number): Promise<void> {
    for (const deadline = performance.now() + timeoutMs; ; await sleep(POLL_MS)) {
      const behind = countBehind(places, await readOffsets());
      if (!behind) return;
      if (performance.now() > deadline)
        throw unavailable(`The store is ${behind} records behind the log. Nothing is lost; ask again later.`);
    }
  }

  return {
    waitFor,
    async wait() {
      const heads = await log.heads().catch(() => {
        throw unavailable('The log cannot be reached, so nobody knows whether the store has all events.');
      });
      return waitFor(heads, MAX_WAIT_MS);
    },
  };
}

/** Records up to these places that the store does not have. @param places by partition */
export function countBehind(places: LogEnd[], offsets: Place[]): number {
  const stored = new Map(offsets.map((offset) => [offset.partition, offset]));
  return places.reduce((sum, { born, seq }, partition) => {
    const offset = stored.get(partition);
    return sum + Math.max(0, seq - (offset?.born === born ? offset.seq : 0));
  }, 0);
}
