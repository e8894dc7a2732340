import { backoff } from './backoff.ts';

/** Decides when the next request may go. */
export interface RetryGate {
  /** Milliseconds until the next request; zero or less if it may go now. */
  _wait(): number;
  /** Ends a series of failures: the collector has delivered or rejected an event. */
  _succeeded(): void;
  /**
   * Closes the gate: for the time that the collector asked for, or with backoff.
   *
   * @param hasProgress the request settled some of its events, so it does not count as a failure in a row
   */
  _failed(retryAfter: string | null | undefined, hasProgress: unknown): void;
  /** Opens the gate. A wait that the collector asked for stays, unless `force` is set. */
  _open(force?: boolean): void;
}

export function createRetryGate(): RetryGate {
  let failures = 0;
  /** Earliest time of the next request, on the monotonic clock. */
  let notBefore = 0;
  /** The collector asked for this wait (Retry-After), so `online` must not cut it short. */
  let asked: unknown;

  return {
    _wait: () => notBefore - performance.now(),
    _succeeded() {
      failures = 0;
      asked = false;
    },
    _failed(retryAfter, hasProgress) {
      asked ||= retryAfter;
      if (!hasProgress) failures++;
      // mutant: no backoff
      notBefore = Math.max(notBefore, performance.now() + backoff(failures, retryAfter));
    },
    _open(force) {
      asked &&= !force;
      if (!asked) failures = notBefore = 0;
    },
  };
}
